#ifndef T3API_API_AUTH_HPP
#define T3API_API_AUTH_HPP

#include <string>

#include <t3api/any_client.hpp>

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
result<identity> whoami(const any_client& via, const call_options& options = {});

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/api/impl/auth.hpp>
#endif

#endif
