#include <t3api/version.hpp>  // Outside of the guard: it refuses another version.

#ifndef T3API_STORE_REDIS_HPP
#define T3API_STORE_REDIS_HPP

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/core/error.hpp>
#include <t3api/core/result.hpp>
#include <t3api/detail/per_process.hpp>
#include <t3api/store/concept.hpp>
#include <t3api/store/lifetime.hpp>
#include <t3api/store/redis_channel.hpp>
#include <t3api/store/redis_failure.hpp>
#include <t3api/store/redis_names.hpp>
#include <t3api/store/redis_options.hpp>

namespace t3api::inline v0_1_0 {

/// A store in a Redis server, for processes and machines that share tokens; needs hiredis (CMake: the
/// component `redis`). Redis sees neither keys nor values, only how many there are and how long. A value that
/// somebody changed, moved to another key or sealed with another key is a value that is not there. To open
/// one takes the key of the options and the value's own.
///
/// Copies share one connection; a forked child makes its own. Nothing is sent before the first operation. An
/// operation takes as long as two timeouts at the most, three when other threads are at it, plus what the
/// look-up of a host name left behind; when one fails, all fail at once for `pause_after_failure`, without
/// asking Redis. Errors are of category transport or timeout.
class redis_store {
 public:
  /// The longest value that is kept; a longer one is an argument error.
  static constexpr std::size_t max_value_bytes = 1'000'000;

  /// Throws std::invalid_argument when the options cannot be used.
  explicit redis_store(redis_options options) : shared_(std::make_shared<shared>(std::move(options))) {}

  result<std::optional<stored_value>> get(std::string_view key) {
    using found = std::optional<stored_value>;
    const std::string name = shared_->names.of_value(key);
    // The time first: if the value is replaced in between, the new one goes out with the shorter time.
    return run<found>({{"PTTL", name}, {"GET", name}}, [&](replies& got) -> result<found> {
      if (got[0].type != kind::integer) return not_understood(got[0]);
      if (got[1].type == kind::nothing || is_wrong_type(got[1])) return found();
      if (got[1].type != kind::text) return not_understood(got[1]);
      if (got[0].number <= 0) return found();  // Nothing of ours lives for ever.
      auto value = shared_->names.unseal_value(got[1].text, key);
      if (!value) return found();
      return found(
          stored_value{.value = *std::move(value), .time_left = std::chrono::milliseconds(got[0].number)});
    });
  }

  std::optional<error> put(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
    if (ttl <= std::chrono::milliseconds::zero()) return erase(key);
    if (value.size() > max_value_bytes) {
      return argument_error("a value of " + std::to_string(value.size()) + " bytes is too long to keep: " +
                            std::to_string(max_value_bytes) + " are allowed");
    }
    const std::string name = shared_->names.of_value(key);
    const std::string sealed = shared_->names.seal_value(value, key);
    const std::string time = milliseconds_text(ttl);
    return done(run<bool>({{"SET", name, sealed, "PX", time}}, [&](replies& got) -> result<bool> {
      if (!is_ok(got[0])) return not_understood(got[0]);
      return true;
    }));
  }

  std::optional<error> erase(std::string_view key) {
    const std::string name = shared_->names.of_value(key);
    return done(count({"DEL", name}));
  }

  result<bool> claim(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl) {
    const std::string name = shared_->names.of_claim(key);
    const std::string time = milliseconds_text(ttl);
    return run<bool>({{"SET", name, owner, "NX", "PX", time}}, [&](replies& got) -> result<bool> {
      if (got[0].type == kind::nothing) return false;
      if (!is_ok(got[0])) return not_understood(got[0]);
      return true;
    });
  }

  std::optional<error> release(std::string_view key, std::string_view owner) {
    constexpr std::string_view delete_if_owned =
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";
    const std::string name = shared_->names.of_claim(key);
    return done(count({"EVAL", delete_if_owned, "1", name, owner}));
  }

 private:
  using kind = detail::redis_reply::kind;
  using replies = detail::redis_replies;

  struct shared {
    explicit shared(redis_options given)
        : options(detail::checked(std::move(given))),
          names(detail::sealing_key(options.key), options.prefix),
          failure(options),
          channel([this] { return std::make_unique<detail::redis_channel>(options); }) {}

    const redis_options options;
    const detail::redis_names names;
    const detail::redis_failure failure;
    detail::per_process<detail::redis_channel> channel;
  };

  template <class T, class Read>
  result<T> run(const std::vector<detail::redis_command>& commands, Read read) {
    return shared_->channel.get().template run<T>(commands, read);
  }

  result<bool> count(const detail::redis_command& command) {
    return run<bool>({command}, [&](replies& got) -> result<bool> {
      if (got[0].type != kind::integer) return not_understood(got[0]);
      return got[0].number > 0;
    });
  }

  error not_understood(const detail::redis_reply& reply) const {
    return reply.type == kind::refusal ? shared_->failure.refused(reply.text) : shared_->failure.garbled();
  }

  static std::optional<error> done(result<bool> answer) {
    return answer ? std::nullopt : std::optional(std::move(answer).error());
  }
  static bool is_ok(const detail::redis_reply& reply) {
    return reply.type == kind::status && reply.text == "OK";
  }
  static bool is_wrong_type(const detail::redis_reply& reply) {
    return reply.type == kind::refusal && reply.text.starts_with("WRONGTYPE ");
  }
  static std::string milliseconds_text(std::chrono::milliseconds ttl) {
    return std::to_string(detail::kept_lifetime(ttl).count());
  }

  std::shared_ptr<shared> shared_;
};

static_assert(store<redis_store>);

}  // namespace t3api::inline v0_1_0

#endif
