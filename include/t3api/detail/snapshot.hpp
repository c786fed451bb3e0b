#ifndef T3API_DETAIL_SNAPSHOT_HPP
#define T3API_DETAIL_SNAPSHOT_HPP

#include <atomic>
#include <memory>
#include <utility>

namespace t3api::inline v0_1_0::detail {

/// An immutable value that is replaced now and then and read all the time. Nobody takes a lock. A replaced
/// value is freed at once or by the reader that leaves last; so it stays only while readers come and go
/// without a moment in which there is none. (std::atomic<std::shared_ptr> would do, but libc++ has none.)
template <class T>
class snapshot {
 public:
  snapshot() = default;
  snapshot(const snapshot&) = delete;
  snapshot& operator=(const snapshot&) = delete;
  ~snapshot() {
    free_all(retired_.load());
    delete current_.load();
  }

  /// Calls `look` with a pointer to the value, null when there is none yet; the pointer is good until `look`
  /// returns.
  template <class Look>
  decltype(auto) read(Look&& look) const {
    const presence reading(*this);
    const node* seen = current_.load();
    return std::forward<Look>(look)(seen == nullptr ? nullptr : seen->value.get());
  }

  void publish(std::unique_ptr<const T> next) {
    auto made = std::make_unique<node>();
    made->value = std::move(next);
    if (node* replaced = current_.exchange(made.release())) retire(replaced, replaced);
    free_unseen();
  }

 private:
  struct node {
    std::unique_ptr<const T> value{};
    node* next = nullptr;
  };

  struct presence {
    explicit presence(const snapshot& where) : at(where) { at.readers_.fetch_add(1); }
    ~presence() {
      if (at.readers_.fetch_sub(1) == 1) at.free_unseen();
    }
    presence(const presence&) = delete;
    presence& operator=(const presence&) = delete;
    const snapshot& at;
  };

  void retire(node* first, node* last) const {
    last->next = retired_.load();
    while (!retired_.compare_exchange_weak(last->next, first)) {
    }
  }

  /// Whoever comes after a value was replaced cannot see it any more. So when there is no reader after the
  /// list was taken, nobody sees anything in it; else whoever leaves last finds it put back.
  void free_unseen() const {
    while (retired_.load() != nullptr && readers_.load() == 0) {
      node* taken = retired_.exchange(nullptr);
      if (taken == nullptr) return;
      if (readers_.load() == 0) return free_all(taken);
      node* last = taken;
      while (last->next != nullptr) last = last->next;
      retire(taken, last);
    }
  }

  static void free_all(node* first) noexcept {
    while (first != nullptr) delete std::exchange(first, first->next);
  }

  mutable std::atomic<int> readers_ = 0;
  mutable std::atomic<node*> retired_ = nullptr;
  std::atomic<node*> current_ = nullptr;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
