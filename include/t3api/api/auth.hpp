#ifndef T3API_API_AUTH_HPP
#define T3API_API_AUTH_HPP

#include <string>

#include <t3api/api/secret_keys.hpp>
#include <t3api/api/shapes.hpp>
#include <t3api/client.hpp>
#include <t3api/core/json.hpp>

namespace t3api::inline v0_1_0 {

/// Who the service takes the caller for. Texts are empty where the answer has none.
struct identity {
  std::string hostname{};                  ///< Metrc's, such as "ca.metrc.com".
  std::string username{};                  ///< Metrc's.
  std::string auth_mode{};                 ///< How the caller came in, in the service's words.
  std::string credential_key{};            ///< `credentialKey`, as the service sends it.
  std::string t3plus_subscription_tier{};  ///< As the service calls it.
  bool has_t3plus = false;                 ///< Whether the caller has a T3+ subscription.
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

}  // namespace t3api::inline v0_1_0

#endif
