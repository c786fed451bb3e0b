#ifndef T3API_AUTH_RENEWAL_PACE_HPP
#define T3API_AUTH_RENEWAL_PACE_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include <t3api/core/clock.hpp>

namespace t3api::inline v0_1_0::detail {

/// How soon the next exchange may come: growing pauses after failures, and a limit for a service that refuses
/// even the tokens that it has just issued.
class renewal_pace {
 public:
  bool is_pausing(steady_time now) const { return now < pause_end_; }
  steady_time pause_end() const { return pause_end_; }

  void succeeded() { failures_ = 0; }

  void failed(steady_time now, std::optional<std::chrono::seconds> retry_after) {
    const std::chrono::milliseconds growing = shortest_pause * (1 << failures_);
    failures_ = (std::min)(failures_ + 1, 8);
    const std::chrono::milliseconds asked = retry_after.value_or(std::chrono::seconds(0));
    pause_end_ = now + (std::min)(longest_pause, (std::max)(growing, asked));
  }

  /// An exchange was sent whose caller had no time left to hear the answer. Calls that have little time too
  /// leave the next to others for a while: each would post the credentials and learn nothing.
  void unheard(steady_time now, steady_time::duration waited) {
    constexpr steady_time::duration always_enough = std::chrono::seconds(5);
    time_needed_ = (std::min)(2 * waited, always_enough);
    time_needed_until_ = now + renewal_interval;
    look_again_soon(now);
  }
  bool has_time(steady_time now, steady_time deadline) const {
    return now >= time_needed_until_ || deadline - now > time_needed_;
  }

  /// Another process is about to have a token.
  void look_again_soon(steady_time now) { pause_end_ = now + shortest_pause; }

  /// Counts a renewal after a 401: a few in a row are made, then one each half minute.
  bool may_renew(steady_time now) {
    const auto earned = (now - renewals_counted_) / renewal_interval;
    if (earned > 0) {
      renewals_left_ = static_cast<int>((std::min<std::int64_t>)(renewals_in_a_row, renewals_left_ + earned));
      renewals_counted_ = now;
    }
    if (renewals_left_ == 0) return false;
    --renewals_left_;
    return true;
  }

 private:
  static constexpr std::chrono::milliseconds shortest_pause{250};
  static constexpr std::chrono::milliseconds longest_pause{60'000};
  static constexpr int renewals_in_a_row = 10;
  static constexpr auto renewal_interval = std::chrono::seconds(30);

  int failures_ = 0;
  steady_time pause_end_ = (steady_time::min)();
  int renewals_left_ = renewals_in_a_row;
  steady_time renewals_counted_{};
  steady_time::duration time_needed_{};
  steady_time time_needed_until_ = (steady_time::min)();
};

}  // namespace t3api::inline v0_1_0::detail

#endif
