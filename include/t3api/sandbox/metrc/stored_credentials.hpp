#ifndef T3API_SANDBOX_METRC_STORED_CREDENTIALS_HPP
#define T3API_SANDBOX_METRC_STORED_CREDENTIALS_HPP

#include <string>

#include <t3api/core/secret.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// All that the service needs to log in to Metrc by itself, again and again.
struct stored_credentials {
  std::string hostname{};  ///< Canonical, as `canonical_hostname` makes it.
  std::string username{};
  secret password{};
  std::string email{};  ///< Or empty.
  secret otp_seed{};    ///< Base32, or empty.
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
