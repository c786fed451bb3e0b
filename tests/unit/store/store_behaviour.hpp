#ifndef T3API_TESTS_UNIT_STORE_STORE_BEHAVIOUR_HPP
#define T3API_TESTS_UNIT_STORE_STORE_BEHAVIOUR_HPP

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <t3api/store/concept.hpp>

namespace t3api::test {

/// What `get` finds, without the time; nothing as well when it fails, which is a failure of the test.
template <store Store>
std::optional<std::string> value_of(Store& kept, std::string_view key) {
  auto found = kept.get(key);
  if (!found) FAIL_CHECK(found.error().message);
  if (!found || !*found) return std::nullopt;
  return (*found)->value;
}

template <store Store>
bool claims(Store& kept, std::string_view key, std::string_view owner, std::chrono::milliseconds ttl) {
  const auto claimed = kept.claim(key, owner, ttl);
  if (!claimed) FAIL_CHECK(claimed.error().message);
  return claimed && *claimed;
}

/// What every store must do. A setting has a member `kept`, a store with nothing in it, and
/// `becomes(time, predicate)`: whether `predicate` is true once that much time has passed for the store.
template <class Setting>
void check_store_behaviour() {
  using namespace std::chrono_literals;
  Setting setting;
  auto& kept = setting.kept;

  SUBCASE("a value is found under its key until it is erased") {
    CHECK_FALSE(value_of(kept, "k"));
    REQUIRE_FALSE(kept.put("k", "v", 1h));
    CHECK(value_of(kept, "k") == "v");
    CHECK_FALSE(value_of(kept, "K"));
    CHECK_FALSE(value_of(kept, ""));
    REQUIRE_FALSE(kept.erase("k"));
    CHECK_FALSE(value_of(kept, "k"));
    CHECK_FALSE(kept.erase("k"));
  }
  SUBCASE("a later value takes the place and the time of an earlier one") {
    REQUIRE_FALSE(kept.put("k", "old", 1h));
    REQUIRE_FALSE(kept.put("k", "new", 2h));
    const auto found = kept.get("k");
    REQUIRE(found);
    REQUIRE(*found);
    CHECK((*found)->value == "new");
    CHECK((*found)->time_left > 1h);
    CHECK((*found)->time_left <= 2h);
  }
  SUBCASE("keys and values may hold any bytes, be empty or long") {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    for (const std::string& key : {std::string(), bytes, std::string(10'000, 'k')}) {
      for (const std::string& value : {std::string(), bytes + "\r\n", std::string(500'000, 'v')}) {
        REQUIRE_FALSE(kept.put(key, value, 1h));
        CHECK((value_of(kept, key) == value));
      }
    }
    REQUIRE_FALSE(kept.put(std::string_view(), std::string_view(), 1h));
    CHECK(value_of(kept, "") == "");
  }
  SUBCASE("a value goes when its time is over") {
    REQUIRE_FALSE(kept.put("short", "v", 30ms));
    REQUIRE_FALSE(kept.put("long", "v", 1h));
    CHECK(setting.becomes(30ms, [&] { return !value_of(kept, "short"); }));
    CHECK(value_of(kept, "long") == "v");
  }
  SUBCASE("to put for no time is to erase") {
    for (const auto ttl : {0ms, -1ms, (std::chrono::milliseconds::min)()}) {
      REQUIRE_FALSE(kept.put("k", "v", 1h));
      REQUIRE_FALSE(kept.put("k", "w", ttl));
      CHECK_FALSE(value_of(kept, "k"));
    }
  }
  SUBCASE("the longest time there is overflows nothing") {
    REQUIRE_FALSE(kept.put("k", "v", (std::chrono::milliseconds::max)()));
    CHECK(value_of(kept, "k") == "v");
    CHECK(claims(kept, "k", "me", (std::chrono::milliseconds::max)()));
    CHECK_FALSE(claims(kept, "k", "you", 1h));
  }
  SUBCASE("a name is claimed by one owner, and given back by that one only") {
    CHECK(claims(kept, "k", "me", 1h));
    CHECK_FALSE(claims(kept, "k", "me", 1h));
    CHECK_FALSE(claims(kept, "k", "you", 1h));
    CHECK(claims(kept, "other", "you", 1h));
    REQUIRE_FALSE(kept.release("k", "you"));
    CHECK_FALSE(claims(kept, "k", "you", 1h));
    REQUIRE_FALSE(kept.release("k", "me"));
    CHECK(claims(kept, "k", "you", 1h));
    CHECK_FALSE(kept.release("never claimed", "me"));
  }
  SUBCASE("a lease ends, and who had it cannot give back the next one") {
    CHECK(claims(kept, "k", "me", 30ms));
    CHECK(setting.becomes(30ms, [&] { return claims(kept, "k", "you", 1h); }));
    REQUIRE_FALSE(kept.release("k", "me"));
    CHECK_FALSE(claims(kept, "k", "me", 1h));
  }
  SUBCASE("a claim for no time is one for a moment") {
    CHECK(claims(kept, "k", "me", 0ms));
    CHECK(setting.becomes(1ms, [&] { return claims(kept, "k", "you", -5ms); }));
    CHECK(setting.becomes(1ms, [&] { return claims(kept, "k", "me", 1h); }));
  }
  SUBCASE("values and claims of one name have nothing to do with each other") {
    CHECK(claims(kept, "k", "me", 1h));
    CHECK_FALSE(value_of(kept, "k"));
    REQUIRE_FALSE(kept.put("k", "v", 1h));
    REQUIRE_FALSE(kept.release("k", "me"));
    CHECK(value_of(kept, "k") == "v");
    CHECK(claims(kept, "k", "me", 1h));
    REQUIRE_FALSE(kept.erase("k"));
    CHECK_FALSE(claims(kept, "k", "you", 1h));
  }
  SUBCASE("copies share what they keep") {
    auto copy = kept;
    REQUIRE_FALSE(copy.put("k", "v", 1h));
    CHECK(value_of(kept, "k") == "v");
    CHECK(claims(kept, "k", "me", 1h));
    CHECK_FALSE(claims(copy, "k", "you", 1h));
  }
  SUBCASE("of sixteen threads one gets a name, and none sees another's value under its key") {
    std::atomic<int> got = 0;
    std::atomic<int> wrong = 0;
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 16; ++t) {
        threads.emplace_back([&, t] {
          const std::string me = std::to_string(t);
          for (int i = 0; i < 20; ++i) {
            const auto claimed = kept.claim("turn " + std::to_string(i), me, 1h);
            if (claimed && *claimed) ++got;
            const std::string value = me + "/" + std::to_string(i);
            if (kept.put(me, value, 1h)) ++wrong;
            const auto found = kept.get(me);
            if (!found || !*found || (*found)->value != value) ++wrong;
            if (i % 3 == 0 && kept.erase(me)) ++wrong;
          }
        });
      }
    }
    CHECK(got == 20);
    CHECK(wrong == 0);
  }
}

}  // namespace t3api::test

#endif
