#ifndef T3API_AUTH_IMPL_AUTH_RESPONSE_DATA_HPP
#define T3API_AUTH_IMPL_AUTH_RESPONSE_DATA_HPP

#include <cstddef>
#include <string>
#include <utility>

#include <t3api/auth/auth_response_data.hpp>
#include <t3api/auth/token.hpp>
#include <t3api/core/json.hpp>
#include <t3api/core/response.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/inline.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

T3API_INLINE result<auth_response_data> read_auth_response(const std::string& path, const response& answer) {
  const auto unusable = [&](const std::string& what) {
    return error{.category = error_category::protocol,
                 .message = "the answer to " + path + " " + what + ": is the host setting right?",
                 .status = answer.status};
  };
  constexpr std::size_t largest = 64U << 10U;
  if (answer.body.size() > largest) {
    return unusable("has " + std::to_string(answer.body.size()) + " bytes, too many for a login");
  }
  auto body = answer.json();
  if (!body) return body.error();
  const auto token = string_member(*body, "accessToken").value_or("");
  if (token.size() > longest_token) {
    return unusable("holds an accessToken of " + std::to_string(token.size()) +
                    " bytes, which no header can carry");
  }
  if (!is_usable_token(token)) return unusable("holds no usable accessToken");
  body->erase("accessToken");
  return auth_response_data{.access_token = token, .further = *std::move(body)};
}

}  // namespace detail

}  // namespace t3api::inline v0_1_0

#endif
