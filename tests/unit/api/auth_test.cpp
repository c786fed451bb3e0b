#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "tests/support/client_kit.hpp"

#include <t3api/api/auth.hpp>
#include <t3api/auth/none.hpp>

using t3api::error_category;
using t3api::no_auth;

namespace {

struct bench {
  t3api::scripted_transport script{};
  test::scripted_client<no_auth> client{script, no_auth(), test::patient_config(test::make_clock())};
};

t3api::credentials demo() {
  return {.hostname = "ca.metrc.com", .username = "demo-ca", .password = "demo-ca-password"};
}

}  // namespace

TEST_CASE("whoami reads the claims that T3 documents") {
  bench b;
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
  bench b;
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
    bench b;
    b.script.reply(test::answer(200, body));
    const auto me = t3api::whoami(b.client);
    REQUIRE_FALSE(me);
    CHECK(me.error().category == error_category::protocol);
    CHECK(me.error().sent);
  }
}

TEST_CASE("an error of the call comes through, and its options count") {
  bench b;
  b.script.reply(test::answer(401));
  CHECK(t3api::whoami(b.client).error().category == error_category::authentication);
  std::stop_source stop;
  stop.request_stop();
  CHECK(t3api::whoami(b.client, {.stop = stop.get_token()}).error().category == error_category::cancelled);
}

TEST_CASE("a secret key is made with exactly the body that T3 documents") {
  bench b;
  b.script.reply(test::answer(200, R"({"secretKey":"6f1f2c9e-1111-4222-8333-444444444444"})"))
      .reply(test::answer(201, R"({"secretKey":"second"})"));
  CHECK(t3api::create_secret_key(b.client, demo()).value().reveal() ==
        "6f1f2c9e-1111-4222-8333-444444444444");
  auto user = demo();
  user.otp_seed = " JBSWY3DPEHPK3PXP ";
  user.email = "demo@example.com";
  CHECK(t3api::create_secret_key(b.client, user).value().reveal() == "second");
  const auto sent = b.script.requests();
  CHECK(sent[0].method == t3api::method::post);
  CHECK(sent[0].path == "/v2/auth/secretkey");
  CHECK(sent[0].headers.get("Content-Type") == "application/json");
  CHECK(sent[0].body == R"({"hostname":"ca.metrc.com","username":"demo-ca","password":"demo-ca-password"})");
  CHECK(
      sent[1].body ==
      R"({"hostname":"ca.metrc.com","username":"demo-ca","password":"demo-ca-password","otpSeed":"JBSWY3DPEHPK3PXP","email":"demo@example.com"})");
}

TEST_CASE("credentials that cannot be right make no request") {
  bench b;
  auto user = demo();
  user.password = " ";
  const auto refused = t3api::create_secret_key(b.client, user);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().category == t3api::error_category::argument);
  CHECK(refused.error().message == "the Metrc password is empty: give one");
  CHECK(b.script.requests().empty());
}

TEST_CASE("Metrc credentials do not travel over plain http to another machine, not even with no_auth") {
  t3api::scripted_transport script;
  const test::scripted_client<no_auth> open(script, no_auth(), {.host = "http://api.example.com"});
  const auto refused = t3api::create_secret_key(open, demo());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().category == error_category::argument);
  CHECK(script.requests().empty());
  script.reply(test::answer(200, R"({"secretKey":"k"})")).reply(test::answer(200, R"({"secretKey":"k"})"));
  const test::scripted_client<no_auth> local(script, no_auth(), {.host = "http://127.0.0.1:1"});
  CHECK(t3api::create_secret_key(local, demo()));
  const test::scripted_client<no_auth> daring(
      script, no_auth(), {.host = "http://api.example.com", .dangerously_allow_plain_http = true});
  CHECK(t3api::create_secret_key(daring, demo()));
}

TEST_CASE("an answer without a secret key is a protocol error that shows none of it") {
  for (const char* body : {"{}", "[]", R"({"secretKey":""})", R"({"secretKey":7})", R"(["hunter2"])",
                           R"({"key":"hunter2"})", "<html>hunter2</html>", ""}) {
    CAPTURE(body);
    bench b;
    b.script.reply(test::answer(200, body));
    const auto key = t3api::create_secret_key(b.client, demo());
    REQUIRE_FALSE(key);
    CHECK(key.error().category == error_category::protocol);
    CHECK(key.error().message.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("refused credentials are posted once and not shown when the service repeats them") {
  bench b;
  auto user = demo();
  user.otp_seed = "JBSWY3DPEHPK3PXP";
  b.script.reply(
      test::answer(401, R"({"error":{"message":"demo-ca-password and JBSWY3DPEHPK3PXP are wrong"}})"));
  const auto refused = t3api::create_secret_key(b.client, user);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().category == error_category::authentication);
  CHECK(refused.error().service_message == "*** and *** are wrong");
  CHECK(refused.error().message.find("demo-ca-password") == std::string::npos);
  CHECK(b.script.requests().size() == 1);
}
