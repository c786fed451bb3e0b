#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <t3api/core/json.hpp>
#include <t3api/detail/base32.hpp>
#include <t3api/sandbox/service.hpp>
#include <t3api/store/redis.hpp>
#include <tests/support/redis_server.hpp>

using namespace t3api;
using namespace std::chrono_literals;
using nlohmann::json;
using test::redis_server;

namespace {

constexpr const char* seed = "JBSWY3DPEHPK3PXP";

json california(const char* password = "demo-ca-password") {
  return {{"hostname", "ca.metrc.com"}, {"username", "demo-ca"}, {"password", password}};
}
json colorado() {
  return {{"hostname", "co.metrc.com"},
          {"username", "demo-co"},
          {"password", "demo-co-password"},
          {"email", "demo@example.com"}};
}

/// What one t3api-sandbox is: a service with a connection of its own to the Redis, ring and database that it
/// shares.
struct member {
  std::shared_ptr<manual_clock> pause_clock = std::make_shared<manual_clock>();
  sandbox::service service;

  member(const redis_server& server, std::shared_ptr<sandbox::key_database> keys,
         std::shared_ptr<sandbox::key_ring_source> ring, std::chrono::milliseconds timeout)
      : service({.requests_per_minute = 0}, sandbox::demo_directory(), std::make_shared<real_clock>(),
                {.keys = std::move(keys),
                 .ring = std::move(ring),
                 .sessions = any_store(redis_store({.port = server.port(),
                                                    .key = "an example key of just 32 bytes.",
                                                    .timeout = timeout,
                                                    .clock = pause_clock}))}) {}

  response post(const std::string& path, const json& body) {
    return service.handle({.method = method::post, .path = path, .body = body.dump()});
  }
  std::string token(const json& credentials = california()) {
    const auto answer = post("/v2/auth/credentials", credentials);
    REQUIRE(answer.status == 200);
    return answer.json().value()["accessToken"];
  }
  std::string secret_key(const json& credentials = california()) {
    const auto answer = post("/v2/auth/secretkey", credentials);
    REQUIRE(answer.status == 200);
    return answer.json().value()["secretKey"];
  }
  response with_token(const std::string& token, const std::string& path = "/v2/auth/whoami") {
    return service.handle({.path = path, .headers = {{"Authorization", "Bearer " + token}}});
  }
  response with_key(const std::string& key, const std::string& path = "/v2/auth/whoami") {
    return service.handle({.path = path, .headers = {{"X-T3-API-Key", key}}});
  }
  /// Who a key is here; empty when it does not get in.
  std::string user_of(const std::string& key) {
    const auto answer = with_key(key);
    return answer.status == 200 ? answer.json().value()["username"].get<std::string>() : "";
  }
  /// The time after which a store that failed is asked again is over.
  void end_pause() { pause_clock->advance(1h); }
};

struct members {
  std::chrono::milliseconds timeout = 10s;
  redis_server server{};
  std::shared_ptr<sandbox::key_database> keys = std::make_shared<sandbox::memory_key_database>();
  std::shared_ptr<sandbox::key_ring_source> ring =
      std::make_shared<sandbox::fixed_key_ring>(sandbox::make_key_ring());
  member a{server, keys, ring, timeout};
  member b{server, keys, ring, timeout};

  std::uint64_t attempts() { return a.service.metrc().attempts() + b.service.metrc().attempts(); }
};

}  // namespace

TEST_CASE("a token of one is good at the other, until its session ends at either") {
  members m;
  const auto token = m.a.token();
  CHECK(m.b.with_token(token).status == 200);
  CHECK(m.a.with_token(token).status == 200);
  m.b.service.metrc().end_sessions();
  CHECK(m.a.with_token(token).status == 401);
  CHECK(m.b.with_token(token).status == 401);
  CHECK(m.a.with_token(m.b.token()).status == 200);
}

TEST_CASE("a secret key of one opens the other without a login, and is deleted for both") {
  members m;
  const auto key = m.a.secret_key();
  CHECK(m.b.user_of(key) == "demo-ca");
  CHECK(m.attempts() == 1);
  m.b.service.metrc().end_sessions();
  CHECK(m.b.user_of(key) == "demo-ca");
  CHECK(m.a.user_of(key) == "demo-ca");
  CHECK(m.attempts() == 2);
  const std::string id = m.b.with_key(key, "/v2/auth/secretkey").json().value()[0]["id"];
  CHECK(m.b.service
            .handle({.method = method::delete_,
                     .path = "/v2/auth/secretkey/" + id,
                     .headers = {{"X-T3-API-Key", key}}})
            .status == 200);
  CHECK(m.a.with_key(key).status == 401);
}

TEST_CASE("a hundred threads at both make one login when the session has ended") {
  members m;
  const auto key = m.a.secret_key();
  m.a.service.metrc().end_sessions();
  m.a.service.metrc().delay_logins(20ms);
  std::atomic<int> served{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&, i] { served += (i % 2 == 0 ? m.a : m.b).with_key(key).status == 200; });
  }
  for (auto& thread : threads) thread.join();
  CHECK(served == 100);
  CHECK(m.attempts() == 2);
}

TEST_CASE("a changed password ends a key for both after one failing login, and a new key works at both") {
  members m;
  const auto old = m.a.secret_key();
  CHECK(m.b.user_of(old) == "demo-ca");
  m.a.service.metrc().change_password("ca.metrc.com", "demo-ca", "new");
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&, i] { refused += (i % 2 == 0 ? m.a : m.b).with_key(old).status == 401; });
  }
  for (auto& thread : threads) thread.join();
  CHECK(refused == 20);
  CHECK(m.attempts() == 2);
  const auto renewed = m.b.secret_key(california("new"));
  CHECK(m.a.user_of(renewed) == "demo-ca");
  CHECK(m.b.user_of(renewed) == "demo-ca");
  CHECK(m.a.with_key(old).status == 401);
  const auto list = m.a.with_key(renewed, "/v2/auth/secretkey").json().value();
  REQUIRE(list.size() == 2);
  CHECK(list[0]["isEnabled"] == false);
  CHECK(list[1]["isEnabled"] == true);
  CHECK(m.attempts() == 3);
}

TEST_CASE("a one-time password that one took is used at the other") {
  members m;
  const json credentials = {
      {"hostname", "mi.metrc.com"},
      {"username", "demo-mi"},
      {"password", "demo-mi-password"},
      {"otp", sandbox::totp_code(*detail::base32_decode(seed),
                                 sandbox::totp_step(std::chrono::system_clock::now()))}};
  CHECK(m.a.post("/v2/auth/credentials", credentials).status == 200);
  CHECK(m.b.post("/v2/auth/credentials", credentials).status == 401);
}

TEST_CASE("when Redis stands still, dies or forgets, calls get through with what each knows") {
  members m{.timeout = 300ms};
  const auto key = m.a.secret_key(), other_key = m.b.secret_key(colorado());
  const auto token = m.a.token();
  bool is_back = false;
  SUBCASE("it stands still") { m.server.stand_still(); }
  SUBCASE("it dies") { m.server.kill(); }
  SUBCASE("it forgets") {
    m.server.command({"FLUSHALL"});
    is_back = true;
  }
  CHECK(m.a.with_token(token).status == 200);
  CHECK(m.b.with_token(token).status == 401);  // Never heard of it: the caller exchanges again.
  CHECK(m.b.with_token(m.b.token()).status == 200);
  for (auto* one : {&m.a, &m.b}) {
    CHECK(one->user_of(key) == "demo-ca");
    CHECK(one->user_of(other_key) == "demo-co");
    one->service.metrc().end_sessions("ca.metrc.com", "demo-ca");
    CHECK(one->user_of(key) == "demo-ca");
  }
  m.a.service.metrc().change_password("ca.metrc.com", "demo-ca", "new");
  if (is_back) {
    CHECK(m.a.with_key(key).status == 401);
    CHECK(m.b.with_key(key).status == 401);  // The database knows.
    return;
  }
  CHECK(m.a.with_key(key).status == 503);  // It may be wrong by now, but who knows?
  CHECK(m.b.user_of(key) == "demo-ca");    // Has not heard of it.

  m.server.go_on();
  m.server.kill();
  m.server.start();
  m.a.end_pause();
  m.b.end_pause();
  const auto renewed = m.a.secret_key(california("new"));
  CHECK(m.b.with_token(m.a.token(california("new"))).status == 200);
  CHECK(m.b.user_of(renewed) == "demo-ca");
  CHECK(m.b.with_key(key).status == 401);
  CHECK(m.a.with_key(key).status == 401);
  CHECK(m.b.post("/v2/auth/credentials", california()).status == 401);
}

TEST_CASE("what somebody writes into Redis lets nobody in as somebody else, and keeps nobody out") {
  members m;
  const auto key = m.a.secret_key(), other_key = m.a.secret_key(colorado());
  const auto token = m.a.token(), other_token = m.a.token(colorado());
  const auto names = m.server.keys();
  REQUIRE(names.size() >= 4);
  SUBCASE("garbage") {
    for (const auto& name : names) m.server.command({"SET", name, "garbage", "PX", "3600000"});
  }
  SUBCASE("values of other names") {
    std::vector<std::string> values;
    for (const auto& name : names) values.push_back(m.server.raw_value(name));
    for (std::size_t i = 0; i < names.size(); ++i) {
      m.server.command({"SET", names[i], values[(i + 1) % names.size()], "PX", "3600000"});
    }
  }
  SUBCASE("another kind of value") {
    for (const auto& name : names) {
      m.server.command({"DEL", name});
      m.server.command({"LPUSH", name, "x"});
    }
  }
  for (auto* one : {&m.b, &m.a}) {
    CHECK(one->user_of(key) == "demo-ca");
    CHECK(one->user_of(other_key) == "demo-co");
  }
  CHECK(m.b.with_token(token).status == 401);
  CHECK(m.b.with_token(other_token).status == 401);
  CHECK(m.a.with_token(token).json().value()["username"] == "demo-ca");
  CHECK(m.a.with_token(other_token).json().value()["username"] == "demo-co");
  CHECK(m.b.with_token(m.b.token()).status == 200);
}

TEST_CASE("Redis is given no name, session, e-mail address, password or seed in clear") {
  members m;
  m.a.secret_key(colorado());
  m.a.token();
  m.a.service.metrc().change_otp_seed("ca.metrc.com", "demo-ca", seed);
  std::string all;
  for (const auto& name : m.server.keys()) all += name + m.server.raw_value(name);
  CHECK(all.size() > 500);
  for (const std::string& canary : {std::string("demo"), std::string("metrc"), std::string("example.com"),
                                    std::string(seed), *detail::base32_decode(seed)}) {
    CHECK(all.find(canary) == all.npos);
  }
}
