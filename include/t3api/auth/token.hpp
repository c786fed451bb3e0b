#ifndef T3API_AUTH_TOKEN_HPP
#define T3API_AUTH_TOKEN_HPP

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/clock.hpp>
#include <t3api/core/request.hpp>
#include <t3api/detail/ascii.hpp>

namespace t3api::inline v0_1_0 {

/// When a JWT says it was issued and expires, in seconds since 1970 (RFC 7519 sections 4.1.4 and 4.1.6).
struct token_times {
  std::optional<std::chrono::seconds> issued_at{};   ///< `iat`
  std::optional<std::chrono::seconds> expires_at{};  ///< `exp`
};

/// Reads `iat` and `exp` without verifying the signature: only the service can do that. Both stay empty when
/// the token cannot be decoded.
token_times read_token_times(std::string_view jwt);

namespace detail {

inline std::chrono::seconds since_1970(wall_time when) {
  return std::chrono::floor<std::chrono::seconds>(when.time_since_epoch());
}

inline constexpr std::size_t longest_token = 16U << 10U;  ///< In bytes; more than servers take as a header.

/// Whether it can stand in a header behind `Bearer` (RFC 6750 section 2.1) and is no longer than servers
/// take.
inline bool is_usable_token(std::string_view jwt) {
  return !jwt.empty() && jwt.size() <= longest_token && !has_control(jwt) && jwt.find(' ') == jwt.npos;
}

/// `Authorization: Bearer <token>` (RFC 6750 section 2.1).
inline void set_bearer_token(request& message, std::string_view jwt) {
  std::string value;
  value.reserve(7 + jwt.size());
  value.append("Bearer ").append(jwt);
  message.headers.set("Authorization", std::move(value));
}

}  // namespace detail

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/auth/impl/token.hpp>
#endif

#endif
