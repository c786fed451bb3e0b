#include <doctest/doctest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <new>
#include <string>
#include <vector>

#include "tests/support/forked_child.hpp"

#include <t3api/core/json.hpp>

using nlohmann::json;
using t3api::json_body;
using t3api::parse_json;
namespace test = t3api::test;

namespace {

std::string nested(std::size_t depth, const std::string& open, const std::string& close) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += open;
  text += "1";
  for (std::size_t i = 0; i < depth; ++i) text += close;
  return text;
}

/// Takes all memory that this process can get, but for this much.
[[maybe_unused]] void leave_memory(std::size_t bytes) {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit most{};
  ::getrlimit(RLIMIT_AS, &most);
  most.rlim_cur = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + (16U << 20U);
  ::setrlimit(RLIMIT_AS, &most);
  constexpr std::size_t block = 50'000;
  std::vector<void*> taken;
  taken.reserve(100'000);
  while (void* more = std::malloc(block)) taken.push_back(more);
  while (std::malloc(1000) != nullptr) {
  }
  for (std::size_t freed = 0; freed < bytes; freed += block) {
    std::free(taken.back());
    taken.pop_back();
  }
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

TEST_CASE("numbers are read only if they can be held") {
  CHECK(parse_json("1e-999") == json(0.0));
  CHECK(parse_json("-0") == json(0));
  CHECK(parse_json("1E+2") == json(100.0));
  CHECK(parse_json("0.1000000000000000055511151231257827021181583404541015625") == json(0.1));
  CHECK(parse_json("0." + std::string(400, '3'))->get<double>() == doctest::Approx(1.0 / 3));
  CHECK(parse_json("1.7976931348623157e308") == json(1.7976931348623157e308));
  CHECK(parse_json("18446744073709551615")->get<std::uint64_t>() == 18446744073709551615U);
  CHECK(parse_json("-9223372036854775808")->get<std::int64_t>() ==
        (std::numeric_limits<std::int64_t>::min)());
  for (const char* text : {"1e999", "-1e999", "1.7976931348623159e308"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_json(text));
  }
  CHECK_FALSE(parse_json("[" + std::string(400, '9') + "]"));
}

TEST_CASE("an integer of more than 64 bits becomes a double, but not in an answer of the service") {
  for (const std::string text :
       {"18446744073709551616", "-9223372036854775809", "123456789012345678901234567890"}) {
    CAPTURE(text);
    CHECK(parse_json(text)->is_number_float());
    CHECK_FALSE(t3api::response{.status = 200, .body = "[" + text + "]"}.json());
    CHECK(t3api::response{.status = 200, .body = "[" + text + ".0]"}.json());
  }
}

TEST_CASE("half a surrogate pair becomes U+FFFD, and the text around it stays") {
  const auto read = [](const std::string& text) { return parse_json(text).value().get<std::string>(); };
  CHECK(read(R"("nice \ud83d")") == "nice \uFFFD");
  CHECK(read(R"("\uDE00 nice")") == "\uFFFD nice");
  CHECK(read(R"("\uD83D\ude00")") == "\U0001F600");
  CHECK(read(R"("\ud83d\ud83d\ude00\ude00")") == "\uFFFD\U0001F600\uFFFD");
  CHECK(read(R"("\ude00\ud83d")") == "\uFFFD\uFFFD");
  CHECK(read(R"("\ud83d\u0041")") ==
        "\uFFFD"
        "A");
  CHECK(read(R"("\ud83dx\n\ude00")") == "\uFFFDx\n\uFFFD");
  CHECK(read(R"("\\ud83d")") == R"(\ud83d)");
  CHECK(read(R"("\\\ud83d\\")") == "\\\uFFFD\\");
  CHECK(read(R"("\uFFFF\ud7ff\ue000")") == "\uFFFF\uD7FF\uE000");
  CHECK(parse_json(R"({"\ud83d":[{"a":"\ud83d"}]})") == json{{"\uFFFD", {{{"a", "\uFFFD"}}}}});
  for (const char* broken : {R"("\ud8")", R"("\ud83d\u")", R"("\ud83d\ude)", R"("\ud83d)", R"("\ud83g")",
                             R"(\ud83d)", R"({"\ud83d":1,"\ud83e":2})"}) {
    CAPTURE(broken);
    CHECK_FALSE(parse_json(broken));
  }
}

TEST_CASE("a byte order mark in front is skipped, and nowhere else") {
  CHECK(parse_json("\xEF\xBB\xBF{\"a\":1}") == json{{"a", 1}});
  CHECK(parse_json("\xEF\xBB\xBF \"\xEF\xBB\xBF\"") == json("\xEF\xBB\xBF"));
  for (const char* text :
       {"\xEF\xBB\xBF", "\xEF\xBB{}", " \xEF\xBB\xBF{}", "{}\xEF\xBB\xBF", "\xEF\xBB\xBF\xEF\xBB\xBF{}"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_json(text));
  }
}

TEST_CASE("of members with the same name the last one counts") {
  CHECK(parse_json(R"({"a":1,"b":{"c":[1]},"a":2})") == json{{"a", 2}, {"b", {{"c", {1}}}}});
}

TEST_CASE("what cannot be read is named with its place, and its content is not shown") {
  const auto fault = [](const std::string& body) {
    const auto read = t3api::response{.status = 200, .body = body}.json();
    REQUIRE_FALSE(read);
    CHECK(read.error().category == t3api::error_category::protocol);
    CHECK(read.error().status == 200);
    CHECK(read.error().message.find("host setting") == std::string::npos);
    const std::string start = "the service answered 200 with JSON that holds ";
    REQUIRE(read.error().message.starts_with(start));
    return read.error().message.substr(start.size());
  };
  CHECK(fault(R"({"data":[{"q":1},{"q":NaN}]})") ==
        "NaN or Infinity, which are no JSON, at byte 23, in /data/1/q");
  CHECK(fault("[\"NaN\",[],Infinity]") == "NaN or Infinity, which are no JSON, at byte 11, in /2");
  CHECK(fault("[-Infinity]") == "NaN or Infinity, which are no JSON, at byte 3, in /0");
  CHECK(fault(R"({"a":1e400})") == "a number that is too large for a double, at byte 10, in /a");
  CHECK(fault(R"({"a":{"b":[0,18446744073709551616]}})") == "an integer of more than 64 bits, in /a/b/1");
  CHECK(fault("{\"data\":[{\"note\":\"caf\xE9 hunter2\"}]}") ==
        "bytes that are not UTF-8, at byte 23, in /data/0/note");
  CHECK(fault("{\"a\":1,\"caf\xE9 hunter2\":2}") == "bytes that are not UTF-8, at byte 13");
  CHECK(fault("{\"a\":[\"hunter2\nx\"]}") == "a control character that is not escaped, at byte 15, in /a/0");
  CHECK(fault(R"([{"a":"hunter2)") == "a value that is cut off, at byte 15, in /0/a");
  CHECK(fault(R"([1,2)").starts_with("a value that is cut off"));
  CHECK(fault(R"({"a":hunter2})") == "a mistake in its syntax, at byte 6, in /a");
  CHECK(fault(R"({"a":1} hunter2)") == "a mistake in its syntax, at byte 9");
  CHECK(fault(R"(["\ud83d",NaN])") == "NaN or Infinity, which are no JSON, at byte 11, in /1");
  CHECK(fault(std::string("{}\0", 3)) == "a NUL byte, at byte 3");
  CHECK(fault("{\"a\":" + nested(64, "[", "]") + "}")
            .starts_with("values nested more than 64 deep, in /a/0/0/"));
  CHECK(fault(R"({"\ud83d":1,"\ud83e":2})") ==
        "two names that are alike but for halves of surrogate pairs, in /\uFFFD");
  CHECK(fault("[{\"" + std::string(5000, 'n') + "\":NaN}]").size() < 300);
  CHECK_FALSE(t3api::detail::has_control(fault("{\"\\u001b[31m\\n\":NaN}")));
}

TEST_CASE("memory is counted for whatever a value consists of") {
  for (const std::string unit : {"{},", "[],", "0,", "\"\",", "null,", "{\"\":0},", "[[[0]]],",
                                 "{\"a\":{\"b\":\"c\"}},", "\"sixteen letters \","}) {
    CAPTURE(unit);
    constexpr std::size_t memory = 100'000;
    std::string text = "[";
    for (int i = 0; i < 4000; ++i) text += unit;
    text += "0]";
    t3api::detail::json_builder builder(text, memory, true);
    CHECK_FALSE(t3api::detail::build_json(text, builder));
    CHECK(builder.fault().starts_with("too many values to keep in memory"));
    t3api::detail::json_builder with_more(text, 50 * memory, true);
    CHECK(t3api::detail::build_json(text, with_more));
    CHECK(with_more.take() == json::parse(text));
  }
}

TEST_CASE("an answer that would become more than 256 MiB is refused") {
  constexpr std::size_t size = 16U << 20U;
  t3api::response answer{.status = 200, .body = "["};
  answer.body.reserve(size);
  while (answer.body.size() + 6 < size) answer.body += "{},";
  answer.body += "0]";
  const auto refused = answer.json();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().category == t3api::error_category::protocol);
  CHECK(refused.error().message.starts_with(
      "the service answered 200 with JSON that holds too many values to keep in memory: ask for less, such "
      "as a smaller page, in /"));
}

#ifndef T3API_TEST_SANITIZED
TEST_CASE("a lack of memory while JSON is read is an exception, whatever was read by then") {
  for (const std::string unit :
       {"{},", "0,", "[[1,2,3]],", "{\"a\":{\"b\":[1,\"a text that is not short\"]}},"}) {
    CAPTURE(unit);
    std::string text = "[";
    while (text.size() < (2U << 20U)) text += unit;
    text += "0]";
    for (const std::size_t kilobytes : {100U, 1000U, 3000U, 7000U}) {
      CHECK(test::in_child([&] {
              leave_memory(kilobytes << 10U);
              try {
                return parse_json(text) ? 1 : 2;
              } catch (const std::bad_alloc&) {
                return 0;
              }
            }) == 0);
    }
  }
}
#endif

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

TEST_CASE("what JSON cannot say makes no body: its place is named, and it is not shown") {
  const auto refused = [](const json& value) {
    const auto body = json_body(value);
    REQUIRE_FALSE(body);
    CHECK(body.error().category == t3api::error_category::argument);
    const std::string start = "the JSON body cannot be sent: ";
    REQUIRE(body.error().message.starts_with(start));
    return body.error().message.substr(start.size());
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::string not_finite = " is NaN or infinite, which JSON cannot say";
  CHECK(refused({{"quantity", std::nan("")}}) == "/quantity" + not_finite);
  CHECK(refused({{"a", {1, {{"b", infinity}}}}}) == "/a/1/b" + not_finite);
  CHECK(refused(json::array({0.5, -infinity})) == "/1" + not_finite);
  CHECK(refused({{"name", "hunter2\xFF"}}) == "/name is not valid UTF-8: convert it");
  CHECK(refused(json::array({json{{"hunter2\xFF", 1}}})) ==
        "/0 has a member whose name is not valid UTF-8: convert it");
  CHECK(refused({{"\xED\xA0\x80", 1}}) == "it has a member whose name is not valid UTF-8: convert it");
  CHECK(refused({{"a", json::binary({1, 2})}}) == "/a is no JSON value");
  CHECK(refused({{"a", json(json::value_t::discarded)}}) == "/a is no JSON value");
  CHECK(refused({{std::string(5000, 'n') + "\n", std::nan("")}}).size() < 300);
  json deep = 1;
  for (int i = 0; i < 64; ++i) deep = json::array({deep});
  CHECK(json_body(deep));
  deep = json::object({{"a", deep}});
  CHECK(refused(deep).ends_with("/0 is nested too deep"));
}

TEST_CASE("what JSON can say makes a body, and is read back from it") {
  const json value = {{"max", (std::numeric_limits<double>::max)()},
                      {"least", std::numeric_limits<double>::denorm_min()},
                      {"large", (std::numeric_limits<std::uint64_t>::max)()},
                      {"small", (std::numeric_limits<std::int64_t>::min)()},
                      {"fraction", 0.1},
                      {"text", std::string("\0\x1F\"\\\xF0\x9F\x98\x80", 8)},
                      {"", {nullptr, true, json::array(), json::object()}}};
  CHECK(parse_json(json_body(value).value()) == value);
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
