#include <doctest/doctest.h>

#include <t3api/detail/seal.hpp>
#include <t3api/store/memory.hpp>
#include <tests/unit/sandbox/support.hpp>

using sandbox_test::sandbox;
using t3api::headers;

TEST_CASE("a request without credentials, or with what is none, is refused with a challenge") {
  sandbox s;
  const auto token = s.token();
  for (const headers& fields :
       {headers{}, headers{{"Authorization", ""}}, headers{{"Authorization", "Bearer"}},
        headers{{"Authorization", "Bearer "}}, headers{{"Authorization", token}},
        headers{{"Authorization", "Basic " + token}}, headers{{"Authorization", "Bearer " + token + "x"}},
        headers{{"Authorization", "Bearer " + token + " " + token}}, headers{{"X-T3-API-Key", ""}},
        headers{{"X-T3-API-Key", token}}}) {
    const auto answer = s.get("/v2/licenses", fields);
    CHECK(answer.status == 401);
    CHECK(answer.headers.get("WWW-Authenticate") == "Bearer");
    CHECK(answer.body.find(token) == answer.body.npos);
  }
  CHECK(s.get("/v2/licenses", {{"authorization", "bearer  " + token}}).status == 200);
}

TEST_CASE("a token of another service is refused") {
  sandbox s, other;
  CHECK(s.get_with_token("/v2/licenses", other.token()).status == 401);
}

TEST_CASE("several ways in at once must all be good and agree") {
  sandbox s;
  const auto token = s.token(), key = s.secret_key(), stranger = s.secret_key(sandbox::colorado());
  const headers bearer = {{"Authorization", "Bearer " + token}};
  CHECK(s.get("/v2/licenses", {{"Authorization", "Bearer " + token}, {"X-T3-API-Key", key}}).status == 200);
  CHECK(s.get("/v2/licenses?secretKey=" + key, bearer).status == 200);
  CHECK(s.get("/v2/licenses", {{"Authorization", "Bearer " + token}, {"X-T3-API-Key", stranger}}).status ==
        400);
  CHECK(s.get("/v2/licenses?secretKey=" + stranger, bearer).status == 400);
  CHECK(s.get("/v2/licenses?secretKey=wrong", bearer).status == 401);
  CHECK(s.get("/v2/licenses", {{"Authorization", "Bearer wrong"}, {"X-T3-API-Key", key}}).status == 401);
}

TEST_CASE("the same way in twice is refused") {
  sandbox s;
  const auto token = s.token(), key = s.secret_key();
  CHECK(s.get("/v2/licenses", {{"Authorization", "Bearer " + token}, {"Authorization", "Bearer " + token}})
            .status == 400);
  CHECK(s.get("/v2/licenses", {{"X-T3-API-Key", key}, {"x-t3-api-key", key}}).status == 400);
  CHECK(s.get("/v2/licenses?secretKey=" + key + "&secretKey=" + key).status == 400);
}

namespace {

/// A sandbox whose ring and store lie open.
struct opened {
  std::shared_ptr<t3api::sandbox::fixed_key_ring> ring =
      std::make_shared<t3api::sandbox::fixed_key_ring>(t3api::sandbox::make_key_ring());
  t3api::memory_store store;
  sandbox s{{}, t3api::sandbox::demo_directory(), {.ring = ring, .sessions = t3api::any_store(store)}};
  /// Another process of the same service, which has heard of nothing yet.
  sandbox fresh() {
    return sandbox({}, t3api::sandbox::demo_directory(), {.ring = ring, .sessions = t3api::any_store(store)});
  }

  std::string signed_token(const nlohmann::json& claims) const {
    return t3api::sandbox::sign_jwt(claims, ring->ring()->derived("signatures of tokens").reveal());
  }
  nlohmann::json claims_of(const std::string& token) const {
    return t3api::sandbox::verify_jwt(token, ring->ring()->derived("signatures of tokens").reveal(),
                                      s.clock->wall_now())
        .value();
  }
  void remember(const std::string& name, const std::string& value) {
    const auto key = ring->ring()->derived("what the session cache keeps");
    store.put(name, t3api::detail::seal(key.reveal(), value, "session cache/" + name), std::chrono::hours(1));
  }
};

}  // namespace

TEST_CASE("a token gets in by the session of its own user only") {
  opened o;
  const auto token = o.s.token(), other = o.s.token(sandbox::colorado());
  auto claims = o.claims_of(token);
  CHECK(o.s.get_with_token("/v2/licenses", o.signed_token(claims)).status == 200);
  claims["sid"] = o.claims_of(other)["sid"];
  CHECK(o.s.get_with_token("/v2/licenses", o.signed_token(claims)).status == 401);
  for (const char* name : {"sid", "username", "hostname"}) {
    claims = o.claims_of(token);
    claims.erase(name);
    CHECK(o.s.get_with_token("/v2/licenses", o.signed_token(claims)).status == 401);
    claims[name] = 7;
    CHECK(o.s.get_with_token("/v2/licenses", o.signed_token(claims)).status == 401);
  }
}

TEST_CASE("not even who can write into the cache gets in as somebody else") {
  opened o;
  const auto token = o.s.token();
  const std::string sid = o.claims_of(token)["sid"];
  const auto stranger = o.s.service.metrc()
                            .login({.hostname = "co.metrc.com",
                                    .username = "demo-co",
                                    .password = "demo-co-password",
                                    .email = "demo@example.com"})
                            .session->id;
  {
    auto fresh = o.fresh();
    CHECK(fresh.get_with_token("/v2/licenses", token).status == 200);
  }
  for (const std::string& poison : {stranger, std::string("garbage"), std::string()}) {
    o.remember("token/" + sid, poison);
    auto fresh = o.fresh();
    CHECK(fresh.get_with_token("/v2/licenses", token).status == 401);
  }
}
