#include <doctest/doctest.h>

#include <string>

#include <t3api/detail/printable.hpp>

using t3api::detail::is_utf8;
using t3api::detail::one_line;
using t3api::detail::printable;

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
  for (std::size_t limit = 0; limit < 30; ++limit) CHECK(is_utf8(one_line(long_text, limit)));
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
  CHECK(printable("\xC3\xA9\xC3", 100) == "\xC3\xA9?");
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
  CHECK(printable(std::string(50, '\x80'), 10) == "??????????...");
}
