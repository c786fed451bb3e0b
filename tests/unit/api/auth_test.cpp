#include <doctest/doctest.h>

#include <stop_token>

#include "tests/support/api_bench.hpp"

#include <t3api/api/auth.hpp>

using t3api::error_category;
using test::api_bench;

TEST_CASE("whoami reads the claims that T3 documents") {
  api_bench b;
  b.script.reply(test::answer(200, R"({"authMode":"JWT","credentialKey":"ck-1","hasT3plus":true,
      "t3plusSubscriptionTier":"gold","username":"demo-ca","hostname":"ca.metrc.com","iat":1,"exp":2})"));
  const auto me = t3api::whoami(b.client);
  REQUIRE(me);
  CHECK(me->auth_mode == "JWT");
  CHECK(me->credential_key == "ck-1");
  CHECK(me->has_t3plus);
  CHECK(me->t3plus_subscription_tier == "gold");
  CHECK(me->username == "demo-ca");
  CHECK(me->hostname == "ca.metrc.com");
  CHECK(b.script.requests()[0].method == t3api::method::get);
  CHECK(b.script.requests()[0].path == "/v2/auth/whoami");
}

TEST_CASE("claims that are missing or of another type stay empty") {
  api_bench b;
  b.script.reply(test::answer(200, R"({"username":7,"hasT3plus":"yes","t3plusSubscriptionTier":null})"));
  const auto me = t3api::whoami(b.client);
  REQUIRE(me);
  CHECK(me->username == "");
  CHECK(me->t3plus_subscription_tier == "");
  CHECK_FALSE(me->has_t3plus);
}

TEST_CASE("an identity that is no object is a protocol error") {
  for (const char* body : {"[]", "null", "7", "\"demo\"", "", "<html></html>", "{\"username\":"}) {
    CAPTURE(body);
    api_bench b;
    b.script.reply(test::answer(200, body));
    const auto me = t3api::whoami(b.client);
    REQUIRE_FALSE(me);
    CHECK(me.error().category == error_category::protocol);
    CHECK(me.error().sent);
  }
}

TEST_CASE("an error of the call comes through, and its options count") {
  api_bench b;
  b.script.reply(test::answer(401));
  CHECK(t3api::whoami(b.client).error().category == error_category::authentication);
  std::stop_source stop;
  stop.request_stop();
  CHECK(t3api::whoami(b.client, {.stop = stop.get_token()}).error().category == error_category::cancelled);
}
