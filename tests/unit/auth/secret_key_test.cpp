#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/secret_key.hpp>

using t3api::secret_key_auth;
using t3api::secret_key_place;

namespace {

const std::string key = "6f1f2c9e-1111-4222-8333-444444444444";

t3api::request authorised(const secret_key_auth& method, t3api::request message = {.path = "/x"}) {
  test::fake_exchange via;
  CHECK(method.authorize(message, via).value() == 0);
  return message;
}

}  // namespace

TEST_CASE("a secret key travels in its header unless told otherwise") {
  const auto message = authorised(secret_key_auth(" " + key + "\n"));
  CHECK(message.headers.get("X-T3-API-Key") == key);
  CHECK_FALSE(message.headers.contains("Authorization"));
  CHECK(message.query.empty());
}

TEST_CASE("a secret key can travel as a query parameter, beside the others") {
  const auto message = authorised(secret_key_auth("\t" + key + " ", secret_key_place::query),
                                  {.path = "/x", .query = {{"page", "1"}}});
  CHECK(message.headers.empty());
  CHECK(message.query == t3api::query_params{{"page", "1"}, {"secretKey", key}});
}

TEST_CASE("an empty key and one with control bytes are refused without being shown") {
  for (const auto place : {secret_key_place::header, secret_key_place::query}) {
    for (const char* blank : {"", " ", "\r\n"}) {
      CHECK_THROWS_WITH_AS(secret_key_auth(blank, place), "the secret key is empty: give one",
                           std::invalid_argument);
    }
    for (const std::string& bad : {std::string("a\r\nX: y"), std::string("a\0b", 3),
                                   std::string("a\x7F"
                                               "b"),
                                   std::string("a\tb")}) {
      CHECK_THROWS_WITH_AS(secret_key_auth(bad, place),
                           "the secret key holds a control character: is there a line break at its end?",
                           std::invalid_argument);
    }
    CHECK_THROWS_AS(secret_key_auth("\xFF", place), std::invalid_argument);
  }
}

TEST_CASE("a key that the service refuses is sent once and not shown when the service repeats it") {
  for (const auto place : {secret_key_place::header, secret_key_place::query}) {
    t3api::scripted_transport script;
    script.reply(test::answer(401, R"({"error":{"message":"key )" + key + R"( is disabled"}})"));
    const test::scripted_client<secret_key_auth> client(script, secret_key_auth(key, place),
                                                        test::patient_config(test::make_clock()));
    const auto refused = client.get("/x");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().category == t3api::error_category::authentication);
    CHECK(refused.error().service_message == "key *** is disabled");
    CHECK(refused.error().message.find(key) == std::string::npos);
    CHECK(script.requests().size() == 1);
  }
}
