#ifndef T3API_SANDBOX_TIME_TEXT_HPP
#define T3API_SANDBOX_TIME_TEXT_HPP

#include <array>
#include <chrono>
#include <cstdio>
#include <string>

#include <t3api/core/clock.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the form of a Date header (RFC 9110 section 5.6.7).
inline std::string http_date(wall_time when) {
  constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(when - day));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                days[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text.data();
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
