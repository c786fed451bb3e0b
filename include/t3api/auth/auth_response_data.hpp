#ifndef T3API_AUTH_AUTH_RESPONSE_DATA_HPP
#define T3API_AUTH_AUTH_RESPONSE_DATA_HPP

#include <string>

#include <nlohmann/json.hpp>

#include <t3api/core/response.hpp>
#include <t3api/core/secret.hpp>

namespace t3api::inline v0_1_0 {

/// The whole answer to an exchange of credentials.
struct auth_response_data {
  secret access_token{};  ///< The bearer token: `accessToken`.
  /// Every further member. There may be secrets among them, such as a refresh token: keep them out of logs.
  nlohmann::json further = nlohmann::json::object();
};

namespace detail {

/// Reads the answer to a successful exchange at `path`; a `protocol` error when there is no usable token in
/// it.
result<auth_response_data> read_auth_response(const std::string& path, const response& answer);

}  // namespace detail

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/auth/impl/auth_response_data.hpp>
#endif

#endif
