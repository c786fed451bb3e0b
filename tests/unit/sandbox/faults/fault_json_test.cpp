#include <t3api/sandbox/faults/fault_json.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>

#include <nlohmann/json.hpp>

using nlohmann::json;
using t3api::sandbox::fault_from;
using t3api::sandbox::refusal;

TEST_CASE("every member of a fault, there and back") {
  for (
      const char* text :
      {R"({"path":"/v2/*","times":0,"method":"DELETE","query":{"a":"1","b":""},"skip":3,"delayMs":5,
            "status":429,"headers":{"X-A":"b"},"retryAfter":"date","body":"{}"})",
       R"({"path":"*","times":1,"reset":true})", R"({"path":"*","times":1,"garbage":"\u0000x"})",
       R"({"path":"*","times":1,"cutAfter":0})", R"({"path":"*","times":1,"lengthError":-5})",
       R"({"path":"*","times":1,"lengthError":5,"dripBytes":1,"dripPauseMs":20})",
       R"({"path":"*","times":1,"account":{"hostname":"ca.metrc.com","username":"u"},"endSessions":true})"}) {
    CAPTURE(text);
    CHECK(to_json(fault_from(json::parse(text))) == json::parse(text));
  }
  for (const char* form : {"seconds", "date", "garbage", "zero", "negative", "hour"}) {
    const json ordered = {{"path", "*"}, {"times", 1}, {"status", 429}, {"retryAfter", form}};
    CHECK(to_json(fault_from(ordered)) == ordered);
  }
}

TEST_CASE("a password is not shown again") {
  const auto shown = to_json(fault_from(
      json::parse(R"({"account":{"hostname":"ca.metrc.com","username":"u"},"newPassword":"canary"})")));
  CHECK(shown["newPassword"].is_string());
  CHECK(shown.dump().find("canary") == std::string::npos);
}

TEST_CASE("each wrong thing has one sentence, which names the member") {
  const auto sentence = [](const std::string& text) -> std::string {
    try {
      fault_from(json::parse(text));
    } catch (const refusal& why) {
      CHECK(why.status == 422);
      return why.message;
    }
    return "accepted";
  };
  CHECK(sentence(R"({"stauts":500})").find("no member 'stauts'") != std::string::npos);
  for (const auto& [name, value] :
       std::initializer_list<std::pair<std::string, std::string>>{{"method", "\"get\""},
                                                                  {"method", "1"},
                                                                  {"path", "1"},
                                                                  {"query", "[]"},
                                                                  {"skip", "-1"},
                                                                  {"times", "-1"},
                                                                  {"times", "1.5"},
                                                                  {"times", "\"2\""},
                                                                  {"times", "1e30"},
                                                                  {"delayMs", "3600001"},
                                                                  {"account", "\"ann\""},
                                                                  {"account", "{\"x\":\"y\"}"},
                                                                  {"endSessions", "1"},
                                                                  {"newPassword", "\"\""},
                                                                  {"status", "600"},
                                                                  {"status", "\"500\""},
                                                                  {"headers", "\"A: b\""},
                                                                  {"retryAfter", "60"},
                                                                  {"retryAfter", "\"x\""},
                                                                  {"body", "{}"},
                                                                  {"reset", "\"yes\""},
                                                                  {"garbage", "\"\""},
                                                                  {"cutAfter", "-1"},
                                                                  {"lengthError", "0.5"},
                                                                  {"lengthError", "18446744073709551615"},
                                                                  {"lengthError", "0"},
                                                                  {"dripBytes", "0"},
                                                                  {"dripBytes", "null"},
                                                                  {"dripPauseMs", "-1"}}) {
    const auto said = sentence("{\"" + name + "\":" + value + "}");
    CAPTURE(said);
    CHECK(said.find("the member '" + name + "' must be ") == 0);
  }
  CHECK(sentence(R"({"query":{"page":3}})").find("'page' must be a text") != std::string::npos);
  CHECK(sentence(R"({"status":500,"headers":{"A":1}})").find("'A' must be a text") != std::string::npos);
  CHECK(sentence(R"({"status":500,"headers":{"A\n":"1"}})") != "accepted");
  CHECK(sentence(R"({"status":500,"headers":{"A":"1\r\nB: 2"}})") != "accepted");
  for (const char* idle : {"{}", R"({"reset":false})", R"({"endSessions":false})", R"({"delayMs":0})"}) {
    CHECK(sentence(idle).find("must do something") != std::string::npos);
  }
}
