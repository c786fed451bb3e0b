#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/api_key.hpp>

using t3api::api_key_auth;

TEST_CASE("an API key is exchanged with exactly the body that T3 documents") {
  t3api::scripted_transport script;
  script.reply(test::token_answer("token-1")).reply(test::answer(200));
  const test::scripted_client<api_key_auth> client(script, api_key_auth(" demo-\"api\\key\n", " CA "),
                                                   test::patient_config(test::make_clock()));
  REQUIRE(client.get("/v2/licenses"));
  const auto sent = script.requests();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].method == t3api::method::post);
  CHECK(sent[0].path == "/v2/auth/apikey");
  CHECK(sent[0].query.empty());
  CHECK(sent[0].headers.get("Content-Type") == "application/json");
  CHECK_FALSE(sent[0].headers.contains("Authorization"));
  CHECK(sent[0].body == R"({"apiKey":"demo-\"api\\key","stateCode":"CA"})");
  CHECK(sent[1].path == "/v2/licenses");
  CHECK(test::authorization_of(sent[1]) == "Bearer token-1");
}

TEST_CASE("an empty API key and one with control bytes are refused without being shown") {
  for (const char* blank : {"", " ", "\r\n"}) {
    CHECK_THROWS_WITH_AS(api_key_auth(blank, "CA"), "the API key is empty: give one", std::invalid_argument);
  }
  for (const std::string& bad : {std::string("a\nb"), std::string("a\0b", 3),
                                 std::string("a\x7F"
                                             "b")}) {
    CHECK_THROWS_WITH_AS(api_key_auth(bad, "CA"),
                         "the API key holds a control character: is there a line break at its end?",
                         std::invalid_argument);
  }
}

TEST_CASE("a state code is two letters") {
  for (const char* code : {"CA", "mo", " MI\n"}) CHECK_NOTHROW(api_key_auth("key", code));
  for (const char* code : {"C", "CAL", "C1", "C ", "\xC3\xA9", "C-", "ca.metrc.com"}) {
    CAPTURE(code);
    CHECK_THROWS_WITH_AS(api_key_auth("key", code), "the state code is not two letters: write it like CA",
                         std::invalid_argument);
  }
  CHECK_THROWS_WITH_AS(api_key_auth("key", " "), "the state code is empty: give one", std::invalid_argument);
  CHECK_THROWS_WITH_AS(api_key_auth("key", "C\nA"),
                       "the state code holds a control character: is there a line break at its end?",
                       std::invalid_argument);
}

TEST_CASE("copies of an API key method share one token") {
  t3api::scripted_transport script;
  script.reply(test::token_answer("token-1")).reply(test::answer(200)).reply(test::answer(200));
  const api_key_auth method("demo-api-key", "CA");
  const auto config = test::patient_config(test::make_clock());
  const test::scripted_client<api_key_auth> first(script, method, config);
  const test::scripted_client<api_key_auth> second(script, method, config);
  CHECK(first.get("/a"));
  CHECK(second.get("/b"));
  CHECK(test::count_posts(script) == 1);
  CHECK(test::authorization_of(script.requests()[2]) == "Bearer token-1");
  CHECK(method.tokens_obtained() == 1);
}

TEST_CASE("a refused API key is sent once and not shown when the service repeats it") {
  t3api::scripted_transport script;
  script.reply(test::answer(401, R"({"error":{"message":"unknown key demo-api-key"}})"));
  const test::scripted_client<api_key_auth> client(script, api_key_auth("demo-api-key", "CA"),
                                                   test::patient_config(test::make_clock()));
  for (int i = 0; i < 3; ++i) {
    const auto refused = client.get("/x");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().category == t3api::error_category::authentication);
    CHECK(refused.error().status == 401);
    CHECK(refused.error().service_message == "unknown key ***");
    CHECK(refused.error().message.find("demo-api-key") == std::string::npos);
  }
  CHECK(script.requests().size() == 1);
}
