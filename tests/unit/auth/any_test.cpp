#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/any.hpp>
#include <t3api/auth/api_key.hpp>
#include <t3api/auth/bearer.hpp>
#include <t3api/auth/credentials.hpp>
#include <t3api/auth/none.hpp>
#include <t3api/auth/secret_key.hpp>

using namespace std::chrono_literals;
using t3api::any_auth;

namespace {

constexpr const char* uuid = "0b7e3c0a-8f5e-4e6b-9d2b-3f1f6f0c1a2b";

/// The one request that a method sends when it needs nothing from the service.
t3api::request sent_by(any_auth method) {
  t3api::scripted_transport script;
  script.reply(test::answer(200));
  const test::scripted_client<any_auth> client(script, std::move(method),
                                               test::patient_config(test::make_clock()));
  REQUIRE(client.get("/x"));
  REQUIRE(script.requests().size() == 1);
  return script.requests().front();
}

/// An exchange, a call that is refused, and its replay with a new token.
void check_renewal(any_auth method, const std::string& path) {
  t3api::scripted_transport script;
  script.reply(test::token_answer("token-1"))
      .reply(test::answer(401))
      .reply(test::token_answer("token-2"))
      .reply(test::answer(200));
  const test::scripted_client<any_auth> client(script, std::move(method),
                                               test::patient_config(test::make_clock()));
  REQUIRE(client.get("/x"));
  const auto sent = script.requests();
  REQUIRE(sent.size() == 4);
  CHECK(sent[0].path == path);
  CHECK(test::authorization_of(sent[1]) == "Bearer token-1");
  CHECK(sent[2].path == path);
  CHECK(test::authorization_of(sent[3]) == "Bearer token-2");
}

t3api::credentials_auth demo_way() {
  return t3api::credentials_auth(
      {.hostname = "ca.metrc.com", .username = "demo", .password = "demo-password"});
}

}  // namespace

TEST_CASE("any auth method works when it is chosen at run time") {
  SUBCASE("none") {
    const auto sent = sent_by(t3api::no_auth{});
    CHECK_FALSE(sent.headers.contains("Authorization"));
    CHECK_FALSE(sent.headers.contains("X-T3-API-Key"));
  }
  SUBCASE("bearer") {
    const auto jwt = test::jwt("given");
    CHECK(test::authorization_of(sent_by(t3api::bearer_auth(jwt, t3api::wall_time(test::start_of_time)))) ==
          "Bearer " + jwt);
  }
  SUBCASE("secret key") { CHECK(sent_by(t3api::secret_key_auth(uuid)).headers.get("X-T3-API-Key") == uuid); }
  SUBCASE("credentials") { check_renewal(demo_way(), "/v2/auth/credentials"); }
  SUBCASE("API key") { check_renewal(t3api::api_key_auth("demo-api-key", "CA"), "/v2/auth/apikey"); }
}

TEST_CASE("a method that cannot renew is not asked to, also when it was chosen at run time") {
  any_auth method = t3api::secret_key_auth(uuid);
  CHECK_FALSE(method.on_unauthorized(0));
  any_auth renewable = demo_way();
  CHECK(renewable.on_unauthorized(0));
}

TEST_CASE("the error of a method comes through") {
  any_auth method = t3api::bearer_auth(test::jwt("given", 1h), t3api::wall_time(test::start_of_time));
  const auto clock = test::make_clock();
  clock->advance(1h);
  test::fake_exchange via(clock);
  t3api::request message{.path = "/x"};
  const auto refused = method.authorize(message, via);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().category == t3api::error_category::authentication);
}

TEST_CASE("the description is what was given") {
  const any_auth described(t3api::no_auth{}, "a JWT from JWT_TOKEN");
  CHECK(described.description() == "a JWT from JWT_TOKEN");
  const any_auth copy = described;
  CHECK(copy.description() == "a JWT from JWT_TOKEN");
  CHECK(any_auth(t3api::no_auth{}).description().empty());
}

TEST_CASE("copies share one method and its token") {
  const any_auth original = demo_way();
  any_auth copy = original;
  any_auth assigned = t3api::no_auth{};
  assigned = copy;
  test::fake_exchange via;
  via.script.reply(test::token_answer("token-1")).reply(test::token_answer("token-2"));
  for (any_auth method : {original, copy, assigned}) {
    t3api::request message{.path = "/x"};
    CHECK(method.authorize(message, via).value() == 1);
    CHECK(test::authorization_of(message) == "Bearer token-1");
  }
  CHECK(copy.on_unauthorized(1));
  t3api::request message{.path = "/x"};
  CHECK(assigned.authorize(message, via).value() == 2);
  CHECK(via.script.requests().size() == 2);
}
