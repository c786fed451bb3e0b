#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/bearer.hpp>

using namespace std::chrono_literals;
using t3api::bearer_auth;

namespace {

const t3api::wall_time now{test::start_of_time};

std::string sent_with(const bearer_auth& method) {
  test::fake_exchange via;
  t3api::request message{.path = "/x"};
  CHECK(method.authorize(message, via).value() == 0);
  return test::authorization_of(message);
}

}  // namespace

TEST_CASE("a JWT is sent as it is, without white space around it") {
  const auto token = test::jwt("mine");
  CHECK(sent_with(bearer_auth(token, now)) == "Bearer " + token);
  CHECK(sent_with(bearer_auth(" \t" + token + "\r\n", now)) == "Bearer " + token);
}

TEST_CASE("an empty JWT and one with control bytes are refused without being shown") {
  for (const char* blank : {"", " ", "\r\n"}) {
    CHECK_THROWS_WITH_AS(bearer_auth(blank, now), "the JWT is empty: give one", std::invalid_argument);
  }
  CHECK_THROWS_WITH_AS(bearer_auth(t3api::secret(), now), "the JWT is empty: give one",
                       std::invalid_argument);
  for (const std::string& token : {std::string("a\r\nX: y"), std::string("a\0b", 3),
                                   std::string("a\x7F"
                                               "b")}) {
    CHECK_THROWS_WITH_AS(bearer_auth(token, now),
                         "the JWT holds a control character: is there a line break at its end?",
                         std::invalid_argument);
  }
}

TEST_CASE("a JWT that has expired is refused when it is given") {
  CHECK_THROWS_WITH_AS(
      bearer_auth(test::jwt("old", -1s), now),
      "the JWT has expired: get a new one, or use credentials_auth or secret_key_auth, which need none",
      t3api::authentication_error);
  CHECK_THROWS_AS(bearer_auth(test::jwt("old", 0s), now), t3api::authentication_error);
  CHECK_THROWS_AS(bearer_auth(test::jwt("old", 0s), now + 999ms), t3api::authentication_error);
  CHECK_THROWS_AS(bearer_auth(test::jwt_of({{"exp", -5}}), now), t3api::authentication_error);
  CHECK_THROWS_AS(bearer_auth(test::jwt_of({{"exp", -1e300}}), now), t3api::authentication_error);
  CHECK_NOTHROW(bearer_auth(test::jwt("good", 1s), now));
}

TEST_CASE("the wall clock decides when no time is given") {
  CHECK_THROWS_AS(bearer_auth(test::jwt("old")), t3api::authentication_error);
  CHECK_NOTHROW(bearer_auth(test::jwt_of({{"exp", 99'999'999'999}})));
}

TEST_CASE("a fraction of a second in exp is left out") {
  CHECK_THROWS_AS(bearer_auth(test::jwt_of({{"exp", 1'000'000'000.9}}), now), t3api::authentication_error);
  CHECK_NOTHROW(bearer_auth(test::jwt_of({{"exp", 1'000'000'001.5}}), now));
}

TEST_CASE("a JWT without a readable expiry is left to the service") {
  for (const std::string& token :
       {std::string("opaque"), std::string("a.b.c"), std::string("a.b"), test::jwt_of({{"sub", "x"}}),
        test::jwt_of({{"exp", "1"}}), test::jwt_of({{"exp", nullptr}}), test::jwt_of({{"exp", 1e300}})}) {
    CHECK(sent_with(bearer_auth(token, now)) == "Bearer " + token);
  }
}

TEST_CASE("a JWT that expires later fails the call before anything is sent") {
  const auto clock = test::make_clock();
  t3api::scripted_transport script;
  script.reply(test::answer(200));
  const test::scripted_client<bearer_auth> client(script, bearer_auth(test::jwt("short", 60s), now),
                                                  test::patient_config(clock));
  CHECK(client.get("/x"));
  clock->advance(60s);
  const auto late = client.get("/x");
  REQUIRE_FALSE(late);
  CHECK(late.error().category == t3api::error_category::authentication);
  CHECK_FALSE(late.error().retryable);
  CHECK_FALSE(late.error().sent);
  CHECK(script.requests().size() == 1);
}

TEST_CASE("a JWT that the service refuses is not sent again, and not shown when the service repeats it") {
  const auto token = test::jwt("mine");
  t3api::scripted_transport script;
  script.reply(
      test::answer(401, nlohmann::json{{"message", "bad token " + token}}.dump(), {{"X-Request-Id", token}}));
  const test::scripted_client<bearer_auth> client(script, bearer_auth(token, now),
                                                  test::patient_config(test::make_clock()));
  const auto refused = client.get("/x");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().category == t3api::error_category::authentication);
  CHECK(refused.error().status == 401);
  CHECK(refused.error().service_message == "bad token ***");
  CHECK(refused.error().service_request_id == "***");
  CHECK(refused.error().message.find(token.substr(0, 20)) == std::string::npos);
  CHECK(script.requests().size() == 1);
}

TEST_CASE("an Authorization header of the caller's own is replaced") {
  t3api::scripted_transport script;
  script.reply(test::answer(200));
  const test::scripted_client<bearer_auth> client(script, bearer_auth("mine", now),
                                                  test::patient_config(test::make_clock()));
  CHECK(client.send({.path = "/x", .headers = {{"authorization", "Basic eA=="}}}));
  CHECK(test::authorization_of(script.requests()[0]) == "Bearer mine");
}
