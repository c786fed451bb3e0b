#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include <t3api/logging/body_secrets.hpp>

using t3api::detail::body_secrets;

namespace {

std::vector<std::string_view> found_in(std::string_view json) { return body_secrets(json).values(); }

}  // namespace

TEST_CASE("texts behind a name that sounds like a secret are found, others are not") {
  CHECK(found_in(R"({"username": "me", "password" : "hush", "page": 1})") ==
        std::vector<std::string_view>{"hush"});
  CHECK(found_in(R"({"list": [{"apiKey":"a"}, {"otpSeed":"b", "note":"c"}]})") ==
        std::vector<std::string_view>{"a", "b"});
  CHECK(found_in(R"({"tokens": ["a", "b"]})") == std::vector<std::string_view>{"a", "b"});
}

TEST_CASE("a text with backslashes is found as it is written and as it is meant") {
  const std::string json = R"({"password":"a\"b\\"})";
  const body_secrets found(json);
  CHECK(found.values() == std::vector<std::string_view>{R"(a\"b\\)", R"(a"b\)"});
}

TEST_CASE("what is no JSON does no harm") {
  for (const char* text : {"", "\"", "\"a", "\"password\":", "\"password\":\"", "\"password\":\"x\\", "\\\"",
                           "password=x", "\"password\":\"x\\\""}) {
    CAPTURE(text);
    CHECK(found_in(text).empty());
  }
}
