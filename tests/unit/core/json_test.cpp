#include <doctest/doctest.h>

#include <string>

#include <t3api/core/json.hpp>

using nlohmann::json;
using t3api::json_body;
using t3api::parse_json;

namespace {

std::string nested(std::size_t depth, const std::string& open, const std::string& close) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += open;
  text += "1";
  for (std::size_t i = 0; i < depth; ++i) text += close;
  return text;
}

}  // namespace

TEST_CASE("any JSON value is parsed") {
  CHECK(parse_json("{\"a\":[1,true,null,\"x\"]}") == json({{"a", {1, true, nullptr, "x"}}}));
  CHECK(parse_json(" 7 ") == json(7));
  CHECK(parse_json("\"caf\xC3\xA9\"") == json("caf\xC3\xA9"));
  CHECK(parse_json("null") == json(nullptr));
}

TEST_CASE("JSON may be 64 levels deep and no deeper") {
  CHECK(t3api::max_json_depth == 64);
  CHECK(parse_json(nested(64, "[", "]")));
  CHECK_FALSE(parse_json(nested(65, "[", "]")));
  CHECK(parse_json(nested(64, "{\"a\":", "}")));
  CHECK_FALSE(parse_json(nested(65, "{\"a\":", "}")));
  CHECK(parse_json(nested(32, "[{\"a\":", "}]")));
  CHECK_FALSE(parse_json("[" + nested(32, "[{\"a\":", "}]") + "]"));
}

TEST_CASE("JSON nested a million deep is refused before it is parsed") {
  CHECK_FALSE(parse_json(std::string(1'000'000, '[')));
  CHECK_FALSE(parse_json(nested(1'000'000, "[", "]")));
  CHECK_FALSE(parse_json(nested(1'000'000, "{\"a\":", "}")));
}

TEST_CASE("brackets beside each other and within texts do not count as depth") {
  std::string flat = "[";
  for (int i = 0; i < 1000; ++i) flat += "[],{},";
  CHECK(parse_json(flat + "1]"));
  const std::string brackets(1000, '[');
  CHECK(parse_json("{\"" + brackets + "\":\"" + brackets + "\"}"));
  CHECK(parse_json("[\"\\\"" + brackets + "\",\"\\\\\"]"));
}

TEST_CASE("a bracket after a text that ends in a backslash does count") {
  CHECK_FALSE(parse_json("[\"\\\\\"," + nested(64, "[", "]") + "]"));
  CHECK_FALSE(parse_json("[\"\\\"\"," + nested(64, "[", "]") + "]"));
}

TEST_CASE("what is no JSON gives nothing") {
  for (const char* text : {"",
                           " ",
                           "{",
                           "{\"a\":1",
                           "{\"a\":1}}",
                           "{\"a\":1}x",
                           "{'a':1}",
                           "{a:1}",
                           "[1,]",
                           "nul",
                           "<html><body>Bad Gateway</body></html>",
                           "\"",
                           "\"\\",
                           "\"\\q\"",
                           "\"\\u12\"",
                           "\"\\ud800\"",
                           "01",
                           "+1",
                           "NaN",
                           "Infinity",
                           "]",
                           "}",
                           "// x\n1",
                           "\"a\nb\"",
                           "{\"a\" 1}",
                           "{\"a\":}",
                           "--",
                           "1 2"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_json(text));
  }
}

TEST_CASE("JSON that is no UTF-8 is refused") {
  for (const char* text :
       {"\"\xFF\"", "\"\xC0\xAF\"", "\"\xED\xA0\x80\"", "\"\xC3\"", "{\"\x80\":1}", "\xFF\xFE{\0}\0"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_json(text));
  }
}

TEST_CASE("a NUL is no end of JSON") {
  CHECK_FALSE(parse_json(std::string_view("{}\0", 3)));
  CHECK_FALSE(parse_json(std::string_view("{}\0<html>", 9)));
  CHECK_FALSE(parse_json(std::string_view("\"a\0b\"", 5)));
  CHECK(parse_json("\"a\\u0000b\"")->get<std::string>().size() == 3);
}

TEST_CASE("numbers too large for a double are refused, and large integers become doubles") {
  CHECK_FALSE(parse_json("1e999"));
  CHECK_FALSE(parse_json("-1e999"));
  CHECK_FALSE(parse_json("[" + std::string(400, '9') + "]"));
  CHECK(parse_json("123456789012345678901234567890")->is_number_float());
  CHECK(parse_json("1e-999") == json(0.0));
  CHECK(parse_json("18446744073709551615")->get<std::uint64_t>() == 18446744073709551615U);
}

TEST_CASE("a text member is given only when it is there and a text") {
  const json object = {
      {"text", "x"}, {"empty", ""}, {"number", 1}, {"null", nullptr}, {"object", json::object()}};
  CHECK(t3api::string_member(object, "text") == "x");
  CHECK(t3api::string_member(object, "empty") == "");
  for (const char* name : {"number", "null", "object", "absent"})
    CHECK_FALSE(t3api::string_member(object, name));
  CHECK_FALSE(t3api::string_member(json::array({"text"}), "text"));
  CHECK_FALSE(t3api::string_member(json("text"), "text"));
  CHECK_FALSE(t3api::string_member(json(), "text"));
}

TEST_CASE("objects and arrays make a body") {
  CHECK(json_body({{"a", 1}}).value() == "{\"a\":1}");
  CHECK(json_body(json::array()).value() == "[]");
  CHECK(json_body(json::object()).value() == "{}");
}

TEST_CASE("a lone value makes no body, since it is most likely JSON that was written out already") {
  const auto refused = json_body("{\"a\":1}");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().category == t3api::error_category::argument);
  CHECK(refused.error().message ==
        "the JSON body is string, not an object or array: give a nlohmann::json value, or send() a request "
        "with a raw body");
  for (const json& value : {json(1), json(1.5), json(true), json(nullptr), json(json::value_t::discarded)}) {
    CHECK(json_body(value).error().category == t3api::error_category::argument);
  }
}

TEST_CASE("a text that is no UTF-8 makes no body and is not shown") {
  const auto refused = json_body({{"name", "hunter2\xFF"}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().category == t3api::error_category::argument);
  CHECK(refused.error().message == "the JSON body holds a text that is not valid UTF-8: convert it");
}

TEST_CASE("an answer with JSON gives it") {
  const t3api::response answer{.status = 200, .body = "{\"a\":1}"};
  CHECK(answer.json().value() == json{{"a", 1}});
}

TEST_CASE("an answer without JSON says what came in its place") {
  const auto fault =
      t3api::response{
          .status = 200, .headers = {{"Content-Type", "text/html"}}, .body = "<html>hunter2</html>"}
          .json();
  REQUIRE_FALSE(fault);
  CHECK(fault.error().category == t3api::error_category::protocol);
  CHECK(fault.error().status == 200);
  CHECK(fault.error().sent);
  CHECK_FALSE(fault.error().retryable);
  CHECK(fault.error().message ==
        "the service answered 200 with 20 bytes that are not valid JSON (text/html) where JSON was expected: "
        "is the host "
        "setting right?");
  CHECK(t3api::response{.status = 204}.json().error().message ==
        "the service answered 204 with an empty body (no content type) where JSON was expected: is the host "
        "setting "
        "right?");
}

TEST_CASE("a content type is shown cut and without control characters") {
  t3api::response answer{.status = 200, .body = "x"};
  answer.headers.add_received("Content-Type", "a\x1B[31m" + std::string(5000, 'b'));
  const auto message = answer.json().error().message;
  CHECK(message.size() < 300);
  CHECK_FALSE(t3api::detail::has_control(message));
}
