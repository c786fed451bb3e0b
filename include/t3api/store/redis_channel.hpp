#ifndef T3API_STORE_REDIS_CHANNEL_HPP
#define T3API_STORE_REDIS_CHANNEL_HPP

#include <mutex>
#include <utility>
#include <vector>

#include <t3api/core/result.hpp>
#include <t3api/store/failure_pause.hpp>
#include <t3api/store/redis_connection.hpp>
#include <t3api/store/redis_failure.hpp>
#include <t3api/store/redis_options.hpp>
#include <t3api/store/timed_lock.hpp>

namespace t3api::inline v0_1_0::detail {

/// The one connection of a process to a Redis, for all its threads one after the other, and the pause when it
/// fails.
class redis_channel {
 public:
  explicit redis_channel(const redis_options& options)
      : options_(options),
        failure_(options),
        pause_(options.clock, options.pause_after_failure),
        connection_(options) {}

  /// What `read` makes of the answers to `commands`; when it makes an error of them, that is a failure too.
  template <class T, class Read>
  result<T> run(const std::vector<redis_command>& commands, Read read) {
    const auto entered = pause_.enter();
    if (!entered) return entered.error();
    const std::unique_lock turn(lock_, options_.timeout);
    if (!turn.owns_lock()) return failure_.busy();
    if (auto failed = pause_.failed_since(*entered)) return *std::move(failed);

    auto replies = connection_.exchange(commands);
    auto made = replies ? read(*replies) : result<T>(std::move(replies).error());
    if (made) {
      pause_.succeeded();
    } else {
      connection_.drop();
      pause_.failed(made.error());
    }
    return made;
  }

 private:
  const redis_options& options_;
  const redis_failure failure_;
  failure_pause pause_;
  timed_lock lock_;
  redis_connection connection_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
