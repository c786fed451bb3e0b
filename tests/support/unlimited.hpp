#ifndef T3API_TESTS_SUPPORT_UNLIMITED_HPP
#define T3API_TESTS_SUPPORT_UNLIMITED_HPP

#include <t3api/sandbox/model.hpp>

namespace t3api::test {

/// Settings of a sandbox that refuses nobody for calling often.
inline sandbox::settings unlimited(sandbox::settings settings = {}) {
  settings.requests_per_minute = 0;
  settings.failed_logins_per_account = 0;
  settings.failed_logins_per_address = 0;
  return settings;
}

}  // namespace t3api::test

#endif
