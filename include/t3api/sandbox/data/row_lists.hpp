#ifndef T3API_SANDBOX_DATA_ROW_LISTS_HPP
#define T3API_SANDBOX_DATA_ROW_LISTS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <t3api/sandbox/data/select_rows.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Remembers the last row lists, so that the pages of one query cost one look at all rows. Threads that ask
/// for the same list at once wait for one of them to make it. Any number of threads may use it.
class row_lists {
 public:
  using list_ptr = std::shared_ptr<const row_list>;

  /// Lists of together at most `most_bytes` are remembered. One that is larger is made anew each time.
  explicit row_lists(std::size_t most_bytes = 32U << 20U) : most_bytes_(most_bytes) {}

  /// The list of that name for that version of the rows, made with `make` when it is not there. Throws what
  /// `make` throws, to all who wait.
  template <class F>
  list_ptr get(const std::string& name, std::uint64_t version, F&& make) {
    std::promise<list_ptr> made;
    {
      std::unique_lock lock(mutex_);
      const auto found = lists_.find(name);
      if (found != lists_.end() && found->second.version == version) {
        found->second.used = ++clock_;
        const auto list = found->second.list;
        lock.unlock();
        return list.get();
      }
      lists_[name] = {.version = version, .used = ++clock_, .list = made.get_future().share()};
    }
    try {
      auto list = std::make_shared<const row_list>(make());
      made.set_value(list);
      made_now(name, version, list->size() * sizeof(row_list::value_type));
      return list;
    } catch (...) {
      made.set_exception(std::current_exception());
      forget(name, version);
      throw;
    }
  }

  /// How much is remembered: for tests.
  std::size_t bytes() const {
    const std::lock_guard lock(mutex_);
    return total();
  }

 private:
  struct remembered {
    std::uint64_t version = 0;
    std::uint64_t used = 0;
    std::shared_future<list_ptr> list{};
    std::size_t bytes = 0;  ///< 0 while it is being made.
  };

  /// A list without rows takes room too.
  static constexpr std::size_t bytes_of_entry = 1024;

  std::size_t total() const {
    std::size_t all = 0;
    for (const auto& [name, one] : lists_) all += one.bytes;
    return all;
  }

  void made_now(const std::string& name, std::uint64_t version, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = lists_.find(name);
    if (found == lists_.end() || found->second.version != version) return;
    found->second.bytes = bytes + bytes_of_entry + name.size();
    while (total() > most_bytes_) {
      auto oldest = lists_.end();
      for (auto one = lists_.begin(); one != lists_.end(); ++one) {
        const bool ready = one->second.bytes != 0;
        if (ready && (oldest == lists_.end() || one->second.used < oldest->second.used)) oldest = one;
      }
      lists_.erase(oldest);
    }
  }

  void forget(const std::string& name, std::uint64_t version) {
    const std::lock_guard lock(mutex_);
    const auto found = lists_.find(name);
    if (found != lists_.end() && found->second.version == version) lists_.erase(found);
  }

  mutable std::mutex mutex_;
  std::map<std::string, remembered> lists_{};
  std::uint64_t clock_ = 0;
  std::size_t most_bytes_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
