#ifndef T3API_SANDBOX_IDENTITY_HPP
#define T3API_SANDBOX_IDENTITY_HPP

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <t3api/core/clock.hpp>
#include <t3api/detail/crypto.hpp>
#include <t3api/detail/uuid.hpp>
#include <t3api/sandbox/metrc/upstream.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Who makes a call.
struct identity {
  metrc_session session{};
  nlohmann::json claims{};  ///< What `GET /v2/auth/whoami` answers.

  bool same_account(const identity& other) const {
    return session.user->hostname == other.session.user->hostname &&
           session.user->username == other.session.user->username;
  }
};

/// The claims of T3's tokens about an account. `credentialKey` names it without telling more.
inline nlohmann::json account_claims(std::string_view auth_mode, const metrc_user& user) {
  const std::string name =
      detail::hex(detail::hmac_sha256("credentialKey", user.hostname + "\n" + user.username));
  return {{"authMode", auth_mode},     {"credentialKey", name.substr(0, 32)},
          {"hasT3plus", true},         {"t3plusSubscriptionTier", "SANDBOX"},
          {"username", user.username}, {"hostname", user.hostname}};
}

/// The claims of a new token: the account's, its life, and as `sid` the name of the Metrc session behind it.
inline nlohmann::json token_claims(std::string_view auth_mode, const metrc_session& session,
                                   std::string_view session_name, wall_time now, std::chrono::seconds ttl) {
  const std::int64_t issued = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  nlohmann::json claims = account_claims(auth_mode, *session.user);
  claims["sid"] = session_name;
  claims["iat"] = issued;
  claims["exp"] = issued + ttl.count();
  return claims;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
