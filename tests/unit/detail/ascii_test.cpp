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

TEST_CASE("foreign text loses its control bytes before it is shown") {
  CHECK(printable("\x1B[31mred\x1B[0m\r\n\x07", 100) == " [31mred [0m   ");
  CHECK(printable(std::string_view("a\0b\x7F", 4), 100) == "a b ");
  CHECK(printable("caf\xC3\xA9", 100) == "caf\xC3\xA9");
}

TEST_CASE("the second set of control characters is taken out too, since terminals obey it") {
  CHECK(printable("a\xC2\x9B"
                  "31mb",
                  100) == "a  31mb");
  CHECK(printable("\xC2\x80\xC2\x9F", 100) == "    ");
  CHECK(printable("\xC2\xA0", 100) == "\xC2\xA0");
}

TEST_CASE("bytes that are no UTF-8 are shown as question marks") {
  CHECK(printable("a\x9B"
                  "b\xFF",
                  100) == "a?b?");
  CHECK(printable("caf\xC3", 100) == "caf?");
  CHECK(printable("\xC3\xA9\xC3", 100) == "???");
}

TEST_CASE("text of exactly the limit stays whole and longer text is cut with dots") {
  CHECK(printable("abcd", 4) == "abcd");
  CHECK(printable("abcde", 4) == "abcd...");
  CHECK(printable("", 4) == "");
  CHECK(printable("abc", 0) == "...");
}

TEST_CASE("a cut never splits a UTF-8 sequence and keeps the whole ones before it") {
  const std::string euro = "\xE2\x82\xAC";
  CHECK(printable("ab" + euro + "cd", 2) == "ab...");
  CHECK(printable("ab" + euro + "cd", 3) == "ab...");
  CHECK(printable("ab" + euro + "cd", 4) == "ab...");
  CHECK(printable("ab" + euro + "cd", 5) == "ab" + euro + "...");
  CHECK(printable("ab" + euro + "cd", 6) == "ab" + euro + "c...");
  CHECK(printable(std::string(50, '\x80'), 10) == "???????...");
}
