#ifndef T3API_AUTH_CREDENTIALS_HPP
#define T3API_AUTH_CREDENTIALS_HPP

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <t3api/auth/checks.hpp>
#include <t3api/auth/concept.hpp>
#include <t3api/auth/token_exchange.hpp>
#include <t3api/auth/totp.hpp>
#include <t3api/core/json_text.hpp>
#include <t3api/core/secret.hpp>

namespace t3api {

/// What Metrc wants of a user. `hostname` is the state's Metrc host, such as "ca.metrc.com".
struct credentials {
  std::string hostname{};
  std::string username{};
  secret password{};
  secret otp{};         ///< A one-time password (Michigan): good for one exchange.
  secret otp_seed{};    ///< The Base32 seed that one-time passwords come from: lets tokens be renewed.
  std::string email{};  ///< The account's e-mail (Colorado).
};

namespace detail {

/// Checks what can be checked before anything is sent. Throws std::invalid_argument without any value in it.
inline void require_valid(const credentials& user) {
  require_text(user.hostname, "Metrc hostname");
  require_text(user.username, "Metrc user name");
  require_text(user.password.reveal(), "Metrc password");
  if (!user.otp.empty()) require_text(user.otp.reveal(), "one-time password");
  if (!user.email.empty()) require_text(user.email, "e-mail address");
  if (!user.otp_seed.empty()) totp(user.otp_seed, 0);
  if (!user.otp.empty() && !user.otp_seed.empty()) {
    throw std::invalid_argument("both a one-time password and its seed are given: give one of them");
  }
}

/// A JSON request to one of the endpoints that take Metrc credentials, with one further member at most.
inline request credentials_request(std::string path, const credentials& user, std::string_view extra_name,
                                   const secret& extra) {
  const std::size_t texts =
      user.hostname.size() + user.username.size() + user.password.size() + user.email.size() + extra.size();
  json_text_object body(6 * texts + 200);
  body.add("hostname", trim(user.hostname))
      .add("username", trim(user.username))
      .add("password", user.password.reveal());
  if (!extra.empty()) body.add(extra_name, trim(extra.reveal()));
  if (!user.email.empty()) body.add("email", trim(user.email));
  return {.method = method::post,
          .path = std::move(path),
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(body).finish()};
}

}  // namespace detail

/// Exchanges Metrc credentials for a JWT at `POST /v2/auth/credentials`, once for all threads, and renews it
/// when it has expired or the service refuses it. Copies share one token. Credentials that the service
/// refuses are never sent again.
class credentials_auth {
 public:
  /// Throws std::invalid_argument, without any value in it, for missing, blank or malformed credentials.
  explicit credentials_auth(credentials user) {
    detail::require_valid(user);
    std::vector<secret> sensitive{user.password, user.otp, user.otp_seed};
    auto maker = [state = std::make_shared<one_time_passwords>(), user = std::move(user)](
                     exchange& via, bool last_was_unsent) -> result<request> {
      auto otp = state->next(user, via, last_was_unsent);
      if (!otp) return otp.error();
      return detail::credentials_request("/v2/auth/credentials", user, "otp", *otp);
    };
    tokens_ = std::make_shared<detail::token_exchange>(std::move(maker), std::move(sensitive));
  }

  result<token_generation> authorize(request& message, exchange& via) {
    return tokens_->authorize(message, via);
  }
  bool on_unauthorized(token_generation generation) { return tokens_->on_unauthorized(generation); }

  /// How many tokens have been obtained so far: 1 after the first call, more when tokens were renewed.
  token_generation tokens_obtained() const { return tokens_->tokens_obtained(); }

 private:
  /// Gives out one-time passwords, never the same twice: the service refuses a second use. Called by one
  /// thread at a time.
  class one_time_passwords {
   public:
    result<secret> next(const credentials& user, exchange& via, bool last_was_unsent) {
      if (last_was_unsent) {
        used_ = false;
        last_step_ = step_before_;
      }
      if (!user.otp.empty()) {
        if (std::exchange(used_, true)) {
          return error{.category = error_category::authentication,
                       .message =
                           "the one-time password has been used: give a fresh one, or its seed "
                           "(credentials::otp_seed)"};
        }
        return user.otp;
      }
      if (user.otp_seed.empty()) return secret();
      auto now = via.clock().wall_now();
      if (totp_step_at(now) <= last_step_) {
        const auto next_step = wall_time((last_step_ + 1) * totp_step);
        const auto ready = via.clock().now() + (next_step - now);
        if (ready >= via.deadline()) {
          return error{
              .category = error_category::timeout,
              .message =
                  "the next one-time password comes after the call's deadline: try again in half a minute",
              .retryable = true};
        }
        if (!via.clock().wait_until(ready, via.stop())) {
          return error{.category = error_category::cancelled,
                       .message = "the call was cancelled while it waited for the next one-time password"};
        }
        now = (std::max)(via.clock().wall_now(), next_step);
      }
      step_before_ = std::exchange(last_step_, totp_step_at(now));
      return totp(user.otp_seed, last_step_);
    }

   private:
    bool used_ = false;
    std::int64_t last_step_ = -1;
    std::int64_t step_before_ = -1;
  };

  std::shared_ptr<detail::token_exchange> tokens_;
};

static_assert(auth_method<credentials_auth>);

}  // namespace t3api

#endif
