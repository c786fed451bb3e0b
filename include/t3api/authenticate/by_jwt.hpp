#ifndef T3API_AUTHENTICATE_BY_JWT_HPP
#define T3API_AUTHENTICATE_BY_JWT_HPP

#include <utility>

#include <t3api/auth/bearer.hpp>
#include <t3api/authenticate/arguments.hpp>
#include <t3api/authenticate/login.hpp>

namespace t3api::inline v0_1_0 {

/// A client that uses a JWT which T3 has issued already; it ends with that token. Does no I/O but to read
/// `.t3.env`. Throws std::invalid_argument for an empty or malformed token, and for settings that make no
/// sense, and authentication_error for a token that has expired.
inline authenticated_client create_jwt_authenticated_client(const jwt_arguments& given) {
  bearer_auth auth(given.jwt_token);
  return detail::make_client(std::move(auth), detail::settings_for(given));
}

}  // namespace t3api::inline v0_1_0

#endif
