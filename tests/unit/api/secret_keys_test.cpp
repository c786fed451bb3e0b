#include <doctest/doctest.h>

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "tests/support/api_bench.hpp"

#include <t3api/api/secret_keys.hpp>
#include <t3api/auth/api_key.hpp>
#include <t3api/auth/none.hpp>
#include <t3api/retry/exponential_backoff.hpp>

using t3api::error_category;
using t3api::no_auth;
using test::api_bench;

namespace {

t3api::credentials demo() {
  return {.hostname = "ca.metrc.com", .username = "demo-ca", .password = "demo-ca-password"};
}

}  // namespace

TEST_CASE("a secret key is made with exactly the body that T3 documents") {
  api_bench b;
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
  api_bench b;
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
    api_bench b;
    b.script.reply(test::answer(200, body));
    const auto key = t3api::create_secret_key(b.client, demo());
    REQUIRE_FALSE(key);
    CHECK(key.error().category == error_category::protocol);
    CHECK(key.error().message.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("a wrong password for a secret key is posted once, and says nothing of the client's own token") {
  for (const bool renew : {true, false}) {
    CAPTURE(renew);
    t3api::scripted_transport script;
    const test::scripted_client<t3api::api_key_auth> client(
        script, t3api::api_key_auth("demo-api-key", "CA", {.keep_credentials = renew}),
        test::patient_config(test::make_clock()));
    script.reply(test::token_answer("token-1"))
        .reply(test::answer(401, R"({"message":"Metrc refused the login"})"))
        .reply(test::answer(200));
    const auto refused = t3api::create_secret_key(
        client, {.hostname = "ca.metrc.com", .username = "demo-ca", .password = "wrong"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().service_message == "Metrc refused the login");
    CHECK(client.get("/x"));
    CHECK(script.requests().size() == 3);
    CHECK(test::authorization_of(script.requests().back()) == "Bearer token-1");
  }
}

TEST_CASE("refused credentials are posted once and not shown when the service repeats them") {
  api_bench b;
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

TEST_CASE("secret keys are listed as T3 documents them, and members nobody knows are passed over") {
  api_bench b;
  b.script.reply(test::answer(200, R"([
      {"id":"a-1","createdAt":"2001-09-09T01:46:40.500Z","lastUsedAt":null,"isEnabled":true},
      {"id":"b-2","createdAt":"2001-09-09T01:46:40Z","lastUsedAt":"2001-09-09T03:46:41+02:00","isEnabled":false,
       "label":"sheet","lastUsedFrom":{"ip":"::1"}}])"));
  const auto keys = t3api::list_secret_keys(b.client);
  REQUIRE(keys);
  REQUIRE(keys->size() == 2);
  const t3api::utc_milliseconds start(test::start_of_time);
  CHECK((*keys)[0].id == "a-1");
  CHECK((*keys)[0].created_at == start + std::chrono::milliseconds(500));
  CHECK_FALSE((*keys)[0].last_used_at);
  CHECK((*keys)[0].is_enabled);
  CHECK((*keys)[1].id == "b-2");
  CHECK((*keys)[1].created_at == start);
  CHECK((*keys)[1].last_used_at == start + std::chrono::seconds(1));
  CHECK_FALSE((*keys)[1].is_enabled);
  const auto sent = b.script.requests()[0];
  CHECK(sent.method == t3api::method::get);
  CHECK(t3api::request_target(sent) == "/v2/auth/secretkey");
}

TEST_CASE("no secret keys are no error") {
  api_bench b;
  b.script.reply(test::answer(200, "[]"));
  CHECK(t3api::list_secret_keys(b.client).value().empty());
}

TEST_CASE("a list of secret keys without its members is a protocol error") {
  const nlohmann::json good = {
      {"id", "a"}, {"createdAt", "2024-05-17T12:00:10Z"}, {"lastUsedAt", nullptr}, {"isEnabled", true}};
  std::vector<std::string> bodies = {"{}",
                                     "null",
                                     "7",
                                     "\"a\"",
                                     "",
                                     "<html>",
                                     "[{\"id\":",
                                     "[null]",
                                     "[[]]",
                                     "[\"a\"]",
                                     "[{}]",
                                     R"({"data":[]})",
                                     nlohmann::json({good, nullptr}).dump(),
                                     nlohmann::json({{"data", {good}}}).dump()};
  for (const auto& [member, value] : good.items()) {
    for (const nlohmann::json& wrong : {nlohmann::json(), nlohmann::json(7), nlohmann::json(""),
                                        nlohmann::json("yesterday"), nlohmann::json::array()}) {
      const bool fine =
          (member == "lastUsedAt" && wrong.is_null()) || (member == "id" && wrong == "yesterday");
      if (fine) continue;
      auto row = good;
      row[member] = wrong;
      bodies.push_back(nlohmann::json({good, row}).dump());
    }
    auto row = good;
    row.erase(member);
    bodies.push_back(nlohmann::json::array({row}).dump());
  }
  for (const auto& body : bodies) {
    CAPTURE(body);
    api_bench b;
    b.script.reply(test::answer(200, body));
    const auto keys = t3api::list_secret_keys(b.client);
    REQUIRE_FALSE(keys);
    CHECK(keys.error().category == error_category::protocol);
  }
}

TEST_CASE("an error of the call for secret keys comes through, and its options count") {
  api_bench b;
  b.script.reply(test::answer(401));
  CHECK(t3api::list_secret_keys(b.client).error().category == error_category::authentication);
  std::stop_source stop;
  stop.request_stop();
  CHECK(t3api::list_secret_keys(b.client, {.stop = stop.get_token()}).error().category ==
        error_category::cancelled);
  CHECK(t3api::delete_secret_key(b.client, "a-1", {.stop = stop.get_token()}).error().category ==
        error_category::cancelled);
}

TEST_CASE("a secret key is deleted by its id, whatever the body of the answer") {
  api_bench b;
  b.script.reply(test::answer(204)).reply(test::answer(200, "deleted"));
  CHECK(t3api::delete_secret_key(b.client, "6F1F2C9E-1111-4222-8333-444444444444"));
  CHECK_NOTHROW(t3api::delete_secret_key(b.client, "a b?c#d%2Fe;\xC3\xA9").value());
  const auto sent = b.script.requests();
  CHECK(sent[0].method == t3api::method::delete_);
  CHECK(t3api::request_target(sent[0]) == "/v2/auth/secretkey/6F1F2C9E-1111-4222-8333-444444444444");
  CHECK(sent[0].body.empty());
  CHECK(t3api::request_target(sent[1]) == "/v2/auth/secretkey/a%20b%3Fc%23d%252Fe%3B%C3%A9");
}

TEST_CASE("an id that cannot be one sends nothing") {
  api_bench b;
  for (const std::string id :
       {"", " ", ".", "..", "/", "a/b", "../licenses", "a\\b", "a\n", "a\r\nX: y", "\x7F", "\xFF"}) {
    CAPTURE(id);
    const auto refused = t3api::delete_secret_key(b.client, id);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().category == error_category::argument);
    CHECK(refused.error().message.find("id of the secret key") != std::string::npos);
  }
  CHECK(t3api::delete_secret_key(b.client, std::string("a\0b", 3)).error().category ==
        error_category::argument);
  CHECK(b.script.requests().empty());
}

TEST_CASE("a key that is not there after an attempt whose answer was lost may have been deleted by that") {
  t3api::scripted_transport script;
  script.reply(test::answer(502)).reply(test::answer(404));
  const t3api::client client(script, t3api::no_auth(), t3api::exponential_backoff(),
                             test::patient_config(test::make_clock()));
  const auto refused = t3api::delete_secret_key(client, "an-id");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().status == 404);
  CHECK(refused.error().maybe_done);
  CHECK(
      refused.error().message ==
      "the service knows no such secret key of this user: an earlier attempt of this call, whose outcome is "
      "unknown, may have deleted it");
}

TEST_CASE("deleting a key that is not there is an http error that says so and does not repeat the id") {
  api_bench b;
  b.script.reply(test::answer(404, R"({"error":{"message":"no such key a-canary-id"}})"));
  const auto refused = t3api::delete_secret_key(b.client, "a-canary-id");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().category == error_category::http);
  CHECK(refused.error().status == 404);
  CHECK(refused.error().message.find("no such secret key") != std::string::npos);
  CHECK(refused.error().service_message == "no such key ***");
  CHECK_THROWS_AS(refused.value(), t3api::http_error);

  b.script.reply(test::answer(403, R"({"message":"not allowed"})"));
  const auto forbidden = t3api::delete_secret_key(b.client, "a-canary-id");
  CHECK(forbidden.error().status == 403);
  CHECK(forbidden.error().message.find("not allowed") != std::string::npos);
  CHECK(forbidden.error().message.find("a-canary-id") == std::string::npos);
}
