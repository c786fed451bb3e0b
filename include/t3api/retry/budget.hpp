#ifndef T3API_RETRY_BUDGET_HPP
#define T3API_RETRY_BUDGET_HPP

#include <algorithm>
#include <mutex>

namespace t3api::inline v0_1_0 {

/// Keeps retries from turning an outage into a storm: a full budget allows a burst of retries, after which
/// only one call in ten may be retried until calls succeed again. Shared by all threads of a client.
class retry_budget {
 public:
  /// `capacity` is how many retries a full budget allows.
  explicit retry_budget(int capacity = 100) : capacity_(capacity * retry_cost), balance_(capacity_) {}

  /// Every call, good or bad, earns a tenth of a retry.
  void earn() noexcept {
    const std::scoped_lock lock(mutex_);
    balance_ = (std::min)(capacity_, balance_ + 1);
  }

  /// Takes one retry out; false when there is none left.
  bool spend() noexcept {
    const std::scoped_lock lock(mutex_);
    if (balance_ < retry_cost) return false;
    balance_ -= retry_cost;
    return true;
  }

 private:
  static constexpr int retry_cost = 10;

  std::mutex mutex_;
  const int capacity_;
  int balance_;
};

}  // namespace t3api::inline v0_1_0

#endif
