#include <doctest/doctest.h>

#include <string>

#include <t3api/detail/utf8.hpp>

using t3api::detail::is_utf8;

TEST_CASE("well-formed UTF-8 is accepted up to the last code point") {
  for (const char* text :
       {"", "plain", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8C\xBFz"}) {
    CAPTURE(text);
    CHECK(is_utf8(text));
  }
  CHECK(is_utf8(std::string_view("a\0b", 3)));
}

TEST_CASE("malformed UTF-8 is refused") {
  struct fault {
    const char* what;
    const char* text;
  };
  for (const auto& [what, text] :
       {fault{"lone continuation", "\x80"}, fault{"lone continuation after text", "a\xBF"},
        fault{"overlong slash of two bytes", "\xC0\xAF"}, fault{"overlong of two bytes", "\xC1\xBF"},
        fault{"overlong of three bytes", "\xE0\x9F\xBF"}, fault{"overlong of four bytes", "\xF0\x8F\xBF\xBF"},
        fault{"first surrogate", "\xED\xA0\x80"}, fault{"last surrogate", "\xED\xBF\xBF"},
        fault{"surrogate pair", "\xED\xA0\xBD\xED\xB8\x80"}, fault{"above U+10FFFF", "\xF4\x90\x80\x80"},
        fault{"five bytes", "\xF8\x88\x80\x80\x80"}, fault{"0xFE", "\xFE"}, fault{"0xFF", "\xFF"},
        fault{"cut after one of two", "\xC3"}, fault{"cut after two of three", "\xE2\x82"},
        fault{"cut after three of four", "\xF0\x9F\x8C"}, fault{"lead in place of continuation", "\xC3\xC3"},
        fault{"ASCII in place of continuation", "\xE2\x82z"}}) {
    const auto shown = what;
    CAPTURE(shown);
    CHECK_FALSE(is_utf8(text));
    CHECK_FALSE(is_utf8(std::string("good ") + text));
  }
}
