#ifndef T3API_SANDBOX_JWT_HPP
#define T3API_SANDBOX_JWT_HPP

#include <chrono>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <t3api/core/clock.hpp>
#include <t3api/core/json.hpp>
#include <t3api/core/result.hpp>
#include <t3api/detail/base64url.hpp>
#include <t3api/detail/crypto.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// A longer token is refused unread.
inline constexpr std::size_t max_jwt_bytes = 8192;

/// `claims` as a JSON Web Token in compact form, signed with HMAC-SHA-256 (RFC 7515 section 3.1, RFC 7519).
inline std::string sign_jwt(const nlohmann::json& claims, std::string_view key) {
  std::string token = detail::base64url_encode(R"({"alg":"HS256","typ":"JWT"})") + "." +
                      detail::base64url_encode(claims.dump());
  token += "." + detail::base64url_encode(detail::hmac_sha256(key, token));
  return token;
}

namespace jwt_detail {

inline error refused(std::string why) {
  return {.category = error_category::authentication,
          .message = "the bearer token " + std::move(why),
          .status = 401};
}

inline std::optional<std::string> decode_part(std::string_view part) {
  if (part.empty() || part.find('=') != part.npos) return std::nullopt;
  return detail::base64url_decode(part);
}

/// Seconds since 1970, as `exp` and `nbf` have them; fractions are allowed (RFC 7519 section 2).
inline std::optional<double> numeric_date(const nlohmann::json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number()) return std::nullopt;
  const auto value = found->get<double>();
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace jwt_detail

/// The claims of a token that `key` signed and that is good at `now`, or why it is none. HS256 is the only
/// algorithm, whatever the token's header wishes; the signature is checked before anything of the token is
/// read; `exp` is required.
inline result<nlohmann::json> verify_jwt(std::string_view token, std::string_view key, wall_time now) {
  using jwt_detail::refused;
  if (token.size() > max_jwt_bytes) return refused("is too long to be one: send what the exchange answered");
  const auto first = token.find('.');
  const auto second = first == token.npos ? token.npos : token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos) {
    return refused("is not a JSON Web Token: it must have three parts with dots between them");
  }
  const auto signature = jwt_detail::decode_part(token.substr(second + 1));
  if (!signature ||
      !detail::constant_time_equal(*signature, detail::hmac_sha256(key, token.substr(0, second)))) {
    return refused("was not signed by this service: exchange the credentials again");
  }
  const auto header_text = jwt_detail::decode_part(token.substr(0, first));
  const auto claims_text = jwt_detail::decode_part(token.substr(first + 1, second - first - 1));
  const auto header = header_text ? parse_json(*header_text) : std::nullopt;
  auto claims = claims_text ? parse_json(*claims_text) : std::nullopt;
  if (!header || !header->is_object() || !claims || !claims->is_object()) {
    return refused("is not a JSON Web Token: its parts are not JSON objects");
  }
  if (string_member(*header, "alg") != "HS256" || header->contains("crit")) {
    return refused("uses another algorithm than HS256, which is the only one accepted here");
  }
  const auto expiry = jwt_detail::numeric_date(*claims, "exp");
  if (!expiry) return refused("has no expiry (exp): exchange the credentials again");
  const double seconds = std::chrono::duration<double>(now.time_since_epoch()).count();
  if (seconds >= *expiry) return refused("has expired: exchange the credentials again");
  if (claims->contains("nbf")) {
    const auto start = jwt_detail::numeric_date(*claims, "nbf");
    if (!start || *start > seconds) return refused("is not good yet (nbf): check the clock");
  }
  return *std::move(claims);
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
