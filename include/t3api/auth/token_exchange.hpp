#ifndef T3API_AUTH_TOKEN_EXCHANGE_HPP
#define T3API_AUTH_TOKEN_EXCHANGE_HPP

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
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
#include <t3api/core/url.hpp>
#include <t3api/detail/snapshot.hpp>
#include <t3api/detail/wipe.hpp>

namespace t3api::detail {

/// Gets bearer tokens by exchanging credentials: once for all threads, again ahead of expiry and after a 401.
/// A fresh token is read without a lock.
class token_exchange {
 public:
  /// Makes the request that carries the credentials, or says why none can be made now. `last_was_unsent`
  /// tells that the request made before never left, so that a one-time password in it is still good.
  using request_maker = std::function<result<request>(exchange&, bool last_was_unsent)>;

  /// `sensitive` is never to be seen in an error, whatever the service says.
  token_exchange(request_maker make_request, std::vector<secret> sensitive)
      : make_request_(std::move(make_request)), sensitive_(std::move(sensitive)) {}

  result<token_generation> authorize(request& message, exchange& via) {
    if (const auto generation = use_current(message, via, /*even_if_due=*/false)) return *generation;
    std::unique_lock lock(mutex_);
    if (!host_) host_ = via.host();
    if (*host_ != via.host()) {
      return argument_error("this auth method's credentials and token belong to " + host_->origin() +
                            ": make one of its own for the client of " + via.host().origin());
    }
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
      } else if (!may_renew_now(via.clock().now())) {
        return error{
            .category = error_category::authentication,
            .message =
                "the service refuses each token that it has just issued, so no more logins are made for "
                "a while: is this user allowed to do what was asked?",
            .status = 401};
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
  static constexpr auto shortest_pause = std::chrono::milliseconds(250);
  static constexpr auto longest_pause = std::chrono::milliseconds(60'000);
  static constexpr int renewals_in_a_row = 10;
  static constexpr auto renewal_interval = std::chrono::seconds(30);
  static constexpr auto longest_lifetime =
      std::chrono::hours(24 * 365);  ///< More could overflow the steady clock.

  struct token {
    secret jwt;
    url host;         ///< The only one that it is sent to.
    steady_time due;  ///< From here on it should be renewed.
    steady_time expires_at;
    token_generation generation;
  };

  std::optional<token_generation> use_current(request& message, exchange& via, bool even_if_due) const {
    const auto now = via.clock().now();
    return current_.read([&](const token* held) -> std::optional<token_generation> {
      if (held == nullptr || held->generation <= rejected_.load()) return std::nullopt;
      if (now >= (even_if_due ? held->expires_at : held->due) || held->host != via.host())
        return std::nullopt;
      set_bearer_token(message, held->jwt.reveal());
      return held->generation;
    });
  }

  /// A service that refuses even fresh tokens must not be met with a login for every call: a few renewals in
  /// a row are made after a 401, then one each half minute.
  bool may_renew_now(steady_time now) {
    const bool refused_in_its_life = current_.read([&](const token* held) {
      return held != nullptr && held->generation <= rejected_.load() && now < held->expires_at;
    });
    if (!refused_in_its_life) return true;
    const auto earned = (now - renewals_counted_) / renewal_interval;
    if (earned > 0) {
      renewals_left_ = static_cast<int>((std::min<std::int64_t>)(renewals_in_a_row, renewals_left_ + earned));
      renewals_counted_ = now;
    }
    if (renewals_left_ == 0) return false;
    --renewals_left_;
    return true;
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
    if (pause_end >= via.deadline()) {
      if (last_failure_) return last_failure_;
      return error{
          .category = error_category::timeout,
          .message = "the last exchange failed, and the next may come only after the call's deadline",
          .retryable = true};
    }
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
    result<token> obtained = error{};
    try {
      obtained = obtain(via);
    } catch (...) {
      lock.lock();
      end_round();
      throw;
    }
    lock.lock();
    end_round();
    if (obtained) {
      failures_ = 0;
      obtained->generation = ++generations_;
      current_.publish(std::make_unique<const token>(*std::move(obtained)));
      return std::nullopt;
    }
    const error& failure = obtained.error();
    if (failure.category == error_category::cancelled) return failure;
    if (failure.category == error_category::authentication) refused_ = failure;
    const auto now = via.clock().now();
    const auto growing = shortest_pause * (1 << failures_);
    failures_ = (std::min)(failures_ + 1, 8);
    const auto asked = failure.retry_after.value_or(std::chrono::seconds(0));
    pause_end_ =
        now + (std::min<std::chrono::milliseconds>)(longest_pause,
                                                    (std::max<std::chrono::milliseconds>)(growing, asked));
    // A caller whose own time is up does not speak for those who have more.
    const bool own_time_is_up =
        failure.category == error_category::timeout && (!service_asked_ || now >= via.deadline());
    if (!own_time_is_up) last_failure_ = failure;
    return failure;
  }

  void end_round() {
    exchanging_ = false;
    ++round_;
    last_failure_.reset();
    round_ended_.notify_all();
  }

  result<token> obtain(exchange& via) {
    try {
      service_asked_ = false;
      auto message = make_request_(via, std::exchange(last_was_unsent_, false));
      if (!message) return message.error();
      const std::string path = message->path;
      service_asked_ = true;
      const auto answer = via.send(*std::move(message));
      last_was_unsent_ = !answer && !answer.error().sent;
      return answer ? read_token(path, *answer, via) : failed(answer.error());
    } catch (const std::exception& failure) {
      return failed({.category = error_category::transport, .message = failure.what()});
    } catch (...) {
      return failed(
          {.category = error_category::transport, .message = "a policy threw an exception of its own"});
    }
  }

  result<token> read_token(const std::string& path, const response& answer, exchange& via) const {
    const auto now = via.clock().wall_now();
    if (answer.status != 200) {
      error cause = service_error({.method = method::post, .path = path}, answer, now);
      // Final: the same credentials would be refused again. A 403 without a word from T3 may come from a
      // firewall.
      const bool final = answer.status == 400 || answer.status == 422 ||
                         (answer.status == 403 && !cause.service_message.empty());
      if (final) {
        cause.category = error_category::authentication;
      }
      return failed(std::move(cause));
    }
    const auto body = answer.json();
    if (!body) return failed(body.error());
    const auto jwt = string_member(*body, "accessToken").value_or("");
    if (jwt.empty() || has_control(jwt) || jwt.find(' ') != jwt.npos) {
      return failed(
          {.category = error_category::protocol,
           .message = "the answer to " + path + " holds no usable accessToken: is the host setting right?",
           .status = answer.status});
    }
    token made{.jwt = jwt,
               .host = via.host(),
               .due = (steady_time::max)(),
               .expires_at = (steady_time::max)(),
               .generation = 0};
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
      const auto kept = (std::min<std::chrono::seconds>)(lifetime, longest_lifetime);
      made.expires_at = via.clock().now() + kept;
      made.due = made.expires_at - (std::min<std::chrono::milliseconds>)(leeway, kept / 10);
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
  int failures_ = 0;
  steady_time pause_end_ = (steady_time::min)();
  int renewals_left_ = renewals_in_a_row;
  steady_time renewals_counted_{};
  bool last_was_unsent_ = false;  ///< This and the next are used by the one exchanging thread only.
  bool service_asked_ = false;
  std::optional<url> host_;
  std::optional<error> last_failure_;
  std::optional<error> refused_;
};

}  // namespace t3api::detail

#endif
