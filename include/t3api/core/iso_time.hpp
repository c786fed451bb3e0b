#ifndef T3API_CORE_ISO_TIME_HPP
#define T3API_CORE_ISO_TIME_HPP

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include <t3api/core/clock.hpp>
#include <t3api/detail/ascii.hpp>

namespace t3api::inline v0_1_0 {

/// `1994-11-06T08:49:37.123Z` (ISO 8601, UTC).
inline std::string iso_time(wall_time when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::milliseconds>(when - day));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text.data();
}

/// A moment to the millisecond, as the service writes its times; reaches from the year 0 to 9999 everywhere.
using utc_milliseconds = std::chrono::sys_time<std::chrono::milliseconds>;

namespace detail {

/// `Z`, `+02:00` or `-02:00` as the time ahead of UTC. No zone counts as UTC.
inline std::optional<std::chrono::minutes> parse_utc_offset(std::string_view zone) {
  using std::chrono::minutes;
  if (zone.empty() || zone == "Z" || zone == "z") return minutes(0);
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
  const auto hour = parse_decimal(zone.substr(1, 2)), minute = parse_decimal(zone.substr(4));
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  const minutes ahead(static_cast<int>(*hour * 60 + *minute));
  return zone[0] == '+' ? ahead : -ahead;
}

/// `.123456` as whole milliseconds, rounded down; nothing counts as none.
inline std::optional<std::chrono::milliseconds> parse_fraction(std::string_view text) {
  if (text.empty()) return std::chrono::milliseconds(0);
  text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  int count = 0;
  for (std::size_t place = 0; place < 3; ++place) {
    count = count * 10 + (place < text.size() ? text[place] - '0' : 0);
  }
  return std::chrono::milliseconds(count);
}

}  // namespace detail

/// Reads `1994-11-06T08:49:37.123Z`: the form of ISO 8601 that RFC 3339 section 5.6 sets out, with any number
/// of digits behind the second and any offset. A time without an offset is taken for UTC.
inline std::optional<utc_milliseconds> parse_iso_time(std::string_view text) {
  constexpr std::size_t whole_seconds = 19;
  if (text.size() < whole_seconds || text[4] != '-' || text[7] != '-' ||
      detail::ascii_lower(text[10]) != 't' || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t size) {
    return detail::parse_decimal(text.substr(at, size));
  };
  const auto year = number(0, 4), month = number(5, 2), day = number(8, 2), hour = number(11, 2),
             minute = number(14, 2), second = number(17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;

  const auto rest = text.substr(whole_seconds);
  std::size_t fraction_size = 0;
  if (rest.starts_with('.')) {
    const auto digits_end = std::find_if_not(rest.begin() + 1, rest.end(), detail::ascii_digit);
    fraction_size = static_cast<std::size_t>(digits_end - rest.begin());
  }
  const auto fraction = detail::parse_fraction(rest.substr(0, fraction_size));
  const auto ahead = detail::parse_utc_offset(rest.substr(fraction_size));
  if (!fraction || !ahead) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second) + *fraction - *ahead;
}

}  // namespace t3api::inline v0_1_0

#endif
