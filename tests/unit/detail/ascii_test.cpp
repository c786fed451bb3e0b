#include <doctest/doctest.h>

#include <string>

#include <t3api/detail/ascii.hpp>

using namespace t3api::detail;

TEST_CASE("ASCII letters change case and nothing else does") {
  CHECK(to_lower("AZaz09[`{\xC3\x84") == "azaz09[`{\xC3\x84");
  CHECK(iequals("Content-TYPE", "content-type"));
  CHECK_FALSE(iequals("abc", "ab"));
  CHECK_FALSE(iequals("@", "`"));
}

TEST_CASE("letters, digits and space are those of ASCII alone") {
  for (int code = 0; code < 256; ++code) {
    const char c = static_cast<char>(static_cast<unsigned char>(code));
    CAPTURE(code);
    CHECK(ascii_digit(c) == (code >= '0' && code <= '9'));
    CHECK(ascii_alpha(c) == ((code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z')));
    CHECK(ascii_space(c) == (code == ' ' || (code >= 9 && code <= 13)));
    CHECK(ascii_control(c) == (code < 0x20 || code == 0x7F));
  }
}

TEST_CASE("a control byte is found wherever it stands") {
  CHECK(has_control("\r"));
  CHECK(has_control(std::string_view("end\0", 4)));
  CHECK(has_control("a\x7F"));
  CHECK_FALSE(has_control(""));
  CHECK_FALSE(has_control("caf\xC3\xA9 ~"));
}

TEST_CASE("white space goes from both ends, not from within") {
  CHECK(trim("") == "");
  CHECK(trim(" \t\r\n\f\v") == "");
  CHECK(trim("\n a b \t") == "a b");
  CHECK(trim("x") == "x");
}

TEST_CASE("a decimal number fills the whole text") {
  CHECK(parse_decimal("0") == 0U);
  CHECK(parse_decimal("007") == 7U);
  CHECK(parse_decimal("18446744073709551615") == 18446744073709551615U);
  for (const char* text : {"", " 1", "1 ", "+1", "-1", "1.0", "0x1", "1a", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_decimal(text));
  }
}
