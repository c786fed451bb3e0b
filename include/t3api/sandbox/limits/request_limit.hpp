#ifndef T3API_SANDBOX_LIMITS_REQUEST_LIMIT_HPP
#define T3API_SANDBOX_LIMITS_REQUEST_LIMIT_HPP

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string_view>

#include <t3api/core/clock.hpp>
#include <t3api/sandbox/limits/bounded_table.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// How many requests each user may make in a window of time. The window begins with a user's first request;
/// when it is over, the next request begins another. Such a window, unlike a bucket that fills drop by drop,
/// makes the numbers exact: a test that sends 601 requests sees one 429, and the wait it is told is the whole
/// truth. The price is that two windows side by side can let through twice the limit in a short time. Any
/// number of threads may share it; exactly the limit gets through.
class request_limit {
 public:
  /// `most` is 0 for no limit. Of more than `capacity` users those who came longest ago start anew.
  explicit request_limit(unsigned most, std::chrono::seconds window = std::chrono::minutes(1),
                         std::size_t capacity = 50'000)
      : most_(most), window_(window), users_(capacity) {}

  unsigned most() const noexcept { return most_; }

  /// Counts one request. When there were too many, it is not counted, and this is how long to wait: whole
  /// seconds, at least one.
  std::optional<std::chrono::seconds> take(std::string_view user, steady_time now) {
    if (most_ == 0) return std::nullopt;
    const auto name = users_.hash(user);
    const std::scoped_lock lock(mutex_);
    tally& mine = users_[name];
    if (mine.ends <= now) mine = {.count = 0, .ends = now + window_};
    if (mine.count >= most_) return std::chrono::ceil<std::chrono::seconds>(mine.ends - now);
    ++mine.count;
    return std::nullopt;
  }

 private:
  struct tally {
    unsigned count = 0;
    steady_time ends = (steady_time::min)();
  };

  const unsigned most_;
  const std::chrono::seconds window_;
  std::mutex mutex_;
  bounded_table<tally> users_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
