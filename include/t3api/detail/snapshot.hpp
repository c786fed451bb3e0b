#ifndef T3API_DETAIL_SNAPSHOT_HPP
#define T3API_DETAIL_SNAPSHOT_HPP

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace t3api::detail {

/// An immutable value that is replaced now and then and read all the time. Reading takes no lock; a replaced
/// value is freed once no reader can still see it. (std::atomic<std::shared_ptr> would do, but libc++ has
/// none.)
template <class T>
class snapshot {
 public:
  snapshot() = default;
  snapshot(const snapshot&) = delete;
  snapshot& operator=(const snapshot&) = delete;
  ~snapshot() { delete current_.load(); }

  /// Calls `look` with a pointer to the value, null when there is none yet; the pointer is good until `look`
  /// returns.
  template <class Look>
  decltype(auto) read(Look&& look) const {
    const reader_count reading(readers_);
    return std::forward<Look>(look)(static_cast<const T*>(current_.load()));
  }

  void publish(std::unique_ptr<const T> next) {
    const std::scoped_lock lock(mutex_);
    retired_.emplace_back(current_.exchange(next.release()));
    if (readers_.load() == 0) retired_.clear();
  }

 private:
  struct reader_count {
    explicit reader_count(std::atomic<int>& counter) : readers(counter) { readers.fetch_add(1); }
    ~reader_count() { readers.fetch_sub(1); }
    reader_count(const reader_count&) = delete;
    reader_count& operator=(const reader_count&) = delete;
    std::atomic<int>& readers;
  };

  mutable std::atomic<int> readers_ = 0;
  std::atomic<const T*> current_ = nullptr;
  std::mutex mutex_;
  std::vector<std::unique_ptr<const T>> retired_;
};

}  // namespace t3api::detail

#endif
