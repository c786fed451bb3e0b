#ifndef T3API_STORE_TIMED_LOCK_HPP
#define T3API_STORE_TIMED_LOCK_HPP

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace t3api::detail {

/// A lock that is waited for as long as one likes, or until one is asked to stop. (std::timed_mutex would do,
/// but the thread sanitizers of g++ 12 and clang 14 do not see it being locked.)
class timed_lock {
 public:
  bool try_lock_for(std::chrono::milliseconds patience, const std::stop_token& stop = {}) {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_for(lock, stop, patience, [&] { return !taken_; })) return false;
    taken_ = true;
    return true;
  }
  void unlock() {
    const std::scoped_lock lock(mutex_);
    taken_ = false;
    freed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any freed_;
  bool taken_ = false;
};

}  // namespace t3api::detail

#endif
