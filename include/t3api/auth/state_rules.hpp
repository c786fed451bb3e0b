#ifndef T3API_AUTH_STATE_RULES_HPP
#define T3API_AUTH_STATE_RULES_HPP

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <t3api/detail/ascii.hpp>

namespace t3api::inline v0_1_0 {

/// Which states' Metrc wants more than a user name and a password (T3's authentication guide). Host names are
/// compared without case.
struct state_rules {
  std::vector<std::string> otp_hostnames{"mi.metrc.com"};    ///< Want a one-time password.
  std::vector<std::string> email_hostnames{"co.metrc.com"};  ///< Want the account's e-mail address.

  /// Whether that Metrc wants a one-time password.
  bool needs_otp(std::string_view hostname) const { return holds(otp_hostnames, hostname); }
  /// Whether that Metrc wants the account's e-mail address.
  bool needs_email(std::string_view hostname) const { return holds(email_hostnames, hostname); }

 private:
  static bool holds(const std::vector<std::string>& hostnames, std::string_view wanted) {
    return std::any_of(hostnames.begin(), hostnames.end(), [&](const std::string& hostname) {
      return detail::iequals(detail::trim(hostname), detail::trim(wanted));
    });
  }
};

}  // namespace t3api::inline v0_1_0

#endif
