#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include <t3api/core/redactor.hpp>

using t3api::detail::redactor;

TEST_CASE("what is no JSON does no harm") {
  for (const char* text : {"", "\"", "\"a", "\"password\":", "\"password\":\"", "\"password\":\"x\\", "\\\"",
                           "\"password\":\"x\\\""}) {
    CAPTURE(text);
    CHECK(redactor({.path = "/", .body = text}).hide_known("password x") == "password x");
  }
}

TEST_CASE("known secrets are hidden wherever they stand") {
  redactor known;
  for (const char* secret : {"abcd", "wxyzw"}) known.add(secret);
  CHECK(known.hide_known("abcabcd-wxyzwxyzw-abc") == "abc***-***-abc");
  CHECK(known.hide_known("abcdabcd") == "******");
  CHECK(known.hide_known("nothing") == "nothing");
  CHECK(known.hide("the key abcd") == "the key ***");
}
