#ifndef T3API_CORE_SECRET_NAMES_HPP
#define T3API_CORE_SECRET_NAMES_HPP

#include <string>
#include <string_view>

#include <t3api/detail/ascii.hpp>

namespace t3api::inline v0_1_0::detail {

/// What stands where a secret was.
inline constexpr std::string_view hidden = "***";

/// Whether a header, a parameter or a JSON member of that name holds a secret. Case and everything but
/// letters and digits is ignored.
inline bool names_secret(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (ascii_alpha(c) || ascii_digit(c)) plain += ascii_lower(c);
  }
  for (const std::string_view part : {"password", "passwd", "passphrase", "passcode",     "pwd",     "secret",
                                      "token",    "bearer", "jwt",        "credential",   "session", "cookie",
                                      "otp",      "seed",   "private",    "signature",    "apikey",  "csrf",
                                      "xsrf",     "hmac",   "accesskey",  "authorization"}) {
    if (plain.find(part) != plain.npos) return true;
  }
  for (const std::string_view whole : {"auth", "xauth", "pass", "pw", "pin", "sid", "sig"}) {
    if (plain == whole) return true;
  }
  return plain.size() > 3 && plain.ends_with("key") && plain != "idempotencykey";
}

}  // namespace t3api::inline v0_1_0::detail

#endif
