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

namespace detail {

/// Reads a date behind its weekday. `form` is a text like it: digits of day, year, hour, minute and second
/// stand at `d`, `y`, `h`, `m` and `s`, a digit of the day or a blank at `_`, and the month at `bbb`.
inline std::optional<std::chrono::sys_seconds> read_http_date(std::string_view text, std::string_view form,
                                                              wall_time now) {
  constexpr std::string_view numbers = "dyhms";
  constexpr std::string_view months = "janfebmaraprmayjunjulaugsepoctnovdec";
  if (text.size() != form.size()) return std::nullopt;
  std::array<int, numbers.size()> read{};
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == 'b' || (form[i] == '_' && text[i] == ' ')) continue;
    const auto number = numbers.find(form[i] == '_' ? 'd' : form[i]);
    if (number == numbers.npos) {
      if (ascii_lower(text[i]) != ascii_lower(form[i])) return std::nullopt;
    } else {
      if (!ascii_digit(text[i])) return std::nullopt;
      read[number] = 10 * read[number] + (text[i] - '0');
    }
  }
  const auto month = months.find(to_lower(text.substr(form.find("bbb"), 3)));
  if (month == months.npos || month % 3 != 0) return std::nullopt;
  if (read[2] > 23 || read[3] > 59 || read[4] > 60) return std::nullopt;
  const auto day_in = [&](int year) {
    return std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month / 3) + 1) /
           std::chrono::day(static_cast<unsigned>(read[0]));
  };
  const auto time_in = [&](int year) {
    return std::chrono::sys_days(day_in(year)) + std::chrono::hours(read[2]) + std::chrono::minutes(read[3]) +
           std::chrono::seconds(read[4]);
  };
  int year = read[1];
  if (form.find("yyyy") == form.npos) {
    const auto latest = std::chrono::floor<std::chrono::seconds>(now) + std::chrono::years(50);
    const std::chrono::year_month_day latest_day(std::chrono::floor<std::chrono::days>(latest));
    year = static_cast<int>(latest_day.year()) - (static_cast<int>(latest_day.year()) - year) % 100;
    if (time_in(year) > latest) year -= 100;
  }
  if (!day_in(year).ok()) return std::nullopt;
  return time_in(year);
}

/// Seconds that may have a fraction, as some gateways send them, rounded up; at most `longest`.
inline std::optional<std::chrono::seconds> read_delay(std::string_view text, std::chrono::seconds longest) {
  const auto point = (std::min)(text.find('.'), text.size());
  const auto whole = text.substr(0, point);
  const auto fraction = text.substr((std::min)(point + 1, text.size()));
  const auto all_digits = [](std::string_view part) {
    return std::all_of(part.begin(), part.end(), ascii_digit);
  };
  if ((whole.empty() && fraction.empty()) || !all_digits(whole) || !all_digits(fraction)) return std::nullopt;
  const auto seconds = parse_decimal(whole.empty() ? "0" : whole);  // Nothing for one that is too large.
  if (!seconds || *seconds >= static_cast<std::uint64_t>(longest.count())) return longest;
  const bool begun = fraction.find_first_not_of('0') != fraction.npos;
  return std::chrono::seconds(static_cast<std::int64_t>(*seconds) + (begun ? 1 : 0));
}

}  // namespace detail

/// Reads an HTTP date in each of the forms that RFC 9110 section 5.6.7 wants read: `Sun, 06 Nov 1994 08:49:37
/// GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`. Upper and lower case are the same,
/// as RFC 9111 section 4.2 has it; the weekday may be any. Two digits of a year are never more than 50 years
/// ahead of `now`. In seconds, since `wall_time` may not reach to the year 9999.
inline std::optional<std::chrono::sys_seconds> parse_http_date(
    std::string_view text, wall_time now = std::chrono::system_clock::now()) {
  text = detail::trim(text);
  std::size_t weekday = 0;
  while (weekday < text.size() && detail::ascii_alpha(text[weekday])) ++weekday;
  if (weekday < 3) return std::nullopt;
  text.remove_prefix(weekday);
  for (const char* form :
       {", dd bbb yyyy hh:mm:ss GMT", ", dd-bbb-yy hh:mm:ss GMT", " bbb _d hh:mm:ss yyyy"}) {
    if (const auto date = detail::read_http_date(text, form, now)) return date;
  }
  return std::nullopt;
}

/// The server's own time, from its `Date` header.
inline std::optional<std::chrono::sys_seconds> server_date(const headers& fields,
                                                           wall_time now = std::chrono::system_clock::now()) {
  const auto date = fields.get("Date");
  return date ? parse_http_date(*date, now) : std::nullopt;
}

/// How far the server's clock is ahead of this one, by an answer that the server made itself (an error page
/// may be a proxy's). Up to 5 s are none, as the answer took its time. Nothing when `Date` is missing,
/// garbage or more than a year off.
///
/// An answer out of a cache has an `Age` and was made so long ago (RFC 9111 section 4.2.3). As some caches
/// set `Date` anew, each time from `Date` to `Date` with `Age` on top may be the server's.
inline std::optional<std::chrono::seconds> server_ahead(const headers& fields, wall_time now) {
  using std::chrono::seconds;
  constexpr seconds tolerated(5);
  constexpr seconds believable = std::chrono::hours(24 * 365);
  const auto date = server_date(fields, now);
  const auto age = detail::parse_decimal(detail::trim(fields.get("Age").value_or("0")));
  if (!date || !age || *age > static_cast<std::uint64_t>(believable.count())) return std::nullopt;
  const seconds at_least = *date - std::chrono::floor<seconds>(now);
  const seconds ahead = at_least + seconds(static_cast<std::int64_t>(*age));
  if (at_least <= tolerated && ahead >= -tolerated) return seconds(0);
  return (std::max)(ahead, -ahead) <= believable ? std::optional(ahead) : std::nullopt;
}

/// How long `Retry-After` asks to wait (RFC 9110 section 10.2.3), as seconds, also with a fraction, rounded
/// up, or as a date, measured against the server's own `Date` when it sent one. Never negative, at most a
/// day; nothing when the header is missing or garbage.
inline std::optional<std::chrono::seconds> retry_after(const headers& fields, wall_time now) {
  using std::chrono::seconds;
  constexpr seconds longest = std::chrono::hours(24);
  const auto value = fields.get("Retry-After");
  if (!value) return std::nullopt;
  if (const auto delay = detail::read_delay(detail::trim(*value), longest)) return delay;
  const auto date = parse_http_date(*value, now);
  if (!date) return std::nullopt;
  const auto start = server_date(fields, now).value_or(std::chrono::floor<seconds>(now));
  return std::clamp<seconds>(*date - start, seconds(0), longest);
}

}  // namespace t3api::inline v0_1_0

#endif
