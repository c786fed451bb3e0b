#ifndef T3API_EXAMPLES_SUPPORT_ENVIRONMENT_HPP
#define T3API_EXAMPLES_SUPPORT_ENVIRONMENT_HPP

#include <cstdlib>
#include <string>
#include <variant>
#include <vector>

#include <t3api/t3api.hpp>

namespace examples {

/// One way in, with what a person may be shown of it.
struct way_in {
  std::string name;
  std::string account;
  std::variant<t3api::secret_key_auth, t3api::bearer_auth, t3api::api_key_auth, t3api::credentials_auth> auth;
};

inline std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// Every way in that the environment has what it takes for, the simplest first. Throws what the auth methods
/// throw.
inline std::vector<way_in> ways_from_environment() {
  std::vector<way_in> ways;
  if (const t3api::secret key = std::getenv("T3_SECRET_KEY"); !key.empty()) {
    ways.push_back({"secret key", "from T3_SECRET_KEY", t3api::secret_key_auth(key)});
  }
  if (const t3api::secret jwt = std::getenv("JWT_TOKEN"); !jwt.empty()) {
    ways.push_back({"ready JWT", "from JWT_TOKEN", t3api::bearer_auth(jwt)});
  }
  if (const t3api::secret key = std::getenv("API_KEY"); !key.empty()) {
    ways.push_back(
        {"API key", variable("API_STATE_CODE"), t3api::api_key_auth(key, variable("API_STATE_CODE"))});
  }
  if (const t3api::secret password = std::getenv("METRC_PASSWORD"); !password.empty()) {
    ways.push_back({"credentials", variable("METRC_HOSTNAME") + " " + variable("METRC_USERNAME"),
                    t3api::credentials_auth({.hostname = variable("METRC_HOSTNAME"),
                                             .username = variable("METRC_USERNAME"),
                                             .password = password,
                                             .otp_seed = std::getenv("OTP_SEED"),
                                             .email = variable("METRC_EMAIL")})});
  }
  return ways;
}

}  // namespace examples

#endif
