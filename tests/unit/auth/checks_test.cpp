#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include <t3api/auth/checks.hpp>

using t3api::detail::require_text;
using t3api::detail::require_trimmed;

TEST_CASE("a text that cannot be right is refused by its name, without its value") {
  for (const char* blank : {"", " ", "\r\n\t "}) {
    CHECK_THROWS_WITH_AS(require_text(blank, "user name"), "the user name is empty: give one",
                         std::invalid_argument);
  }
  for (const std::string& text :
       {std::string("hunter2\n"), std::string("\rhunter2"), std::string("hun\0ter2", 8),
        std::string("hunter2\x7F"), std::string("hun\tter2")}) {
    CHECK_THROWS_WITH_AS(require_text(text, "password"),
                         "the password holds a control character: is there a line break at its end?",
                         std::invalid_argument);
  }
  for (const char* text : {"hunter2\xFF", "\xC0\xAF", "\xED\xA0\x80"}) {
    CHECK_THROWS_WITH_AS(require_text(text, "password"), "the password is not valid UTF-8: convert it",
                         std::invalid_argument);
  }
  CHECK_NOTHROW(require_text(" caf\xC3\xA9 ", "password"));
}

TEST_CASE("white space goes from both ends before the rest is checked") {
  CHECK(require_trimmed(" \r\nkey\n", "key") == "key");
  CHECK(require_trimmed("a key", "key") == "a key");
  CHECK_THROWS_WITH_AS(require_trimmed("a\nb", "key"),
                       "the key holds a control character: is there a line break at its end?",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(require_trimmed(" \n", "key"), "the key is empty: give one", std::invalid_argument);
}
