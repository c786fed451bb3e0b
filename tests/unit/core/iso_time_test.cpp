#include <doctest/doctest.h>

#include <optional>
#include <string>

#include <t3api/core/iso_time.hpp>

using t3api::parse_iso_time;

namespace {

/// Milliseconds since 1970.
std::optional<long long> read_iso(std::string_view text) {
  const auto time = parse_iso_time(text);
  if (!time) return std::nullopt;
  return time->time_since_epoch().count();
}

}  // namespace

TEST_CASE("an ISO 8601 time is read as milliseconds since 1970") {
  CHECK(read_iso("1970-01-01T00:00:00Z") == 0);
  CHECK(read_iso("1994-11-06T08:49:37.123Z") == 784111777123);
  CHECK(read_iso("1969-12-31T23:59:59.999Z") == -1);
  CHECK(read_iso("2024-02-29T12:00:00Z") == 1709208000000);
  CHECK(read_iso("9999-12-31T23:59:59.999Z") == 253402300799999);
  CHECK(read_iso("0000-01-01T00:00:00Z") == -62167219200000);
  CHECK(read_iso("2016-12-31T23:59:60Z") == 1483228800000);
  CHECK(read_iso("1970-01-01t00:00:01z") == 1000);
}

TEST_CASE("the second may have any number of digits behind it, of which three count") {
  CHECK(read_iso("1970-01-01T00:00:00.5Z") == 500);
  CHECK(read_iso("1970-01-01T00:00:00.05Z") == 50);
  CHECK(read_iso("1970-01-01T00:00:00.0009Z") == 0);
  CHECK(read_iso("1970-01-01T00:00:00.123456Z") == 123);
  CHECK(read_iso("1970-01-01T00:00:00.999999999999999999999999999999Z") == 999);
}

TEST_CASE("an offset is taken off, and no offset is UTC") {
  CHECK(read_iso("1970-01-01T02:00:00+02:00") == 0);
  CHECK(read_iso("1969-12-31T16:30:00.250-07:30") == 250);
  CHECK(read_iso("1970-01-01T00:00:00+00:00") == 0);
  CHECK(read_iso("1970-01-01T00:00:00-00:00") == 0);
  CHECK(read_iso("1970-01-01T00:00:01.123456") == 1123);
}

TEST_CASE("what is no ISO 8601 time gives nothing") {
  for (const char* text : {"",
                           "now",
                           "1994-11-06",
                           "1994-11-06T08:49Z",
                           "1994-11-06 08:49:37Z",
                           "1994-11-06T08:49:37.Z",
                           "1994-11-06T08:49:37,123Z",
                           "1994-11-06T08:49:37ZZ",
                           "1994-11-06T08:49:37Z ",
                           " 1994-11-06T08:49:37Z",
                           "1994-11-06T08:49:37 Z",
                           "1994-11-06T08:49:37+0200",
                           "1994-11-06T08:49:37+02",
                           "1994-11-06T08:49:37+24:00",
                           "1994-11-06T08:49:37+02:60",
                           "1994-11-06T08:49:37+-2:00",
                           "1994-11-06T08:49:37*02:00",
                           "1994-11-06T08:49:37+02:00:00",
                           "1994-11-06T24:00:00Z",
                           "1994-11-06T08:60:00Z",
                           "1994-11-06T08:49:61Z",
                           "1994-11-31T08:49:37Z",
                           "2023-02-29T08:49:37Z",
                           "1994-00-06T08:49:37Z",
                           "1994-13-06T08:49:37Z",
                           "1994-11-00T08:49:37Z",
                           "-994-11-06T08:49:37Z",
                           "1994-1 -06T08:49:37Z",
                           "1994/11/06T08:49:37Z",
                           "1994-11-06T08.49.37Z",
                           "11994-11-06T08:49:37Z",
                           "784111777",
                           "Sun, 06 Nov 1994 08:49:37 GMT"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_iso_time(text));
  }
}
