#ifndef T3API_AUTH_BEARER_HPP
#define T3API_AUTH_BEARER_HPP

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <t3api/auth/checks.hpp>
#include <t3api/auth/concept.hpp>
#include <t3api/auth/token.hpp>
#include <t3api/core/secret.hpp>

namespace t3api::inline v0_1_0 {

/// A JWT that the user already has. It cannot be renewed: when it expires, calls fail with `authentication`.
class bearer_auth {
 public:
  /// Takes white space off both ends. Throws std::invalid_argument for an empty token or one with control
  /// bytes, and authentication_error when its `exp` has passed at `now`; a token that cannot be decoded is
  /// left to the service.
  explicit bearer_auth(const secret& jwt, wall_time now = std::chrono::system_clock::now())
      : jwt_(detail::require_trimmed(jwt.reveal(), "JWT")),
        expires_at_(read_token_times(jwt_.reveal()).expires_at) {
    if (jwt_.reveal().find(' ') != std::string_view::npos) {
      throw std::invalid_argument("the JWT holds a space: give the token alone, without 'Bearer' in front");
    }
    if (has_expired(now)) throw_error(expired());
  }

  result<token_generation> authorize(request& message, exchange& via) const {
    if (has_expired(via.clock().wall_now())) return expired();
    detail::set_bearer_token(message, jwt_.reveal());
    return token_generation{0};
  }

  bool on_unauthorized(token_generation) const noexcept { return false; }

 private:
  bool has_expired(wall_time now) const { return expires_at_ && detail::since_1970(now) >= *expires_at_; }

  static error expired() {
    return {.category = error_category::authentication,
            .message =
                "the JWT has expired: get a new one, or use credentials_auth or secret_key_auth, which need "
                "none"};
  }

  secret jwt_;
  std::optional<std::chrono::seconds> expires_at_;
};

static_assert(auth_method<bearer_auth>);

}  // namespace t3api::inline v0_1_0

#endif
