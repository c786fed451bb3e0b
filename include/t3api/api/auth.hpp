#ifndef T3API_API_AUTH_HPP
#define T3API_API_AUTH_HPP

#include <stdexcept>
#include <string>

#include <t3api/api/shapes.hpp>
#include <t3api/auth/credentials.hpp>
#include <t3api/client.hpp>
#include <t3api/core/json.hpp>
#include <t3api/core/service_error.hpp>

namespace t3api {

/// Who the service takes the caller for. Texts are empty where the answer has none.
struct identity {
  std::string hostname{};
  std::string username{};
  std::string auth_mode{};
  std::string credential_key{};
  std::string t3plus_subscription_tier{};
  bool has_t3plus = false;
};

/// `GET /v2/auth/whoami`.
template <class Transport, class Auth, class Retry>
result<identity> whoami(const client<Transport, Auth, Retry>& via, const call_options& options = {}) {
  const std::string path = "/v2/auth/whoami";
  const auto answer = via.get(path, {}, options);
  if (!answer) return answer.error();
  const result<nlohmann::json> body = answer->json();
  if (!body) return body.error();
  if (!body->is_object()) return detail::unexpected_shape(path, "an object");
  const auto text = [&](const char* name) { return string_member(*body, name).value_or(""); };
  const auto plus = body->find("hasT3plus");
  return identity{.hostname = text("hostname"),
                  .username = text("username"),
                  .auth_mode = text("authMode"),
                  .credential_key = text("credentialKey"),
                  .t3plus_subscription_tier = text("t3plusSubscriptionTier"),
                  .has_t3plus = plus != body->end() && plus->is_boolean() && plus->get<bool>()};
}

/// `POST /v2/auth/secretkey`: makes a secret key for these Metrc credentials. The service logs in to Metrc
/// with them first and stores them; where Metrc wants one-time passwords it needs `otp_seed`. The key is
/// shown this once. Any client will do, one with `no_auth` too. Throws std::invalid_argument for credentials
/// that cannot be right.
template <class Transport, class Auth, class Retry>
result<secret> create_secret_key(const client<Transport, Auth, Retry>& via, const credentials& user,
                                 const call_options& options = {}) {
  try {
    detail::require_valid(user);
  } catch (const std::invalid_argument& fault) {
    return argument_error(fault.what());
  }
  const std::string path = "/v2/auth/secretkey";
  auto answer = via.send(detail::credentials_request(path, user, "otpSeed", user.otp_seed), options);
  if (!answer) {
    for (const secret& value : {user.password, user.otp_seed}) redact(answer.error(), value.reveal());
    return answer.error();
  }
  const result<nlohmann::json> body = answer->json();
  if (!body) return body.error();
  auto key = string_member(*body, "secretKey");
  if (!key || key->empty()) return detail::unexpected_shape(path, "an object with a secretKey");
  return secret(*std::move(key));
}

}  // namespace t3api

#endif
