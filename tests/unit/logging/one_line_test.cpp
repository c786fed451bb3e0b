#include <doctest/doctest.h>

#include <string>

#include <t3api/detail/utf8.hpp>
#include <t3api/logging/one_line.hpp>

using t3api::detail::one_line;

TEST_CASE("ordinary text of any language stays as it is") {
  for (const char* text :
       {"", "plain ~ text", "Caf\xC3\xA9", "\xE6\x97\xA5\xE6\x9C\xAC", "\xF0\x9F\x8C\xBF"}) {
    CHECK(one_line(text, 100) == text);
  }
}

TEST_CASE("what breaks a line, drives a terminal or turns the writing direction becomes an escape") {
  CHECK(one_line("a\r\nb\x1B[2Jc\td\x7F", 100) == "a\\u000D\\u000Ab\\u001B[2Jc\\u0009d\\u007F");
  CHECK(one_line(std::string_view("a\0b", 3), 100) == "a\\u0000b");
  CHECK(one_line("\xC2\x85|\xC2\x9B", 100) == "\\u0085|\\u009B");
  CHECK(one_line("\xE2\x80\xAE|\xE2\x81\xA6|\xE2\x80\xA8|\xE2\x80\xA9", 100) ==
        "\\u202E|\\u2066|\\u2028|\\u2029");
  CHECK(one_line("\xE2\x80\x8B\xEF\xBB\xBF\xD8\x9C", 100) == "\\u200B\\uFEFF\\u061C");
  CHECK(one_line("\xF3\xA0\x81\x81", 100) == "?");
}

TEST_CASE("bytes that are no UTF-8 become question marks, and the text after them stays") {
  CHECK(one_line("\xFF\xC3(\xE2\x82", 100) ==
        "?"
        "?("
        "?"
        "?");
  CHECK(one_line("\xC0\x8A\xED\xA0\x80", 100) == "?????");
}

TEST_CASE("a cut falls between characters and is shown by dots") {
  CHECK(one_line("12345", 5) == "12345");
  CHECK(one_line("123456", 5) == "12345...");
  CHECK(one_line("1234\xC3\xA9", 5) == "1234...");
  CHECK(one_line("1234\n", 5) == "1234...");
  const std::string long_text = [] {
    std::string text;
    for (int i = 0; i < 100; ++i) text += "\xF0\x9F\x8C\xBF";
    return text;
  }();
  for (std::size_t limit = 0; limit < 30; ++limit) CHECK(t3api::detail::is_utf8(one_line(long_text, limit)));
}
