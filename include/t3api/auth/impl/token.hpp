#ifndef T3API_AUTH_IMPL_TOKEN_HPP
#define T3API_AUTH_IMPL_TOKEN_HPP

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <t3api/auth/token.hpp>
#include <t3api/core/json.hpp>
#include <t3api/detail/base64url.hpp>
#include <t3api/detail/inline.hpp>

namespace t3api::inline v0_1_0 {

T3API_INLINE token_times read_token_times(std::string_view jwt) {
  const auto first = jwt.find('.');
  const auto second = first == jwt.npos ? jwt.npos : jwt.find('.', first + 1);
  if (second == jwt.npos || jwt.find('.', second + 1) != jwt.npos) return {};
  const auto payload = detail::base64url_decode(jwt.substr(first + 1, second - first - 1));
  const auto claims = payload ? parse_json(*payload) : std::nullopt;
  if (!claims || !claims->is_object()) return {};
  const auto seconds_of = [&](const char* name) -> std::optional<std::chrono::seconds> {
    const auto claim = claims->find(name);
    if (claim == claims->end() || !claim->is_number()) return std::nullopt;
    constexpr double far_future = 1e11;
    const double value = claim->get<double>();
    if (!std::isfinite(value)) return std::nullopt;
    return std::chrono::seconds(static_cast<std::int64_t>(std::clamp(value, -far_future, far_future)));
  };
  return {.issued_at = seconds_of("iat"), .expires_at = seconds_of("exp")};
}

}  // namespace t3api::inline v0_1_0

#endif
