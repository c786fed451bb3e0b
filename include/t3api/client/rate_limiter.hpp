#ifndef T3API_CLIENT_RATE_LIMITER_HPP
#define T3API_CLIENT_RATE_LIMITER_HPP

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <stdexcept>

#include <t3api/core/client_config.hpp>
#include <t3api/core/clock.hpp>

namespace t3api::inline v0_1_0::detail {

/// Says when each request may go, so that no more than `rate_limit` allows do. Shared by all threads of a
/// client.
class rate_limiter {
 public:
  /// Throws std::invalid_argument for a rate that lets nothing through.
  explicit rate_limiter(const std::optional<rate_limit>& limit) {
    if (!limit) return;
    constexpr int most_at_once = 1'000'000;  // More could overflow the steady clock.
    if (!(limit->per_second >= 0.001 && limit->per_second <= 1e6) || limit->burst < 1 ||
        limit->burst > most_at_once) {
      throw std::invalid_argument(
          "the rate limit must be from 0.001 to 1,000,000 requests a second, with a burst from 1 to "
          "1,000,000");
    }
    interval_ = std::chrono::duration_cast<steady_time::duration>(
        std::chrono::duration<double>(1.0 / limit->per_second));
    ahead_ = interval_ * (limit->burst - 1);
  }

  /// When the next request may go; when that is not before `deadline`, no turn is taken.
  steady_time next_turn(steady_time now, steady_time deadline) {
    if (interval_ == steady_time::duration::zero()) return now;
    const std::scoped_lock lock(mutex_);
    const auto due = (std::max)(due_, now);
    const auto turn = (std::max)(now, due - ahead_);
    if (turn < deadline) due_ = due + interval_;
    return turn;
  }

 private:
  steady_time::duration interval_{};
  steady_time::duration ahead_{};
  std::mutex mutex_;
  steady_time due_{};  ///< When the next would go if all went evenly.
};

}  // namespace t3api::inline v0_1_0::detail

#endif
