#ifndef T3API_CORE_HTTP_DATE_HPP
#define T3API_CORE_HTTP_DATE_HPP

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include <t3api/core/clock.hpp>
#include <t3api/core/headers.hpp>
#include <t3api/detail/ascii.hpp>

namespace t3api::inline v0_1_0 {

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that RFC 9110 section 5.6.7 lets a server send. In
/// seconds, since `wall_time` may not reach to the year 9999.
inline std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  text = detail::trim(text);
  if (text.size() != 29 || text.substr(3, 2) != ", " || text[16] != ' ' || text[19] != ':' ||
      text[22] != ':' || text.substr(25) != " GMT") {
    return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t size) {
    return detail::parse_decimal(text.substr(at, size));
  };
  const auto day = number(5, 2), year = number(12, 4), hour = number(17, 2), minute = number(20, 2),
             second = number(23, 2);
  const auto month = std::find(months.begin(), months.end(), text.substr(8, 3));
  if (!day || !year || !hour || !minute || !second || month == months.end()) return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(*year)),
      std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

/// The server's own time, from its `Date` header.
inline std::optional<std::chrono::sys_seconds> server_date(const headers& fields) {
  const auto date = fields.get("Date");
  return date ? parse_http_date(*date) : std::nullopt;
}

/// How long `Retry-After` asks to wait (RFC 9110 section 10.2.3), as seconds or as a date, measured against
/// the server's own `Date` when it sent one. Never negative, at most a day; nothing when the header is
/// missing or garbage.
inline std::optional<std::chrono::seconds> retry_after(const headers& fields, wall_time now) {
  using std::chrono::seconds;
  constexpr seconds longest = std::chrono::hours(24);
  const auto value = fields.get("Retry-After");
  if (!value) return std::nullopt;
  const auto text = detail::trim(*value);
  if (!text.empty() && std::all_of(text.begin(), text.end(), detail::ascii_digit)) {
    const auto wait = detail::parse_decimal(text);
    return wait && *wait < static_cast<std::uint64_t>(longest.count()) ? seconds(*wait) : longest;
  }
  const auto date = parse_http_date(text);
  if (!date) return std::nullopt;
  const auto start = server_date(fields).value_or(std::chrono::floor<seconds>(now));
  return std::clamp<seconds>(*date - start, seconds(0), longest);
}

}  // namespace t3api::inline v0_1_0

#endif
