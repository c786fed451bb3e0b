#ifndef T3API_API_IMPL_AUTH_HPP
#define T3API_API_IMPL_AUTH_HPP

#include <string>

#include <t3api/any_client.hpp>
#include <t3api/api/auth.hpp>
#include <t3api/api/shapes.hpp>
#include <t3api/core/json.hpp>
#include <t3api/detail/inline.hpp>

namespace t3api::inline v0_1_0 {

T3API_INLINE result<identity> whoami(const any_client& via, const call_options& options) {
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
