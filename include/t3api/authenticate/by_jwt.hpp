#ifndef T3API_AUTHENTICATE_BY_JWT_HPP
#define T3API_AUTHENTICATE_BY_JWT_HPP

#include <t3api/authenticate/arguments.hpp>

namespace t3api::inline v0_1_0 {

/// A client that uses a JWT which T3 has issued already; it ends with that token. Does no I/O but to read
/// `.t3.env`. Throws std::invalid_argument for an empty or malformed token, and for settings that make no
/// sense, and authentication_error for a token that has expired.
authenticated_client create_jwt_authenticated_client(const jwt_arguments& given);

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/authenticate/impl/by_jwt.hpp>
#endif

#endif
