#include <t3api/sandbox/limits/limits.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <t3api/core/http_date.hpp>
#include <tests/unit/sandbox/support.hpp>

using namespace std::chrono_literals;
using nlohmann::json;
using sandbox_test::body_of;
using sandbox_test::message_of;
using sandbox_test::method;
using sandbox_test::sandbox;

namespace {

json with(json body, const char* name, const std::string& value) {
  body[name] = value;
  return body;
}

/// A login from an address.
t3api::response log_in(sandbox& s, const json& body, const std::string& address = {},
                       const std::string& path = "/v2/auth/credentials") {
  return s.service.handle({.method = method::post, .path = path, .body = body.dump()}, {.address = address});
}

/// What is the same in all answers of one kind.
std::string without_ids_and_times(const t3api::response& answer) {
  auto body = body_of(answer);
  body["error"].erase("timestamp");
  std::string text = std::to_string(answer.status) + body.dump();
  for (const auto& [name, value] : answer.headers) {
    if (name != "X-Request-Id" && name != "Date") text += "\n" + name + ": " + value;
  }
  return text;
}

const auto wrong = with(sandbox::california(), "password", "wrong");
const auto unknown = with(sandbox::california(), "username", "nobody");

}  // namespace

TEST_CASE("a user has 600 requests a minute, whatever the way in, and others are not touched") {
  sandbox s;
  const auto token = s.token(), key = s.secret_key(), other = s.token(sandbox::colorado());
  for (int i = 0; i < 299; ++i) {  // Besides the two logins.
    REQUIRE(s.get_with_token("/v2/licenses", token).status == 200);
    REQUIRE(s.get_with_key("/v2/auth/whoami", key).status == 200);
  }
  s.clock->advance(20s);
  for (const auto& answer : {s.get_with_token("/v2/licenses", token), s.get_with_key("/v2/licenses", key),
                             s.get("/v2/licenses?secretKey=" + key)}) {
    CHECK(answer.status == 429);
    CHECK(answer.headers.get("Retry-After") == "40");
    CHECK(body_of(answer)["error"]["type"] == "too_many_requests");
    CHECK(body_of(answer)["error"]["status_code"] == 429);
  }
  CHECK(s.get_with_token("/v2/licenses", other).status == 200);
  CHECK(s.get("/v2/states").status == 200);
  s.clock->advance(40s);
  CHECK(s.get_with_token("/v2/licenses", token).status == 200);
}

TEST_CASE("who is not let in uses up no requests, and who called too often no key") {
  sandbox s({.requests_per_minute = 1});
  const auto key = s.secret_key();
  s.clock->advance(60s);
  const auto token = s.token();
  s.clock->advance(60s);
  for (int i = 0; i < 3; ++i) CHECK(s.get_with_key("/v2/licenses", "wrong").status == 401);
  CHECK(s.get_with_key("/v2/licenses", key).status == 200);
  s.clock->advance(1s);
  CHECK(s.get_with_key("/v2/licenses", key).status == 429);
  s.clock->advance(59s);
  const auto list = body_of(s.get_with_token("/v2/auth/secretkey", token));
  CHECK(list[0]["lastUsedAt"] == "2024-05-17T12:02:10.000Z");
}

TEST_CASE("of many threads exactly the limit of requests gets through") {
  sandbox s({.requests_per_minute = 101});
  const auto token = s.token();  // The first request.
  std::atomic<int> through{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) through += s.get_with_token("/v2/licenses", token).status == 200;
      });
    }
  }
  CHECK(through == 100);
}

TEST_CASE("after ten failed logins an account must wait, whatever the password, and Metrc is not asked") {
  for (const char* path : {"/v2/auth/credentials", "/v2/auth/secretkey"}) {
    CAPTURE(path);
    for (const auto& body : {wrong, unknown}) {
      sandbox s;
      const auto right = with(body, "password", "demo-ca-password");
      for (int i = 0; i < 10; ++i) {
        REQUIRE(log_in(s, with(body, "password", "guess " + std::to_string(i)), {}, path).status == 401);
      }
      s.clock->advance(1min);
      const auto asked = s.service.metrc().attempts();
      const auto refused = log_in(s, body, {}, path);
      CHECK(refused.status == 429);
      CHECK(refused.headers.get("Retry-After") == "240");
      CHECK(without_ids_and_times(log_in(s, right, {}, path)) == without_ids_and_times(refused));
      CHECK(log_in(s, with(right, "hostname", "API-CA"), {}, path).status == 429);
      CHECK(s.service.metrc().attempts() == asked);
      CHECK(log_in(s, sandbox::colorado(), {}, path).status == 200);
      s.clock->advance(4min);
      CHECK(log_in(s, body, {}, path).status == 401);
    }
  }
}

TEST_CASE("the ways to log in share the failures of an account") {
  sandbox s({.failed_logins_per_account = 2});
  CHECK(log_in(s, wrong, {}, "/v2/auth/credentials").status == 401);
  CHECK(log_in(s, wrong, {}, "/v2/auth/secretkey").status == 401);
  CHECK(log_in(s, sandbox::california(), {}, "/v2/auth/credentials").status == 429);
  CHECK(log_in(s, sandbox::california(), {}, "/v2/auth/secretkey").status == 429);
}

TEST_CASE("an address has fifty failed logins, over all accounts, which success does not take back") {
  sandbox s;
  for (int i = 0; i < 50; ++i) {
    REQUIRE(log_in(s, with(unknown, "username", "user " + std::to_string(i)), "192.0.2.1").status == 401);
    if (i < 49) REQUIRE(log_in(s, sandbox::colorado(), "192.0.2.1").status == 200);
  }
  const json api_key = {{"apiKey", "demo-api-key"}, {"stateCode", "CA"}};
  CHECK(log_in(s, sandbox::california(), "192.0.2.1").status == 429);
  CHECK(log_in(s, sandbox::california(), "192.0.2.1", "/v2/auth/secretkey").status == 429);
  CHECK(log_in(s, api_key, "192.0.2.1", "/v2/auth/apikey").status == 429);
  CHECK(log_in(s, sandbox::california(), "192.0.2.2").status == 200);
  CHECK(log_in(s, sandbox::california()).status == 200);
}

TEST_CASE("logins that succeed count among the requests of their user, whatever the way in") {
  const json api_key = {{"apiKey", "demo-api-key"}, {"stateCode", "CA"}};
  sandbox s({.requests_per_minute = 3});
  CHECK(log_in(s, sandbox::california()).status == 200);
  CHECK(log_in(s, sandbox::california(), {}, "/v2/auth/secretkey").status == 200);
  CHECK(log_in(s, api_key, {}, "/v2/auth/apikey").status == 200);
  for (const auto& refused :
       {log_in(s, sandbox::california()), log_in(s, sandbox::california(), {}, "/v2/auth/secretkey"),
        log_in(s, api_key, {}, "/v2/auth/apikey")}) {
    CHECK(refused.status == 429);
    CHECK(refused.headers.get("Retry-After") == "60");
  }
  CHECK(log_in(s, wrong).status == 401);
  CHECK(log_in(s, sandbox::colorado()).status == 200);
  s.clock->advance(60s);
  const auto token = s.token();
  CHECK(body_of(s.get_with_token("/v2/auth/secretkey", token)).size() == 1);
}

TEST_CASE("a user has a hundred secret keys, of which one must go before the next is made") {
  sandbox s({.requests_per_minute = 0, .secret_keys_per_user = 3});
  const auto key = s.secret_key();
  for (int i = 0; i < 2; ++i) s.secret_key();
  const auto refused = s.post("/v2/auth/secretkey", sandbox::california());
  CHECK(refused.status == 409);
  CHECK(message_of(refused).find("delete one") != std::string::npos);
  CHECK(s.post("/v2/auth/secretkey", with(sandbox::california(), "password", "x")).status == 401);
  CHECK(s.post("/v2/auth/secretkey", sandbox::colorado()).status == 200);
  const std::string id = body_of(s.get_with_key("/v2/auth/secretkey", key))[0]["id"];
  s.service.handle(
      {.method = method::delete_, .path = "/v2/auth/secretkey/" + id, .headers = {{"X-T3-API-Key", key}}});
  CHECK(s.post("/v2/auth/secretkey", sandbox::california()).status == 200);
  CHECK(t3api::sandbox::settings().secret_keys_per_user == 100);
}

TEST_CASE("who has many IPv6 addresses of one network has one address's failed logins") {
  sandbox s({.failed_logins_per_account = 100, .failed_logins_per_address = 3});
  for (const char* address : {"2001:db8::1", "2001:db8::2", "2001:db8::ffff:1"}) {
    CHECK(log_in(s, wrong, address).status == 401);
  }
  CHECK(log_in(s, sandbox::california(), "2001:db8::3").status == 429);
  CHECK(log_in(s, sandbox::california(), "2001:db8:0:1::3").status == 200);
}

TEST_CASE("what a blocked address tries does not make the service forget other accounts") {
  t3api::sandbox::service_limits limits({.failed_logins_per_account = 1, .failed_logins_per_address = 1},
                                        std::make_shared<t3api::manual_clock>());
  const auto fail = [&](const std::string& account, const char* address) {
    t3api::sandbox::login_attempt attempt(limits, account, address);
    static_cast<void>(attempt.failed({401, "wrong"}));
  };
  fail("ann", "");
  fail("bob", "192.0.2.1");
  const auto known = limits.known_accounts();
  for (int i = 0; i < 9; ++i) CHECK_THROWS(fail("stranger " + std::to_string(i), "192.0.2.1"));
  CHECK(limits.known_accounts() == known);
}

TEST_CASE("what an address was refused does not count against the account") {
  sandbox s({.failed_logins_per_account = 2, .failed_logins_per_address = 1});
  for (int i = 0; i < 10; ++i) log_in(s, wrong, "192.0.2.1");
  CHECK(log_in(s, wrong).status == 401);
  CHECK(log_in(s, wrong).status == 429);
}

TEST_CASE("guesses of API keys count by key and by address") {
  sandbox s;
  for (int i = 0; i < 10; ++i) {
    const auto answer = log_in(s, {{"apiKey", "guess"}, {"stateCode", "CA"}}, {}, "/v2/auth/apikey");
    REQUIRE(answer.status == 401);
  }
  CHECK(log_in(s, {{"apiKey", "guess"}, {"stateCode", "ca"}}, {}, "/v2/auth/apikey").status == 429);
  for (int i = 0; i < 50; ++i) {
    const auto guess = "guess " + std::to_string(i);
    REQUIRE(log_in(s, {{"apiKey", guess}, {"stateCode", "CA"}}, "192.0.2.1", "/v2/auth/apikey").status ==
            401);
  }
  CHECK(log_in(s, {{"apiKey", "demo-api-key"}, {"stateCode", "CA"}}, "192.0.2.1", "/v2/auth/apikey").status ==
        429);
}

TEST_CASE(
    "of many threads exactly the limit of failed logins reaches Metrc, and none is refused that is right") {
  sandbox s;
  std::atomic<int> refused{0}, in{0};
  const auto before = s.service.metrc().attempts();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 10; ++i) {
          refused += log_in(s, wrong, "192.0.2.1").status == 401;
          in += log_in(s, sandbox::colorado(), "192.0.2.1").status == 200;
        }
      });
    }
  }
  CHECK(refused == 10);
  CHECK(in == 80);
  CHECK(s.service.metrc().attempts() - before == 90);
}

TEST_CASE("an unknown user and a wrong password get the same answers after the same work") {
  for (const char* path : {"/v2/auth/credentials", "/v2/auth/secretkey"}) {
    CAPTURE(path);
    sandbox s;
    for (int i = 0; i < 12; ++i) {
      const auto before = s.service.metrc().attempts();
      const auto of_wrong = without_ids_and_times(log_in(s, wrong, {}, path));
      const auto between = s.service.metrc().attempts();
      const auto of_unknown = without_ids_and_times(log_in(s, unknown, {}, path));
      const auto after = s.service.metrc().attempts();
      CHECK(of_wrong == of_unknown);
      CHECK(between - before == after - between);
    }
  }
}

TEST_CASE("without limits nobody is refused for trying often") {
  sandbox s({.requests_per_minute = 0, .failed_logins_per_account = 0, .failed_logins_per_address = 0});
  const auto token = s.token();
  for (int i = 0; i < 100; ++i) REQUIRE(log_in(s, wrong, "192.0.2.1").status == 401);
  for (int i = 0; i < 700; ++i) REQUIRE(s.get_with_token("/v2/auth/whoami", token).status == 200);
}
