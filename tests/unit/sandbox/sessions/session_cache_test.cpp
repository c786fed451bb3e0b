#include <doctest/doctest.h>

#include <string>

#include <t3api/sandbox/sessions/session_cache.hpp>
#include <t3api/store/memory.hpp>

using namespace t3api;
using sandbox::session_cache;
using namespace std::chrono_literals;

namespace {

const secret cache_key = "an example key of just 32 bytes.";

struct services {
  std::shared_ptr<manual_clock> clock = std::make_shared<manual_clock>();
  memory_store store{clock};
  session_cache a{clock, any_store(store), cache_key};
  session_cache b{clock, any_store(store), cache_key};
};

struct broken_store {
  static error failure() { return {.category = error_category::transport, .message = "down"}; }
  result<std::optional<stored_value>> get(std::string_view) { return failure(); }
  std::optional<error> put(std::string_view, std::string_view, std::chrono::milliseconds) {
    return failure();
  }
  std::optional<error> erase(std::string_view) { return failure(); }
  result<bool> claim(std::string_view, std::string_view, std::chrono::milliseconds) { return failure(); }
  std::optional<error> release(std::string_view, std::string_view) { return failure(); }
};

}  // namespace

TEST_CASE("what one service remembers for all, the others find") {
  services s;
  s.a.put("name", "value", 10s);
  s.a.put_near("mine", "value", 10s);
  CHECK(s.a.nearby("name") == "value");
  CHECK(s.a.shared("name") == "value");
  CHECK_FALSE(s.b.nearby("name"));
  CHECK(s.b.shared("name") == "value");
  CHECK_FALSE(s.b.shared("mine"));
  s.b.put("name", "later", 20s);
  CHECK(s.a.nearby("name") == "value");
  CHECK(s.a.shared("name") == "later");
  s.clock->advance(20s);
  CHECK_FALSE(s.a.nearby("name"));
  CHECK_FALSE(s.a.shared("name"));
}

TEST_CASE("the store is given nothing in clear, and nothing of anybody else counts") {
  services s;
  s.a.put("name", "canary", 1h);
  const std::string sealed = (*s.store.get("name"))->value;
  CHECK(sealed.find("canary") == sealed.npos);
  session_cache other(s.clock, any_store(s.store), "another key of just 32 bytes....");
  CHECK_FALSE(other.shared("name"));
  s.store.put("moved", sealed, 1h);
  CHECK_FALSE(s.b.shared("moved"));
  for (const std::string& poison : {std::string(), std::string("canary"), sealed + "x", sealed.substr(1)}) {
    s.store.put("name", poison, 1h);
    CHECK_FALSE(s.b.shared("name"));
  }
}

TEST_CASE("without a store, or with one that fails, a service remembers by itself and waits for nobody") {
  const auto clock = std::make_shared<manual_clock>();
  session_cache alone(clock, std::nullopt, cache_key), unlucky(clock, any_store(broken_store()), cache_key);
  for (auto* cache : {&alone, &unlucky}) {
    cache->put("name", "value", 1h);
    CHECK(cache->nearby("name") == "value");
    CHECK(cache->shared("name") == "value");
    CHECK(cache->claim("turn", "a", 1s));
    CHECK(cache->claim("turn", "b", 1s));
    cache->release("turn", "a");
  }
}

TEST_CASE("a turn is one service's until it gives it back or its lease ends") {
  services s;
  CHECK(s.a.claim("turn", "a", 10s));
  CHECK_FALSE(s.b.claim("turn", "b", 10s));
  s.b.release("turn", "b");
  CHECK_FALSE(s.b.claim("turn", "b", 10s));
  s.a.release("turn", "a");
  CHECK(s.b.claim("turn", "b", 10s));
  s.clock->advance(10s);
  CHECK(s.a.claim("turn", "a", 10s));
}

TEST_CASE("a service remembers so much and no more") {
  session_cache cache(std::make_shared<manual_clock>(), std::nullopt, cache_key, 100);
  for (int i = 0; i < 1000; ++i) cache.put(std::to_string(i), "value", 24h);
  CHECK(cache.nearby("999"));
  CHECK(cache.nearby("900"));
  CHECK_FALSE(cache.nearby("899"));
}
