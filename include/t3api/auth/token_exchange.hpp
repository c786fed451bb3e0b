#ifndef T3API_AUTH_TOKEN_EXCHANGE_HPP
#define T3API_AUTH_TOKEN_EXCHANGE_HPP

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <t3api/auth/concept.hpp>
#include <t3api/auth/token.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/core/service_error.hpp>
#include <t3api/detail/snapshot.hpp>
#include <t3api/detail/wipe.hpp>

namespace t3api::detail {

/// Gets bearer tokens by exchanging credentials: once for all threads, again ahead of expiry and after a 401.
/// A fresh token is read without a lock.
class token_exchange {
 public:
  /// Makes the request that carries the credentials, or says why none can be made now.
  using request_maker = std::function<result<request>(exchange&)>;

  /// `sensitive` is never to be seen in an error, whatever the service says.
  token_exchange(request_maker make_request, std::vector<secret> sensitive)
      : make_request_(std::move(make_request)), sensitive_(std::move(sensitive)) {}

  result<token_generation> authorize(request& message, exchange& via) {
    if (const auto generation = use_current(message, via, /*even_if_due=*/false)) return *generation;
    std::unique_lock lock(mutex_);
    while (true) {
      const bool pausing = via.clock().now() < pause_end_;
      const bool renewal_must_wait = exchanging_ || refused_ || pausing;
      if (const auto generation = use_current(message, via, /*even_if_due=*/renewal_must_wait))
        return *generation;
      if (refused_) return *refused_;
      if (exchanging_) {
        if (auto failure = wait_for_other(lock, via)) return *std::move(failure);
      } else if (pausing) {
        if (auto failure = wait_for_pause_end(lock, via)) return *std::move(failure);
      } else if (auto failure = exchange_now(lock, via)) {
        if (const auto generation = use_current(message, via, /*even_if_due=*/true)) return *generation;
        return *std::move(failure);
      }
    }
  }

  token_generation tokens_obtained() const {
    return current_.read(
        [](const token* held) { return held == nullptr ? token_generation{0} : held->generation; });
  }

  /// Marks the generation as refused; tokens of later ones stay good, so a late 401 of an old token renews
  /// nothing.
  bool on_unauthorized(token_generation generation) {
    auto known = rejected_.load();
    while (known < generation && !rejected_.compare_exchange_weak(known, generation)) {
    }
    return true;
  }

 private:
  static constexpr auto leeway = std::chrono::seconds(30);
  static constexpr auto pause_after_failure = std::chrono::milliseconds(250);
  static constexpr auto longest_pause = std::chrono::seconds(60);
  static constexpr auto longest_lifetime =
      std::chrono::hours(24 * 365);  ///< More could overflow the steady clock.

  struct token {
    secret jwt;
    steady_time due;  ///< From here on it should be renewed.
    steady_time expires_at;
    token_generation generation;
  };

  std::optional<token_generation> use_current(request& message, exchange& via, bool even_if_due) const {
    const auto now = via.clock().now();
    return current_.read([&](const token* held) -> std::optional<token_generation> {
      if (held == nullptr || held->generation <= rejected_.load()) return std::nullopt;
      if (now >= (even_if_due ? held->expires_at : held->due)) return std::nullopt;
      set_bearer_token(message, held->jwt.reveal());
      return held->generation;
    });
  }

  /// Waits for the exchange of another thread; its failure is the failure of all who waited for it.
  std::optional<error> wait_for_other(std::unique_lock<std::mutex>& lock, exchange& via) {
    const auto round = round_;
    const bool ended =
        round_ended_.wait_until(lock, via.stop(), via.deadline(), [&] { return round_ != round; });
    if (via.stop().stop_requested()) {
      return error{.category = error_category::cancelled,
                   .message = "the call was cancelled while it waited for a token"};
    }
    if (!ended) {
      return error{.category = error_category::timeout,
                   .message = "no access token came before the call's deadline",
                   .retryable = true};
    }
    return last_failure_;
  }

  /// After a failure the next exchange waits a moment, so that an outage is not met with a storm of logins.
  std::optional<error> wait_for_pause_end(std::unique_lock<std::mutex>& lock, exchange& via) {
    const auto pause_end = pause_end_;
    if (pause_end >= via.deadline()) return last_failure_;
    lock.unlock();
    const bool waited = via.clock().wait_until(pause_end, via.stop());
    lock.lock();
    if (waited) return std::nullopt;
    return error{.category = error_category::cancelled,
                 .message = "the call was cancelled while it waited for a token"};
  }

  std::optional<error> exchange_now(std::unique_lock<std::mutex>& lock, exchange& via) {
    exchanging_ = true;
    lock.unlock();
    auto obtained = obtain(via);
    lock.lock();
    exchanging_ = false;
    ++round_;
    round_ended_.notify_all();
    last_failure_.reset();
    if (obtained) {
      obtained->generation = ++generations_;
      current_.publish(std::make_unique<const token>(*std::move(obtained)));
      return std::nullopt;
    }
    error failure = obtained.error();
    const bool own_end =
        failure.category == error_category::cancelled || failure.category == error_category::timeout;
    if (own_end) return failure;
    last_failure_ = failure;
    if (is_final(failure)) {
      refused_ = failure;
    } else {
      const auto asked = failure.retry_after.value_or(std::chrono::seconds(0));
      pause_end_ =
          via.clock().now() + std::max<std::chrono::milliseconds>(
                                  pause_after_failure, std::min<std::chrono::seconds>(asked, longest_pause));
    }
    return failure;
  }

  /// Whether the service will say the same to the same credentials: they are never sent again, since repeated
  /// failing logins lock Metrc accounts.
  static bool is_final(const error& failure) {
    return failure.category == error_category::authentication || failure.category == error_category::argument;
  }

  result<token> obtain(exchange& via) {
    try {
      auto message = make_request_(via);
      if (!message) return message.error();
      const std::string path = message->path;
      const auto answer = via.send(*std::move(message));
      return answer ? read_token(path, *answer, via) : failed(answer.error());
    } catch (const std::exception& failure) {
      return failed({.category = error_category::transport, .message = failure.what()});
    }
  }

  result<token> read_token(const std::string& path, const response& answer, exchange& via) const {
    const auto now = via.clock().wall_now();
    if (answer.status != 200) {
      error cause = service_error({.method = method::post, .path = path}, answer, now);
      if (answer.status == 400 || answer.status == 403 || answer.status == 422) {
        cause.category = error_category::authentication;
      }
      return failed(std::move(cause));
    }
    const auto body = answer.json();
    if (!body) return failed(body.error());
    const auto jwt = string_member(*body, "accessToken").value_or("");
    if (trim(jwt).empty() || has_control(jwt)) {
      return failed(
          {.category = error_category::protocol,
           .message = "the answer to " + path + " holds no usable accessToken: is the host setting right?",
           .status = answer.status});
    }
    token made{.jwt = jwt, .due = steady_time::max(), .expires_at = steady_time::max(), .generation = 0};
    const auto times = read_token_times(jwt);
    if (times.expires_at) {
      const auto server_now = server_date(answer.headers)
                                  .value_or(std::chrono::floor<std::chrono::seconds>(now))
                                  .time_since_epoch();
      const auto lifetime = *times.expires_at - server_now;
      if (lifetime <= std::chrono::seconds(0)) {
        return failed(
            {.category = error_category::protocol,
             .message =
                 "the service issued an access token that had already expired: check its clock and this one",
             .status = answer.status});
      }
      const auto kept = std::min<std::chrono::seconds>(lifetime, longest_lifetime);
      made.expires_at = via.clock().now() + kept;
      made.due = made.expires_at - std::min<std::chrono::milliseconds>(leeway, kept / 10);
    }
    return made;
  }

  /// An error of the exchange as the call sees it: its own request never left. What the exchange sent is not
  /// sent again when it may have arrived and nothing is known of its fate.
  error failed(error cause) const {
    if (cause.sent && cause.status == 0) cause.retryable = false;
    cause.sent = false;
    cause.message = "no access token could be obtained: " + cause.message;
    for (const auto& value : sensitive_) redact(cause, value.reveal());
    return cause;
  }

  const request_maker make_request_;
  const std::vector<secret> sensitive_;
  snapshot<token> current_;
  std::atomic<token_generation> rejected_ = 0;

  std::mutex mutex_;
  std::condition_variable_any round_ended_;
  bool exchanging_ = false;
  std::uint64_t round_ = 0;
  token_generation generations_ = 0;
  steady_time pause_end_ = steady_time::min();
  std::optional<error> last_failure_;
  std::optional<error> refused_;
};

}  // namespace t3api::detail

#endif
