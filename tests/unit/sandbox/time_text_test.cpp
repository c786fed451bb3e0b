#include <doctest/doctest.h>

#include <t3api/core/http_date.hpp>
#include <t3api/core/iso_time.hpp>
#include <t3api/sandbox/time_text.hpp>

using namespace t3api::sandbox;
using t3api::iso_time;
using t3api::wall_time;

TEST_CASE("times are written as RFC 9110 and ISO 8601 have them") {
  const wall_time when(std::chrono::seconds(784111777));
  CHECK(http_date(when) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(iso_time(when + std::chrono::milliseconds(7)) == "1994-11-06T08:49:37.007Z");
  CHECK(t3api::parse_http_date(http_date(when + std::chrono::milliseconds(999))) == when);
  CHECK(http_date(wall_time{}) == "Thu, 01 Jan 1970 00:00:00 GMT");
}
