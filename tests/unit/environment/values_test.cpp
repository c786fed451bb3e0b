#include <doctest/doctest.h>

#include <cstdint>
#include <optional>

#include <t3api/environment/values.hpp>

using t3api::detail::parse_billionths;
using t3api::detail::parse_switch;

TEST_CASE("a decimal number is read exactly") {
  CHECK(parse_billionths("0") == 0U);
  CHECK(parse_billionths("30") == 30'000'000'000U);
  CHECK(parse_billionths("2.5") == 2'500'000'000U);
  CHECK(parse_billionths(".5") == 500'000'000U);
  CHECK(parse_billionths("5.") == 5'000'000'000U);
  CHECK(parse_billionths("007.070") == 7'070'000'000U);
  CHECK(parse_billionths("0.000000001") == 1U);
  CHECK(parse_billionths("1.0000000000000000") == 1'000'000'000U);
  CHECK(parse_billionths("0.00000000000000001") == 1U);
  CHECK(parse_billionths("1000000000.999999999") == 1'000'000'000'999'999'999U);
}

TEST_CASE("what is no plain decimal number is not read") {
  for (const char* text : {"", ".", "-1", "+1", "1e3", "0x10", "1,5", "1.2.3", "5s", " 5", "5 ", "nan", "inf",
                           "1.-5", "--", "\xD9\xA1", "1000000001", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK(parse_billionths(text) == std::nullopt);
  }
}

TEST_CASE("a switch has four ways to be on, four to be off, and no others") {
  for (const char* text : {"1", "true", "TRUE", "Yes", "on", "oN"}) CHECK(parse_switch(text) == true);
  for (const char* text : {"0", "false", "False", "NO", "off"}) CHECK(parse_switch(text) == false);
  for (const char* text : {"", "2", "t", "y", "enabled", "tru", "true ", "10", "none"}) {
    CAPTURE(text);
    CHECK(parse_switch(text) == std::nullopt);
  }
}
