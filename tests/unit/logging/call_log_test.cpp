#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <t3api/logging/call_log.hpp>
#include <t3api/logging/sinks.hpp>

using namespace std::chrono_literals;
using t3api::detail::call_log;

namespace {

const t3api::url host = t3api::parse_url("https://api.example").value();

t3api::request a_request() {
  return {.method = t3api::method::post,
          .path = "/v2/packages/create",
          .query = {{"submit", "true"}},
          .headers = {{"Authorization", "Bearer a-token"}, {"Content-Type", "application/json"}},
          .body = R"({"label":"1A4","apiKey":"k"})"};
}

t3api::response an_answer() {
  return {.status = 201, .headers = {{"Content-Type", "application/json"}}, .body = R"({"id":1,"jwt":"j"})"};
}

/// Keeps all that it is told.
struct listener {
  std::vector<t3api::request_event> requests;
  std::vector<t3api::response_event> responses;
  std::vector<t3api::retry_event> retries;
  std::vector<t3api::renewal_event> renewals;

  t3api::logging_hooks hooks() {
    return {.on_request = [this](const auto& event) { requests.push_back(event); },
            .on_response = [this](const auto& event) { responses.push_back(event); },
            .on_retry = [this](const auto& event) { retries.push_back(event); },
            .on_renewal = [this](const auto& event) { renewals.push_back(event); }};
  }
};

/// All that one eventful call leaves in a log with everything on.
std::string log_of(const t3api::request& sent, const t3api::response& answer, const std::string& problem) {
  std::ostringstream out;
  const auto hooks = t3api::log_to(out, {.headers = true, .body = true});
  const t3api::client_config config{.logging = hooks};
  const call_log log(config, host, "id-1");
  log.sending(1, sent);
  log.received(1, sent, answer, 1ms);
  log.received(1, sent, t3api::error{.message = problem}, 1ms);
  log.retrying(1, {.message = "answered with 500"}, 1ms);
  log.renewed({.generation = 1});
  return out.str();
}

}  // namespace

TEST_CASE("each event tells what happened, without headers and bodies unless they are asked for") {
  listener heard;
  const auto hooks = heard.hooks();
  const t3api::client_config config{.logging = hooks};
  const call_log log(config, host, "id-1");
  log.sending(2, a_request());
  log.received(2, a_request(), an_answer(), 1500us);
  log.retrying(2, {.message = "no luck"}, 250ms);
  log.renewed({.request_id = "other", .generation = 3, .elapsed = 80ms});

  REQUIRE(heard.requests.size() == 1);
  const auto& asked = heard.requests[0];
  CHECK(asked.request_id == "id-1");
  CHECK(asked.attempt == 2);
  CHECK(asked.method == t3api::method::post);
  CHECK(asked.url == "https://api.example/v2/packages/create?submit=true");
  CHECK(asked.headers.empty());
  CHECK(asked.body.empty());
  CHECK(asked.body_bytes == a_request().body.size());

  REQUIRE(heard.responses.size() == 1);
  const auto& told = heard.responses[0];
  CHECK(told.request_id == "id-1");
  CHECK(told.attempt == 2);
  CHECK(told.status == 201);
  CHECK(told.problem.empty());
  CHECK(told.elapsed == 1500us);
  CHECK(told.url == asked.url);
  CHECK(told.headers.empty());
  CHECK(told.body.empty());
  CHECK(told.body_bytes == an_answer().body.size());

  REQUIRE(heard.retries.size() == 1);
  CHECK(heard.retries[0].request_id == "id-1");
  CHECK(heard.retries[0].attempt == 2);
  CHECK(heard.retries[0].pause == 250ms);
  CHECK(heard.retries[0].reason == "no luck");

  REQUIRE(heard.renewals.size() == 1);
  CHECK(heard.renewals[0].request_id == "id-1");
  CHECK(heard.renewals[0].generation == 3);
  CHECK(heard.renewals[0].problem.empty());
  CHECK(heard.renewals[0].elapsed == 80ms);
}

TEST_CASE("headers and bodies are there when they are asked for, redacted") {
  listener heard;
  auto hooks = heard.hooks();
  SUBCASE("headers") { hooks.with_headers = true; }
  SUBCASE("bodies") { hooks.with_body = true; }
  const t3api::client_config config{.logging = hooks};
  const call_log log(config, host, "id-1");
  log.sending(1, a_request());
  log.received(1, a_request(), an_answer(), 1ms);
  REQUIRE(heard.requests.size() == 1);
  REQUIRE(heard.responses.size() == 1);
  if (hooks.with_headers) {
    CHECK(heard.requests[0].headers.get("Authorization") == "***");
    CHECK(heard.responses[0].headers.get("Content-Type") == "application/json");
  }
  CHECK(heard.requests[0].headers.empty() != hooks.with_headers);
  CHECK(heard.responses[0].headers.empty() != hooks.with_headers);
  CHECK(heard.requests[0].body == (hooks.with_body ? R"({"apiKey":"***","label":"1A4"})" : ""));
  CHECK(heard.responses[0].body == (hooks.with_body ? R"({"id":1,"jwt":"***"})" : ""));
}

TEST_CASE("an answer that did not come is told by its problem") {
  listener heard;
  const auto hooks = heard.hooks();
  const t3api::client_config config{.logging = hooks};
  const call_log log(config, host, "id-1");
  log.received(1, a_request(), t3api::error{.message = "no route\r\nto host"}, 1ms);
  log.received(1, a_request(), t3api::error{.category = t3api::error_category::timeout}, 1ms);
  REQUIRE(heard.responses.size() == 2);
  CHECK(heard.responses[0].status == 0);
  CHECK(heard.responses[0].problem == "no route\\u000D\\u000Ato host");
  CHECK(heard.responses[1].problem == "timeout");
}

TEST_CASE("a hook that throws, whatever it throws, does not reach the call") {
  int calls = 0;
  const auto fail = [&](const auto&) {
    if (++calls % 2 == 0) throw 42;
    throw std::runtime_error("from a hook");
  };
  const t3api::logging_hooks hooks{
      .on_request = fail, .on_response = fail, .on_retry = fail, .on_renewal = fail};
  const t3api::client_config config{.logging = hooks};
  const call_log log(config, host, "id-1");
  for (int i = 0; i < 2; ++i) {
    log.sending(1, a_request());
    log.received(1, a_request(), an_answer(), 1ms);
    log.retrying(1, {}, 1ms);
    log.renewed({});
    ++calls;
  }
  CHECK(calls == 10);
}

TEST_CASE("no event is made for a hook that is not set") {
  bool made = false;
  t3api::detail::tell(t3api::logging_hooks{}.on_request, [&] {
    made = true;
    return t3api::request_event{};
  });
  CHECK_FALSE(made);
  const t3api::logging_hooks hooks;
  const t3api::client_config config{.logging = hooks};
  const call_log log(config, host, "id-1");
  log.sending(1, a_request());
  log.received(1, a_request(), an_answer(), 1ms);
  log.retrying(1, {}, 1ms);
  log.renewed({});
}

TEST_CASE("no secret of a call is in its log, wherever it stood") {
  const std::string json =
      R"({"a":[{"b":{"Pass-Word":"CANARY","x":{"seed":["CANARY"]}}}],"echo":"of CANARY!"})";
  t3api::request sent{.method = t3api::method::post,
                      .path = "/v2/packages/notes?secretKey=CANARY&Otp=CANARY",
                      .query = {{"token", "CANARY"}, {"page", "1"}},
                      .headers = {{"aUTHORIZATION", "Bearer CANARY"},
                                  {"x-t3-api-key", "CANARY"},
                                  {"Cookie", "id=CANARY; b=c"},
                                  {"Content-Type", "application/json"}},
                      .body = json};
  t3api::response answer{.status = 400, .headers = {{"Content-Type", "application/json"}}, .body = json};
  answer.headers.add_received("Set-Cookie", "id=CANARY");
  answer.headers.add_received("X-Request-Id", "for CANARY");
  answer.headers.add_received("CANARY", "as a name");
  answer.headers.add_received("Content-Type", "x/CANARY");

  const auto check = [&](const std::string& problem) {
    const auto log = log_of(sent, answer, problem);
    CAPTURE(log);
    CHECK(log.find("CANARY") == log.npos);
    CHECK(std::count(log.begin(), log.end(), '\n') == 5);
  };
  check("the service said that CANARY is bad");
  sent.path = "/v2/auth/secretkey/CANARY";
  sent.body = answer.body = R"({"harmless":"CANARY"})";
  check("DELETE failed: Authorization: Bearer CANARY");
  sent = {.method = t3api::method::post,
          .path = "/v2/auth/credentials",
          .headers = {{"Content-Type", "application/json"}},
          .body = R"({"username":"jane","password":"CANARY","otp":"CANARY"})"};
  answer = {
      .status = 200, .headers = {{"Content-Type", "application/json"}}, .body = R"({"message":"CANARY"})"};
  check("password=CANARY");
  answer.headers = {};
  sent = {.path = "/v2/packages/active", .body = "password=CANARY"};
  answer.body = "<p>CANARY</p>";
  check(R"({"password": "CANARY"})");
}

TEST_CASE("a secret that a service repeats is hidden also without a name before it") {
  t3api::response answer{
      .status = 400,
      .headers = {{"Content-Type", "application/json"}},
      .body = R"(["who is canary-1","or canary-2","or canary-3",{"canary-4":1},"a b c d e f"])"};
  const t3api::request sent{.path = "/v2/x",
                            .query = {{"secretKey", "canary-1"}},
                            .headers = {{"Authorization", "Bearer canary-2"},
                                        {"Cookie", "a=canary-3; b=canary-4"},
                                        {"X-Own", "a b c d e f"},
                                        {"Content-Type", "application/json"}}};
  const auto log = log_of(sent, answer, "canary-1, canary-2, canary-3, canary-4");
  CAPTURE(log);
  CHECK(log.find("canary") == log.npos);
  CHECK(log.find("who is ***") != log.npos);
  CHECK(log.find("a b c d") == log.npos);
}

TEST_CASE("line breaks, escapes and bidi marks in a call make no second line of its log") {
  const std::string evil = "a\r\n2026-01-01T00:00:00.000Z fake \x1B[2J \xE2\x80\xAE \xE2\x80\xA8 \xC2\x85 z";
  t3api::request sent{.path = "/" + evil, .query = {{evil, evil}, {"page", evil}}, .body = evil};
  t3api::response answer{.status = 200, .body = "[\"\\u202e\\r\\n\\u001b\"]"};
  for (auto* fields : {&sent.headers, &answer.headers}) {
    fields->add_received("Content-Type", "application/json");
    fields->add_received(evil, evil);
    fields->add_received("Server", evil);
    fields->add_received("Content-Type", evil);
  }
  const auto log = log_of(sent, answer, evil);
  CAPTURE(log);
  CHECK(std::count(log.begin(), log.end(), '\n') == 5);
  for (const char* bad : {"\r", "\x1B", "\xE2\x80\xAE", "\xE2\x80\xA8", "\xC2\x85", "\n2026-01-01"}) {
    CHECK(log.find(bad) == log.npos);
  }
}
