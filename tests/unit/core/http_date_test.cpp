#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>

#include <t3api/core/http_date.hpp>

using namespace std::chrono_literals;
using std::chrono::seconds;
using t3api::parse_http_date;

namespace {

const t3api::wall_time now{seconds(784111777)};  // Sun, 06 Nov 1994 08:49:37 GMT

std::optional<long long> read(std::string_view text) {
  const auto date = parse_http_date(text);
  if (!date) return std::nullopt;
  return date->time_since_epoch().count();
}

std::optional<seconds> wait_for(const std::string& value, const std::string& date = {}) {
  t3api::headers fields;
  fields.add_received("retry-after", value);
  if (!date.empty()) fields.add_received("date", date);
  return t3api::retry_after(fields, now);
}

}  // namespace

TEST_CASE("an HTTP date is read as seconds since 1970") {
  CHECK(read("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777);
  CHECK(read("Thu, 01 Jan 1970 00:00:00 GMT") == 0);
  CHECK(read("Wed, 31 Dec 1969 23:59:59 GMT") == -1);
  CHECK(read("Thu, 29 Feb 2024 12:00:00 GMT") == 1709208000);
  CHECK(read("Fri, 31 Dec 9999 23:59:59 GMT") == 253402300799);
  CHECK(read("Sat, 01 Jan 0000 00:00:00 GMT") == -62167219200);
  CHECK(read("Sat, 31 Dec 2016 23:59:60 GMT") == 1483228800);
  CHECK(read(" Sun, 06 Nov 1994 08:49:37 GMT\t") == 784111777);
}

TEST_CASE("an HTTP date is read in each form that RFC 9110 knows") {
  for (const char* text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "Sun Nov 06 08:49:37 1994", "\tSun Nov  6 08:49:37 1994 ", "Sun, 06-Nov-94 08:49:37 GMT",
        "Monday, 06-Nov-94 08:49:37 GMT", "SUNDAY, 06-NOV-94 08:49:37 gmt", "sun nov  6 08:49:37 1994",
        "sun, 06 nov 1994 08:49:37 gmt"}) {
    CAPTURE(text);
    CHECK(read(text) == 784111777);
  }
  CHECK(read("Thu Feb 29 12:00:00 2024") == 1709208000);
  CHECK(read("Thursday, 29-Feb-24 12:00:00 GMT") == 1709208000);
  CHECK(read("Sat Dec 31 23:59:60 2016") == 1483228800);
}

TEST_CASE("a year of two digits is at most 50 years ahead") {
  const auto year_of = [](const char* text, const char* today) {
    const auto date = parse_http_date(text, t3api::wall_time(parse_http_date(today).value()));
    return static_cast<int>(
        std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(date.value())).year());
  };
  for (const char* today : {"Sat, 01 Jan 2000 00:00:00 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"}) {
    CAPTURE(today);
    CHECK(year_of("Sunday, 06-Nov-94 08:49:37 GMT", today) == 1994);
    CHECK(year_of("Sunday, 06-Nov-00 08:49:37 GMT", today) == 2000);
    CHECK(year_of("Sunday, 06-Nov-43 08:49:37 GMT", today) == 2043);
  }
  const char* today = "Thu, 01 Jan 2026 00:00:00 GMT";
  CHECK(year_of("Friday, 31-Dec-75 00:00:00 GMT", today) == 2075);
  CHECK(year_of("Friday, 31-Dec-76 00:00:00 GMT", today) == 1976);
  CHECK(year_of("Friday, 31-Dec-99 00:00:00 GMT", today) == 1999);
  CHECK(year_of("Friday, 31-Dec-25 00:00:00 GMT", today) == 2025);
  CHECK(year_of("Friday, 31-Dec-26 00:00:00 GMT", "Fri, 01 Jan 2094 00:00:00 GMT") == 2126);
  CHECK_FALSE(parse_http_date("Monday, 29-Feb-23 00:00:00 GMT", now));
}

TEST_CASE("every month is known") {
  const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (unsigned number = 1; number <= 12; ++number) {
    const auto wanted = std::chrono::sys_days(std::chrono::year(2023) / std::chrono::month(number) / 15);
    CHECK(parse_http_date("Mon, 15 " + std::string(months[number - 1]) + " 2023 00:00:00 GMT") == wanted);
  }
}

TEST_CASE("what is no HTTP date gives nothing") {
  for (const char* text : {"",
                           "now",
                           "Sun, 06 Nov 1994 08:49:37",
                           "Sun, 06 Nov 1994 08:49:37 UTC",
                           "Sun, 06 Nov 1994 08:49:37 +0000",
                           "Sun, 31 Feb 2023 00:00:00 GMT",
                           "Sun, 29 Feb 2023 00:00:00 GMT",
                           "Sun, 31 Apr 2023 00:00:00 GMT",
                           "Sun, 00 Nov 1994 08:49:37 GMT",
                           "Sun, 32 Jan 1994 08:49:37 GMT",
                           "Sun, 06 Foo 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 24:00:00 GMT",
                           "Sun, 06 Nov 1994 08:60:00 GMT",
                           "Sun, 06 Nov 1994 08:49:61 GMT",
                           "Sun, 6 Nov 1994 08:49:37 GMT",
                           "Sun, -6 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov -994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49: 7 GMT",
                           "Sun, 06 Nov 1994 08.49.37 GMT",
                           "784111777",
                           "Sun, 06 Nov 19940 08:49:37 GMT",
                           "Sun, 06 Nov 1994  8:49:37 GMT",
                           "1994-11-06T08:49:37Z         ",
                           "Sunday, 06-Nov-1994 08:49:37 GMT",
                           "Sunday, 06-Nov-94 08:49:37",
                           "Sunday, 06-Nov-94 08:49:37 EST",
                           "Sunday, 06 Nov 94 08:49:37 GMT",
                           ", 06-Nov-94 08:49:37 GMT",
                           "06 Nov 1994 08:49:37 GMT",
                           "Sun Nov 31 08:49:37 1994",
                           "Sun Nov  0 08:49:37 1994",
                           "Sun Nov  6 08:49:37 94",
                           "Sun Nov 6 08:49:37 1994",
                           "Sun Nov  6 24:49:37 1994",
                           "Sun ebm  6 08:49:37 1994",
                           "Sun Nov  6 08:49:37 1994 GMT"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_http_date(text));
  }
}

TEST_CASE("the server's time is what its Date header says, if that is a date") {
  CHECK(t3api::server_date({{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}}) ==
        std::chrono::sys_seconds(784111777s));
  CHECK_FALSE(t3api::server_date({}));
  CHECK_FALSE(t3api::server_date({{"Date", "yesterday"}}));
}

namespace {

std::optional<seconds> ahead(const std::string& date, const std::string& age = {}) {
  t3api::headers fields;
  if (!date.empty()) fields.add_received("Date", date);
  if (!age.empty()) fields.add_received("age", age);
  return t3api::server_ahead(fields, now);
}

}  // namespace

TEST_CASE("how far the server's clock is ahead") {
  CHECK(ahead("Sun, 06 Nov 1994 09:49:37 GMT") == 1h);
  CHECK(ahead("Sun Nov  6 07:49:37 1994") == -1h);
  CHECK(ahead("Sun, 06 Nov 1994 08:49:43 GMT") == 6s);
  CHECK(ahead("Sun, 06 Nov 1994 08:49:31 GMT") == -6s);
  for (const char* near : {"Sun, 06 Nov 1994 08:49:42 GMT", "Sun, 06 Nov 1994 08:49:32 GMT"})
    CHECK(ahead(near) == 0s);
  CHECK(ahead("Mon, 06 Nov 1995 08:49:37 GMT") == 24h * 365);
  CHECK(ahead("Sat, 06 Nov 1993 08:49:37 GMT") == -24h * 365);
}

TEST_CASE("a date that nobody believes tells nothing of the server's clock") {
  for (const char* date :
       {"", "yesterday", "Mon, 06 Nov 1995 08:49:38 GMT", "Sat, 06 Nov 1993 08:49:36 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Sat, 01 Jan 0000 00:00:00 GMT"}) {
    CAPTURE(date);
    CHECK_FALSE(ahead(date));
  }
}

TEST_CASE("what a cache kept was made as long ago as its Age says") {
  CHECK(ahead("Sun, 06 Nov 1994 08:39:37 GMT", "600") == 0s);
  CHECK(ahead("Sun, 06 Nov 1994 09:39:37 GMT", "600") == 1h);
  CHECK(ahead("Sun, 06 Nov 1994 06:39:37 GMT", " 600 ") == -2h);
  CHECK(ahead("Sun, 06 Nov 1994 09:49:37 GMT", "0") == 1h);
  CHECK(ahead("Sun, 06 Nov 1994 08:49:42 GMT", "600") == 0s);  // The cache set the date anew.
  CHECK(ahead("Sun, 06 Nov 1994 08:45:00 GMT", "600") == 0s);
  for (const char* age : {"-1", "1.5", "soon", "10, 20", "99999999999", "99999999999999999999999"}) {
    CAPTURE(age);
    CHECK_FALSE(ahead("Sun, 06 Nov 1994 09:49:37 GMT", age));
  }
}

TEST_CASE("Retry-After in seconds") {
  CHECK(wait_for("0") == 0s);
  CHECK(wait_for("7") == 7s);
  CHECK(wait_for(" 007\t") == 7s);
  CHECK(wait_for("86399") == 86399s);
}

TEST_CASE("Retry-After with a fraction is rounded up") {
  CHECK(wait_for("1.5") == 2s);
  CHECK(wait_for("0.001") == 1s);
  CHECK(wait_for("1.0") == 1s);
  CHECK(wait_for("1.") == 1s);
  CHECK(wait_for(".5") == 1s);
  CHECK(wait_for(" 2.25\t") == 3s);
  CHECK(wait_for("86399.5") == 24h);
  CHECK(wait_for("99999999999999999999999.5") == 24h);
  CHECK(wait_for("1." + std::string(5000, '0') + "1") == 2s);
}

TEST_CASE("Retry-After never asks for more than a day") {
  CHECK(wait_for("86400") == 24h);
  CHECK(wait_for("86401") == 24h);
  CHECK(wait_for("18446744073709551615") == 24h);
  CHECK(wait_for("18446744073709551616") == 24h);
  CHECK(wait_for(std::string(5000, '9')) == 24h);
  CHECK(wait_for("Fri, 31 Dec 9999 23:59:59 GMT") == 24h);
  CHECK(wait_for("Fri, 31 Dec 9999 23:59:59 GMT", "Sat, 01 Jan 0000 00:00:00 GMT") == 24h);
}

TEST_CASE("Retry-After as a date is measured against the server's own Date") {
  CHECK(wait_for("Sun, 06 Nov 2050 08:49:47 GMT", "Sun, 06 Nov 2050 08:49:37 GMT") == 10s);
  CHECK(wait_for("Sun, 06 Nov 1994 08:49:47 GMT", "Sun, 06 Nov 1994 08:49:37 GMT") == 10s);
  CHECK(wait_for("Sunday, 06-Nov-94 08:49:47 GMT", "Sun Nov  6 08:49:37 1994") == 10s);
  CHECK(wait_for("Sun Nov  6 08:49:47 1994", "Sunday, 06-Nov-94 08:49:37 GMT") == 10s);
}

TEST_CASE("Retry-After as a date is measured against this clock when the server sends no Date, rounded up") {
  CHECK(wait_for("Sun, 06 Nov 1994 08:49:47 GMT") == 10s);
  CHECK(wait_for("Sun, 06 Nov 1994 08:49:47 GMT", "garbage") == 10s);
  const t3api::headers fields{{"Retry-After", "Sun, 06 Nov 1994 08:49:47 GMT"}};
  CHECK(t3api::retry_after(fields, now + 1ms) == 10s);
  CHECK(t3api::retry_after(fields, now + 999ms) == 10s);
}

TEST_CASE("Retry-After with a date that has passed asks for no wait") {
  CHECK(wait_for("Sun, 06 Nov 1994 08:49:36 GMT") == 0s);
  CHECK(wait_for("Sat, 01 Jan 0000 00:00:00 GMT") == 0s);
  CHECK(wait_for("Sat, 01 Jan 0000 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT") == 0s);
}

TEST_CASE("Retry-After that makes no sense is no Retry-After") {
  CHECK_FALSE(t3api::retry_after({}, now));
  for (const char* value : {"", " ", ".", "-1", "-1.5", "+1", "1,5", "1.5.2", "1. 5", "1.5s", "1e3", "0x10",
                            "soon", "1 2", "7s", "Sun, 31 Feb 2023 00:00:00 GMT"}) {
    CAPTURE(value);
    CHECK_FALSE(wait_for(value));
  }
}
