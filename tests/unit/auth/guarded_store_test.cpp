#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "tests/unit/auth/broken_stores.hpp"

#include <t3api/auth/guarded_store.hpp>
#include <t3api/store/memory.hpp>

using namespace std::chrono_literals;
using t3api::detail::guarded_store;

static_assert(t3api::store<guarded_store<t3api::memory_store>>);

TEST_CASE("what a store throws is an error that names the trouble") {
  guarded_store<test::throwing_store> kept{test::throwing_store{}};
  CHECK(kept.get("a").error().message == "the store threw an exception: get");
  CHECK(kept.put("a", "b", 1s).value().message == "the store threw an exception of its own");
  CHECK(kept.erase("a").value().message == "the store threw an exception of its own");
  CHECK(kept.claim("a", "b", 1s).error().message == "the store threw an exception: claim");
  CHECK(kept.release("a", "b").value().message == "the store threw an exception: release");
}

TEST_CASE("a store that works is used as it is") {
  t3api::memory_store below;
  guarded_store<t3api::memory_store> kept(below);
  CHECK_FALSE(kept.put("a", "1", 1h));
  CHECK(below.get("a").value().value().value == "1");
  CHECK(kept.get("a").value().value().value == "1");
  CHECK_FALSE(kept.erase("a"));
  CHECK_FALSE(kept.get("a").value());
  CHECK(kept.claim("a", "me", 1h).value());
  CHECK_FALSE(below.claim("a", "you", 1h).value());
  CHECK_FALSE(kept.release("a", "me"));
  CHECK(below.claim("a", "you", 1h).value());
}
