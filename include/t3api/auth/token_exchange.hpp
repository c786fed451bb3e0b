#ifndef T3API_AUTH_TOKEN_EXCHANGE_HPP
#define T3API_AUTH_TOKEN_EXCHANGE_HPP

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <t3api/auth/bearer_token.hpp>
#include <t3api/auth/concept.hpp>
#include <t3api/auth/renewal_options.hpp>
#include <t3api/auth/shared_token.hpp>
#include <t3api/core/http_date.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/core/service_error.hpp>
#include <t3api/detail/crypto.hpp>

namespace t3api::inline v0_1_0::detail {

/// A request that carries credentials.
struct credentials_message {
  request message;
  secret one_time_password{};  ///< Never to be seen in an error, whatever the service says.
  /// How far ahead of this clock the service's was taken to be for the one-time password.
  std::chrono::seconds service_ahead{0};
};

/// Tells people whose one-time password was refused about the clock that it was made by. `answer` refused it:
/// no cache keeps it, so that it tells the time of the service.
inline std::string one_time_password_advice(const response& answer, wall_time now,
                                            std::chrono::seconds service_ahead) {
  const auto ahead = server_ahead(answer.headers, now + service_ahead);
  if (!ahead) return "; if the one-time password is wrong, the clock that it was made by may be off";
  if (*ahead == std::chrono::seconds(0)) return {};
  return "; the one-time password may be wrong because the clock that it was made by is " +
         std::to_string(std::chrono::abs(*ahead).count()) + " s " +
         (*ahead > std::chrono::seconds(0) ? "behind" : "ahead of") + " the service's: set it";
}

/// Who exchanges, and how.
struct exchanged_credentials {
  /// Makes the request, or says why none can be made now. `last_was_unsent` tells that the one made before
  /// never left.
  std::function<result<credentials_message>(exchange&, bool last_was_unsent)> make_request{};
  std::vector<secret> sensitive{};  ///< Never to be seen in an error.
  std::string account{};            ///< Names the account without telling anything of it.
  std::string fingerprint{};        ///< Names all that the service may refuse.
};

/// Gets one token: from the store if another process has left one there, else by exchanging the credentials,
/// one process at a time. Used by one thread at a time.
template <store Store>
class token_exchange {
 public:
  /// What came of it. Neither a token nor a failure means that another process is at it, and the caller has
  /// a token that is good until then.
  struct obtained {
    std::optional<bearer_token> token{};
    std::optional<error> failure{};
    bool shared = false;         ///< Whether token or failure came out of the store.
    bool service_asked = false;  ///< Whether an exchange was sent.
  };

  token_exchange(exchanged_credentials credentials, renewal_options options, Store shared)
      : credentials_(std::move(credentials)),
        options_(std::move(options)),
        shared_(std::move(shared), credentials_->account, credentials_->fingerprint, options_.lease) {
    if (options_.leeway.count() < 0 || options_.leeway > longest_option || options_.lease.count() <= 0 ||
        options_.lease > longest_option) {
      throw std::invalid_argument(
          "renewal_options: the leeway must be from 0 to a day, the lease from 1 ms to a day");
    }
    if (!options_.jitter) options_.jitter = random_fraction;
  }

  /// Whether the credentials are there to get another token with. Any thread may ask.
  bool can_renew() const noexcept { return can_renew_.load(); }

  obtained obtain(exchange& via, const current_token& current) {
    using turn = typename shared_token<Store>::turn;
    const secret known = current.jwt();
    const auto start = via.clock().now();
    const auto patience_ends =
        start + (std::min<steady_time::duration>)(2 * shared_.lease(), (via.deadline() - start) / 2);
    while (true) {
      if (auto settled = look_into_store(via, known)) return *std::move(settled);
      const auto asked = shared_.begin_turn(via.host());
      if (asked == turn::ours) return take_turn(via, known);
      if (asked == turn::unknown) return exchange_credentials(via);
      if (current.is_good(via.clock().now())) return {};
      if (via.clock().now() >= patience_ends) return exchange_credentials(via);
      const auto pause = poll_interval + poll_interval * options_.jitter();
      const auto next = via.clock().now() + std::chrono::duration_cast<steady_time::duration>(pause);
      if (!via.clock().wait_until(next, via.stop())) {
        return {.failure = error{.category = error_category::cancelled,
                                 .message = "the call was cancelled while it waited for a token"}};
      }
    }
  }

 private:
  static constexpr auto poll_interval = std::chrono::duration<double, std::milli>(40);
  static constexpr auto longest_option = std::chrono::hours(24);
  static constexpr auto longest_lifetime =
      std::chrono::hours(24 * 365);  ///< More could overflow the steady clock.

  obtained take_turn(exchange& via, const secret& known) {
    const struct turn_end {
      ~turn_end() { shared.end_turn(host); }
      shared_token<Store>& shared;
      const url& host;
    } ends{shared_, via.host()};
    // Whoever had the turn before may have left something since the last look.
    if (auto settled = look_into_store(via, known)) return *std::move(settled);
    return exchange_credentials(via);
  }

  /// What someone else's exchange came to, if the store knows.
  std::optional<obtained> look_into_store(exchange& via, const secret& known) {
    if (auto found = shared_.find(via.host(), known.reveal())) return from_store(*std::move(found), via);
    if (auto refused = shared_.refusal(via.host()))
      return obtained{.failure = *std::move(refused), .shared = true};
    return std::nullopt;
  }

  obtained from_store(typename shared_token<Store>::found_token found, exchange& via) {
    const auto times = read_token_times(found.jwt.reveal());
    auto lifetime = std::chrono::milliseconds(found.time_left);
    if (times.issued_at && times.expires_at && *times.expires_at > *times.issued_at)
      lifetime = (std::max)(lifetime, std::chrono::milliseconds(*times.expires_at - *times.issued_at));
    obtained result{.token = bearer_token{.jwt = std::move(found.jwt), .host = via.host(), .shared = true},
                    .shared = true};
    set_times(*result.token, via.clock().now(), found.time_left, lifetime);
    if (!options_.keep_credentials) forget_credentials();
    return result;
  }

  void set_times(bearer_token& token, steady_time now, std::chrono::milliseconds left,
                 std::chrono::milliseconds lifetime) {
    const auto leeway = (std::min)(options_.leeway, lifetime / 10);
    const auto early = std::chrono::duration_cast<std::chrono::milliseconds>(leeway * options_.jitter());
    token.expires_at = now + left;
    token.due = token.expires_at - leeway - early;
  }

  obtained exchange_credentials(exchange& via) {
    obtained made;
    secret one_time_password;
    try {
      if (!credentials_) {
        made.failure = error{.category = error_category::authentication,
                             .message =
                                 "the access token has expired or was refused, and the credentials were not "
                                 "kept: log in again, or ask for renewal when the client is made",
                             .status = 401};
        return made;
      }
      auto asked = credentials_->make_request(via, std::exchange(last_was_unsent_, false));
      if (!asked) {
        made.failure = failed(std::move(asked).error(), {});
        return made;
      }
      one_time_password = asked->one_time_password;
      const auto service_ahead = asked->service_ahead;
      const std::string path = asked->message.path;
      made.service_asked = true;
      const auto answer = via.send(std::move(asked->message));
      last_was_unsent_ = !answer && !answer.error().sent;
      if (!answer) {
        made.failure = failed(answer.error(), one_time_password);
      } else if (auto token = read_token(path, *answer, via)) {
        shared_.keep(via.host(), token->jwt.reveal(), token->time_left(via.clock().now()));
        made.token = *std::move(token);
        if (!options_.keep_credentials) forget_credentials();
      } else {
        made.failure = failed(std::move(token).error(), one_time_password);
        if (made.failure->category == error_category::authentication) {
          if (!one_time_password.empty())
            made.failure->message += one_time_password_advice(*answer, via.clock().wall_now(), service_ahead);
          shared_.keep_refusal(via.host(), *made.failure);
        }
      }
    } catch (const std::exception& failure) {
      made.failure =
          failed({.category = error_category::transport, .message = failure.what()}, one_time_password);
    } catch (...) {
      made.failure =
          failed({.category = error_category::transport, .message = "a policy threw an exception of its own"},
                 one_time_password);
    }
    return made;
  }

  result<bearer_token> read_token(const std::string& path, const response& answer, exchange& via) {
    const auto now = via.clock().wall_now();
    if (answer.status != 200) {
      error cause = service_error({.method = method::post, .path = path}, answer, now);
      // Final: the same credentials would be refused again. A 403 without a word from T3 may come from a
      // firewall.
      const bool final = answer.status == 400 || answer.status == 422 ||
                         (answer.status == 403 && !cause.service_message.empty());
      if (final) cause.category = error_category::authentication;
      return cause;
    }
    const auto data = read_auth_response(path, answer);
    if (!data) return data.error();
    bearer_token made{.jwt = data->access_token, .host = via.host()};
    if (const auto times = read_token_times(made.jwt.reveal()); times.expires_at) {
      const auto server_now = server_date(answer.headers, now)
                                  .value_or(std::chrono::floor<std::chrono::seconds>(now))
                                  .time_since_epoch();
      const auto lifetime =
          (std::min<std::chrono::seconds>)(*times.expires_at - server_now, longest_lifetime);
      if (lifetime <= std::chrono::seconds(0)) {
        return error{
            .category = error_category::protocol,
            .message =
                "the service issued an access token that had already expired: check its clock and this one",
            .status = answer.status};
      }
      set_times(made, via.clock().now(), lifetime, lifetime);
    }
    tell_response(*data);
    return made;
  }

  void tell_response(const auth_response_data& data) const {
    if (!options_.on_response) return;
    try {
      options_.on_response(data);
    } catch (...) {  // It must not cost the token.
    }
  }

  void forget_credentials() {
    can_renew_ = false;
    credentials_.reset();
  }

  /// An error of the exchange as the call sees it: its own request never left. What the exchange sent is not
  /// sent again by this call when it may have arrived and nothing is known of its fate, since the password in
  /// it may be wrong; nor when there was a one-time password in it, which is good once.
  error failed(error cause, const secret& one_time_password) const {
    const bool answer_may_be_lost = cause.status == 0 || cause.status == 408 || cause.status == 500 ||
                                    cause.status == 502 || cause.status == 504;
    if (cause.sent && (answer_may_be_lost || !one_time_password.empty())) cause.retryable = false;
    cause.sent = false;
    cause.message = "no access token could be obtained: " + cause.message;
    redact(cause, one_time_password.reveal());
    if (credentials_) {
      for (const auto& value : credentials_->sensitive) redact(cause, value.reveal());
    }
    return cause;
  }

  std::optional<exchanged_credentials> credentials_;
  renewal_options options_;
  shared_token<Store> shared_;
  std::atomic<bool> can_renew_ = true;
  bool last_was_unsent_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
