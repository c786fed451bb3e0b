#ifndef T3API_STORE_FAILURE_PAUSE_HPP
#define T3API_STORE_FAILURE_PAUSE_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <t3api/core/clock.hpp>
#include <t3api/core/error.hpp>
#include <t3api/core/result.hpp>

namespace t3api::inline v0_1_0::detail {

/// Leaves a service that failed alone for a while: until then nothing gets through, then one try does, and if
/// that succeeds, everything again. For any number of threads.
class failure_pause {
 public:
  failure_pause(std::shared_ptr<t3api::clock> time, std::chrono::milliseconds length)
      : clock_(std::move(time)), length_(length) {}

  /// How many failures there have been if a try may be made now, else why it may not. The first try after a
  /// pause keeps others out for as long again, unless it tells sooner how it went.
  result<std::uint64_t> enter() {
    const std::scoped_lock lock(mutex_);
    if (!last_) return failures_;
    const auto now = clock_->now();
    if (now < end_) return refusal(now);
    end_ = now + length_;
    return failures_;
  }

  /// The failure of someone else's since `enter` gave `failures`, if there was one.
  std::optional<error> failed_since(std::uint64_t failures) const {
    const std::scoped_lock lock(mutex_);
    if (failures == failures_ || !last_) return std::nullopt;
    return refusal(clock_->now());
  }

  void failed(const error& cause) {
    const std::scoped_lock lock(mutex_);
    ++failures_;
    last_ = cause;
    end_ = clock_->now() + length_;
  }

  void succeeded() {
    const std::scoped_lock lock(mutex_);
    last_.reset();
  }

 private:
  error refusal(steady_time now) const {
    error cause = *last_;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>((std::max)(end_ - now, steady_time::duration::zero()));
    cause.message += " (not asked again for " + std::to_string(left.count()) + " ms)";
    return cause;
  }

  const std::shared_ptr<t3api::clock> clock_;
  const std::chrono::milliseconds length_;
  mutable std::mutex mutex_;
  std::optional<error> last_;
  steady_time end_{};
  std::uint64_t failures_ = 0;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
