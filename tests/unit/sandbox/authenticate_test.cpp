#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

namespace {

using t3api::sandbox::key_owner;
using t3api::sandbox::key_record;
using t3api::sandbox::sealed_credentials;

/// Tells until when keys were disabled and how often that was tried, and can be full: then it does no such
/// thing.
struct watched_database final : t3api::sandbox::key_database {
  t3api::sandbox::memory_key_database records;
  bool is_full = false;
  int tries = 0;
  std::function<void()> before_disabling;
  std::optional<t3api::wall_time> disabled_until;

  void add(const key_record& record) override { records.add(record); }
  std::optional<key_record> find(std::string_view key_hash) override { return records.find(key_hash); }
  std::vector<key_record> of(const key_owner& owner) override { return records.of(owner); }
  bool erase(std::string_view id, const key_owner& owner) override { return records.erase(id, owner); }
  void set_last_used(const key_record& r, t3api::wall_time when) override { records.set_last_used(r, when); }
  void disable(std::string_view login, t3api::wall_time made_until) override {
    ++tries;
    if (before_disabling) std::exchange(before_disabling, {})();
    if (is_full) throw t3api::sandbox::database_error("the disk is full");
    disabled_until = made_until;
    records.disable(login, made_until);
  }
  std::vector<key_record> not_under(std::string_view ring, std::string_view after,
                                    std::size_t most) override {
    return records.not_under(ring, after, most);
  }
  bool replace_credentials(std::string_view id, const sealed_credentials& old,
                           const sealed_credentials& renewed) override {
    return records.replace_credentials(id, old, renewed);
  }
};

/// A store that can be made to fail, or to do something at the next claim.
struct unreliable_store {
  t3api::memory_store kept;
  std::shared_ptr<bool> down = std::make_shared<bool>(false);
  std::shared_ptr<std::function<void()>> at_claim = std::make_shared<std::function<void()>>();

  t3api::error failure() const { return {.category = t3api::error_category::transport, .message = "down"}; }
  std::optional<t3api::error> failure_if_down() const {
    return *down ? std::optional(failure()) : std::nullopt;
  }

  t3api::result<std::optional<t3api::stored_value>> get(std::string_view key) {
    if (*down) return failure();
    return kept.get(key);
  }
  std::optional<t3api::error> put(std::string_view key, std::string_view value,
                                  std::chrono::milliseconds ttl) {
    return *down ? failure_if_down() : kept.put(key, value, ttl);
  }
  std::optional<t3api::error> erase(std::string_view key) {
    return *down ? failure_if_down() : kept.erase(key);
  }
  t3api::result<bool> claim(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl) {
    if (*at_claim) std::exchange(*at_claim, {})();
    if (*down) return failure();
    return kept.claim(key, owner, ttl);
  }
  std::optional<t3api::error> release(std::string_view key, std::string_view owner) {
    return *down ? failure_if_down() : kept.release(key, owner);
  }
};

}  // namespace

TEST_CASE("a refused key is refused when that cannot be written down too, which is tried every 30 seconds") {
  const auto database = std::make_shared<watched_database>();
  std::vector<std::string> told;
  sandbox s({}, t3api::sandbox::demo_directory(),
            {.keys = database, .on_trouble = [&](const std::string& sentence) { told.push_back(sentence); }});
  const auto key = s.secret_key();
  s.service.metrc().change_password("ca.metrc.com", "demo-ca", "new");
  s.service.metrc().delay_logins(std::chrono::seconds(5));
  s.clock->advance(std::chrono::seconds(1));
  const auto start = s.clock->wall_now();
  database->is_full = true;
  for (int i = 0; i < 3; ++i) CHECK(s.get_with_key("/v2/licenses", key).status == 401);
  CHECK(s.service.metrc().attempts() == 2);
  CHECK(database->tries == 1);
  CHECK(told == std::vector<std::string>{"the disk is full"});
  s.clock->advance(std::chrono::seconds(30));
  CHECK(s.get_with_key("/v2/licenses", key).status == 401);
  CHECK(database->tries == 2);
  CHECK_FALSE(database->disabled_until);
  database->is_full = false;
  s.clock->advance(std::chrono::seconds(30));
  CHECK(s.get_with_key("/v2/licenses", key).status == 401);
  CHECK(database->disabled_until == start);  // Keys that were made during the login may be good.
  CHECK(database->of({.hostname = "ca.metrc.com", .username = "demo-ca"}).at(0).is_enabled == false);
}

TEST_CASE("a key is not refused by what a service may not have heard of, and none is disabled for it") {
  const auto database = std::make_shared<watched_database>();
  const auto ring = std::make_shared<t3api::sandbox::fixed_key_ring>(t3api::sandbox::make_key_ring());
  unreliable_store store;
  const t3api::sandbox::backing shared{.keys = database, .ring = ring, .sessions = t3api::any_store(store)};
  sandbox one({}, t3api::sandbox::demo_directory(), shared),
      other({}, t3api::sandbox::demo_directory(), shared);
  one.service.metrc().change_password("ca.metrc.com", "demo-ca", "new");
  auto renewed = sandbox::california();
  renewed["password"] = "new";
  const auto key = one.secret_key(renewed);
  *store.down = true;
  const auto answer = other.get_with_key("/v2/licenses", key);
  CHECK(answer.status == 503);
  CHECK(answer.headers.get("Retry-After") == "30");
  CHECK(other.get_with_key("/v2/licenses", key).status == 503);
  CHECK(other.service.metrc().attempts() == 1);
  *store.down = false;
  CHECK(other.get_with_key("/v2/licenses", key).status == 200);
  CHECK_FALSE(database->disabled_until);
}

namespace {

struct changing_ring final : t3api::sandbox::key_ring_source {
  std::shared_ptr<const t3api::sandbox::key_ring> now =
      std::make_shared<t3api::sandbox::key_ring>(t3api::sandbox::make_key_ring());

  std::shared_ptr<const t3api::sandbox::key_ring> ring() const override { return now; }
  std::shared_ptr<const t3api::sandbox::key_ring> fresh_ring() override { return now; }
};

}  // namespace

TEST_CASE("a key that is deleted while a login with it sets out is refused, and nobody is alarmed") {
  const auto database = std::make_shared<watched_database>();
  const auto ring = std::make_shared<changing_ring>();
  unreliable_store store;
  std::vector<std::string> told;
  sandbox s({}, t3api::sandbox::demo_directory(),
            {.keys = database,
             .ring = ring,
             .sessions = t3api::any_store(store),
             .on_trouble = [&](const std::string& sentence) { told.push_back(sentence); }});
  const auto key = s.secret_key();
  s.service.metrc().end_sessions();
  *store.at_claim = [&] {
    const key_owner owner{.hostname = "ca.metrc.com", .username = "demo-ca"};
    database->erase(database->of(owner).at(0).id, owner);
    auto pruned = *ring->now;
    pruned.keys = t3api::sandbox::make_key_ring().keys;
    pruned.keys[0].id = "k2";
    ring->now = std::make_shared<t3api::sandbox::key_ring>(std::move(pruned));
  };
  CHECK(s.get_with_key("/v2/licenses", key).status == 401);
  CHECK_FALSE(*store.at_claim);
  CHECK(told.empty());
}

namespace {

/// Accepts or refuses, after something that happens during the login.
struct scripted_metrc {
  bool accepts = true;
  std::function<void()> meanwhile;
  std::shared_ptr<const t3api::sandbox::metrc_user> user =
      std::make_shared<t3api::sandbox::metrc_user>(t3api::sandbox::metrc_user{"ca.metrc.com", "demo-ca", {}});

  t3api::sandbox::metrc_answer login(const t3api::sandbox::metrc_login&) {
    const bool accepted = accepts;
    if (meanwhile) std::exchange(meanwhile, {})();
    if (!accepted) return {};
    return {.session = t3api::sandbox::metrc_session{.id = "open", .user = user}};
  }
  std::optional<t3api::sandbox::metrc_session> find_session(std::string_view id) {
    return accepts ? std::optional(t3api::sandbox::metrc_session{.id = std::string(id), .user = user})
                   : std::nullopt;
  }
};

}  // namespace

TEST_CASE("a refusal of an old key during the login for a new one does not end the new one") {
  const auto clock = std::make_shared<t3api::manual_clock>(sandbox_test::start_of_tests());
  const auto database = std::make_shared<watched_database>();
  const t3api::sandbox::backing shared{
      .keys = database,
      .ring = std::make_shared<t3api::sandbox::fixed_key_ring>(t3api::sandbox::make_key_ring()),
      .sessions = t3api::any_store(t3api::memory_store(clock))};
  const auto good = std::make_shared<scripted_metrc>(), bad = std::make_shared<scripted_metrc>();
  bad->accepts = false;
  t3api::sandbox::basic_service<scripted_metrc> one({}, {}, good, clock, shared),
      other({}, {}, bad, clock, shared);
  const auto new_key = [&]() -> std::string {
    return sandbox_test::body_of(one.handle({.method = t3api::method::post,
                                             .path = "/v2/auth/secretkey",
                                             .body = sandbox::california().dump()}))["secretKey"];
  };
  const auto status = [](auto& of, const std::string& key) {
    return of.handle({.path = "/v2/auth/whoami", .headers = {{"X-T3-API-Key", key}}}).status;
  };
  const auto old = new_key();
  // The refusal is written down when the new key is there.
  std::promise<void> refused, renewed_is_there;
  database->before_disabling = [&] {
    refused.set_value();
    renewed_is_there.get_future().wait();
  };
  std::future<int> refusal;
  good->meanwhile = [&] {
    clock->advance(std::chrono::seconds(1));
    refusal = std::async(std::launch::async, [&] { return status(other, old); });
    refused.get_future().wait();
    clock->advance(std::chrono::microseconds(1));
  };
  const auto renewed = new_key();
  renewed_is_there.set_value();
  CHECK(refusal.get() == 401);
  CHECK(database->disabled_until);
  CHECK(status(one, renewed) == 200);
  CHECK(status(one, old) == 401);
}
