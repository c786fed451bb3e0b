#ifndef T3API_SANDBOX_MODEL_HPP
#define T3API_SANDBOX_MODEL_HPP

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <t3api/core/secret.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// One user of the simulated Metrc.
struct account {
  std::string hostname{};  ///< The state's Metrc, such as "ca.metrc.com"; compared without case.
  std::string username{};  ///< Compared exactly.
  secret password{};       ///< Kept as a keyed hash by the simulated Metrc.
  std::string email{};     ///< When given, a login needs it too (Colorado does); compared without case.
  secret otp_seed{};  ///< Base32 (RFC 6238); when given, a login needs a one-time password (Michigan does).
  std::vector<std::string> licenses{};  ///< The licence numbers whose data the user may read.
};

/// A T3 API key and the account that it opens in one state.
struct api_key {
  secret key{};              ///< Compared exactly.
  std::string state_code{};  ///< Two letters, such as "CA"; compared without case.
  std::string username{};    ///< Of an account on that state's Metrc.
};

/// Everyone whom the sandbox knows.
struct directory {
  std::vector<account> accounts{};  ///< Users of Metrc.
  std::vector<api_key> api_keys{};  ///< Each opens one of the accounts.
};

/// How a sandbox behaves. All members have defaults.
struct settings {
  std::chrono::seconds jwt_ttl = std::chrono::hours(1);       ///< How long a token lasts.
  std::chrono::seconds session_ttl = std::chrono::hours(24);  ///< T3 keeps a Metrc session for at most a day.
  std::uint64_t packages = 250;  ///< Active packages of each licence, at most 100 million.
  std::uint64_t seed = 1;        ///< The same number generates the same data.
  /// Requests of one user in a minute, logins that succeed among them; more get 429 (T3 allows 600). 0 for no
  /// limit.
  unsigned requests_per_minute = 600;
  /// Secret keys of one user; who has as many gets 409 for another. Requests at the same time may make a few
  /// more. 0 for no limit.
  unsigned secret_keys_per_user = 100;
  /// Failed logins within `login_window`, for one account and from one address; more get 429. 0 for no limit.
  unsigned failed_logins_per_account = 10;
  unsigned failed_logins_per_address = 50;                      ///< The same for an address.
  std::chrono::seconds login_window = std::chrono::minutes(5);  ///< For how long a failed login counts.
  /// Names by which callers reach the service, without a port, such as "sandbox.example". A request with the
  /// Host of any other name is refused, but for IP addresses, localhost and names without a dot.
  std::vector<std::string> names{};
  /// Serves `/sandbox/...`, by which tests order faults, change Metrc and read what was written.
  bool admin = false;
};

/// The accounts of a sandbox that was given none: California needs a password only, Colorado the e-mail
/// address too, and Michigan a one-time password.
inline directory demo_directory() {
  const std::vector<std::string> licenses = {"LIC-00001", "LIC-00002"};
  return {.accounts = {{.hostname = "ca.metrc.com",
                        .username = "demo-ca",
                        .password = "demo-ca-password",
                        .licenses = licenses},
                       {.hostname = "co.metrc.com",
                        .username = "demo-co",
                        .password = "demo-co-password",
                        .email = "demo@example.com",
                        .licenses = licenses},
                       {.hostname = "mi.metrc.com",
                        .username = "demo-mi",
                        .password = "demo-mi-password",
                        .otp_seed = "JBSWY3DPEHPK3PXP",
                        .licenses = licenses}},
          .api_keys = {{.key = "demo-api-key", .state_code = "CA", .username = "demo-ca"}}};
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
