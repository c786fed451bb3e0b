#ifndef T3API_SANDBOX_LIMITS_FAILURE_LIMIT_HPP
#define T3API_SANDBOX_LIMITS_FAILURE_LIMIT_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

#include <t3api/core/clock.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/detail/stoppable_condition.hpp>
#include <t3api/sandbox/limits/bounded_table.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// How many attempts may fail under each name in a window of time, which begins with the first failure.
/// Success takes nothing back, only time does: else whoever can log in once could guess on for ever. An
/// attempt that is under way may still fail and holds a place; when the last places are held, others wait for
/// them for a short while. So however many threads try at once, never more than the limit fail, and those who
/// are right are not refused for the number of their threads unless logins are slow. Any number of threads
/// may share it.
class failure_limit {
 public:
  /// `most` is 0 for no limit. Names beyond `capacity` push out those seen longest ago, which then start
  /// anew: guessing on in that way takes thousands of other failures for each few guesses. `patience` is how
  /// long an attempt waits for a place, and its thread with it.
  failure_limit(unsigned most, std::chrono::seconds window, std::size_t capacity = 50'000,
                std::chrono::milliseconds patience = std::chrono::seconds(2))
      : most_(most), window_(window), patience_(patience), names_(capacity) {}

  /// Begins an attempt, which `end` must end; or, when too many have failed or no place became free, how long
  /// to wait: whole seconds, at least one. When `stop` asks to stop, no place is waited for any longer.
  std::optional<std::chrono::seconds> begin(std::string_view name, const t3api::clock& clock,
                                            const stop_token& stop = {}) {
    if (most_ == 0) return std::nullopt;
    const auto hash = names_.hash(name);
    const auto give_up = std::chrono::steady_clock::now() + patience_;
    std::unique_lock lock(mutex_);
    for (bool late = false;;) {
      const auto now = clock.now();
      tally& w = open_tally(hash, now);
      if (w.failed >= most_) return std::chrono::ceil<std::chrono::seconds>(w.ends - now);
      if (w.failed + w.pending < most_) {
        ++w.pending;
        return std::nullopt;
      }
      if (late) return std::chrono::seconds(1);
      late = !ended_.wait_until(lock, stop, give_up, [this, seen = ends_] { return ends_ != seen; });
    }
  }

  void end(std::string_view name, bool failed, const t3api::clock& clock) {
    if (most_ == 0) return;
    const auto hash = names_.hash(name);
    {
      const std::scoped_lock lock(mutex_);
      const auto now = clock.now();
      tally& w = open_tally(hash, now);
      ++ends_;
      if (w.pending > 0) --w.pending;  // None when other names have pushed it out meanwhile.
      if (failed) {
        if (w.failed == 0) w.ends = now + window_;
        ++w.failed;
      }
    }
    ended_.notify_all();
  }

  /// How many names it remembers: at most twice the capacity.
  std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return names_.size();
  }

 private:
  struct tally {
    unsigned failed = 0;
    unsigned pending = 0;
    steady_time ends = (steady_time::min)();
  };

  tally& open_tally(const bounded_table<tally>::hashed& hash, steady_time now) {
    tally& w = names_[hash];
    if (w.ends <= now) w.failed = 0;
    return w;
  }

  const unsigned most_;
  const std::chrono::seconds window_;
  const std::chrono::milliseconds patience_;
  mutable std::mutex mutex_;
  detail::stoppable_condition ended_;
  std::uint64_t ends_ = 0;  ///< How many attempts have ended.
  bounded_table<tally> names_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
