#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>

#include <t3api/store/any.hpp>
#include <t3api/store/memory.hpp>
#include <tests/unit/store/store_behaviour.hpp>

using namespace t3api;
using namespace std::chrono_literals;

namespace {

struct any_in_memory {
  std::shared_ptr<manual_clock> clock = std::make_shared<manual_clock>();
  any_store kept{memory_store(clock)};

  template <class Predicate>
  bool becomes(std::chrono::milliseconds time, Predicate predicate) {
    clock->advance(time);
    return predicate();
  }
};

/// Says with its errors what was asked of it.
struct failing_store {
  static error asked(std::string_view what) {
    return {.category = error_category::transport, .message = std::string(what)};
  }
  result<std::optional<stored_value>> get(std::string_view) { return asked("get"); }
  std::optional<error> put(std::string_view, std::string_view, std::chrono::milliseconds) {
    return asked("put");
  }
  std::optional<error> erase(std::string_view) { return asked("erase"); }
  result<bool> claim(std::string_view, std::string_view, std::chrono::milliseconds) { return asked("claim"); }
  std::optional<error> release(std::string_view, std::string_view) { return asked("release"); }
};

}  // namespace

TEST_CASE("any: what every store does") { test::check_store_behaviour<any_in_memory>(); }

TEST_CASE("any: it is the store that it was made from, and so are its copies") {
  memory_store memory;
  any_store any(memory);
  any_store copy = any;
  copy = any_store(any);
  REQUIRE_FALSE(copy.put("k", "v", 1h));
  CHECK(test::value_of(memory, "k") == "v");
  CHECK(test::value_of(any, "k") == "v");
}

TEST_CASE("any: errors come through as they are") {
  any_store any{failing_store()};
  CHECK(any.get("k").error().message == "get");
  CHECK(any.put("k", "v", 1h)->message == "put");
  CHECK(any.erase("k")->message == "erase");
  CHECK(any.claim("k", "me", 1h).error().message == "claim");
  CHECK(any.release("k", "me")->message == "release");
}
