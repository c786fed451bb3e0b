#ifndef T3API_STORE_TIMED_LOCK_HPP
#define T3API_STORE_TIMED_LOCK_HPP

#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>

#include <t3api/detail/stop_token.hpp>
#include <t3api/detail/stoppable_condition.hpp>

namespace t3api::inline v0_1_0::detail {

/// A lock that is waited for as long as one likes, or until one is asked to stop. Those who wait get it in
/// the order in which they came: a thread that lets go and asks again at once, call after call, keeps nobody
/// out.
class timed_lock {
 public:
  bool try_lock_for(std::chrono::milliseconds patience, const stop_token& stop = {}) {
    std::unique_lock lock(mutex_);
    if (!taken_) {
      taken_ = true;
      return true;
    }
    const auto here = queue_.emplace(queue_.end());
    const bool given = here->turn.wait_for(lock, stop, patience, [&] { return here->given; });
    queue_.erase(here);
    return given;
  }

  void unlock() {
    const std::scoped_lock lock(mutex_);
    taken_ = !queue_.empty();
    if (!taken_) return;
    queue_.front().given = true;
    queue_.front().turn.notify_one();
  }

  /// How many threads wait.
  std::size_t waiting() const {
    const std::scoped_lock lock(mutex_);
    return queue_.size();
  }

 private:
  struct waiter {
    stoppable_condition turn;
    bool given = false;
  };

  mutable std::mutex mutex_;
  std::list<waiter> queue_;
  bool taken_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
