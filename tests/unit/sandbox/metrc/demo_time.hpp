#ifndef TESTS_UNIT_SANDBOX_METRC_DEMO_TIME_HPP
#define TESTS_UNIT_SANDBOX_METRC_DEMO_TIME_HPP

#include <chrono>
#include <string>

#include <t3api/core/clock.hpp>
#include <t3api/detail/base32.hpp>
#include <t3api/sandbox/metrc/totp.hpp>

namespace sandbox_test {

inline constexpr const char* demo_seed = "JBSWY3DPEHPK3PXP";

/// In the middle of a 30-second period.
inline t3api::wall_time start_of_tests() {
  return std::chrono::sys_days(std::chrono::year(2024) / 5 / 17) + std::chrono::hours(12) +
         std::chrono::seconds(10);
}

inline std::string demo_otp(t3api::wall_time now, int steps_ahead = 0) {
  return t3api::sandbox::totp_code(*t3api::detail::base32_decode(demo_seed),
                                   t3api::sandbox::totp_step(now) + steps_ahead);
}

}  // namespace sandbox_test

#endif
