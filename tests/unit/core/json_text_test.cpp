#include <doctest/doctest.h>

#include <string>

#include <nlohmann/json.hpp>

#include <t3api/core/json_text.hpp>

using t3api::json_text_object;

namespace {

std::string one_member(std::string_view name, std::string_view value) {
  return std::move(json_text_object(6 * (name.size() + value.size()) + 20).add(name, value)).finish();
}

}  // namespace

TEST_CASE("members stand in the order in which they were added") {
  CHECK(std::move(json_text_object(100).add("b", "1").add("a", "2").add("c", "")).finish() ==
        "{\"b\":\"1\",\"a\":\"2\",\"c\":\"\"}");
}

TEST_CASE("quotes, backslashes and control bytes are escaped, everything else stays") {
  CHECK(one_member("q", "\"\\/") == "{\"q\":\"\\\"\\\\/\"}");
  CHECK(one_member("c", std::string_view("\0\x01\b\t\n\r\x1F", 7)) ==
        "{\"c\":\"\\u0000\\u0001\\u0008\\u0009\\u000a\\u000d\\u001f\"}");
  CHECK(one_member("u",
                   "\x7F"
                   "caf\xC3\xA9 \xF0\x9F\x8C\xBF") ==
        "{\"u\":\"\x7F"
        "caf\xC3\xA9 \xF0\x9F\x8C\xBF\"}");
  CHECK(one_member("a\"b", "") == "{\"a\\\"b\":\"\"}");
}

TEST_CASE("a JSON parser reads back whatever was written") {
  std::string all;
  for (int code = 0; code < 0x80; ++code) all += static_cast<char>(code);
  for (const std::string& text :
       {std::string(), all, std::string("\"},{\"admin\":\"yes"), std::string("\\"), std::string("\\\""),
        std::string("\\u0041"), std::string("</script>"), std::string("\xE2\x80\xA8\xE2\x80\xA9"),
        std::string(10'000, '"'), std::string("a\0b", 3), std::string("'%s{}${x}")}) {
    CAPTURE(text);
    const auto value = nlohmann::json::parse(one_member("name", text));
    CHECK(value.size() == 1);
    CHECK(value.at("name") == text);
    CHECK(nlohmann::json::parse(one_member(text, "value")).at(text) == "value");
  }
}

TEST_CASE("six bytes for each byte of text are room enough, so that no copy of a secret is left behind") {
  for (const std::string& worst : {std::string(500, '\x01'), std::string(500, '"'), std::string(500, 'x')}) {
    const std::size_t capacity = 6 * worst.size() + 100;
    json_text_object body(capacity);
    body.add("apiKey", worst).add("stateCode", "CA");
    const std::string text = std::move(body).finish();
    CHECK(text.size() <= capacity);
    CHECK(text.capacity() == capacity);
  }
}
