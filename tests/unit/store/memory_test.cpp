#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>

#include <t3api/store/memory.hpp>
#include <tests/unit/store/store_behaviour.hpp>

using namespace t3api;
using namespace std::chrono_literals;

namespace {

struct in_memory {
  std::shared_ptr<manual_clock> clock = std::make_shared<manual_clock>();
  memory_store kept{clock};

  template <class Predicate>
  bool becomes(std::chrono::milliseconds time, Predicate predicate) {
    clock->advance(time);
    return predicate();
  }
};

}  // namespace

TEST_CASE("memory: what every store does") { test::check_store_behaviour<in_memory>(); }

TEST_CASE("memory: a value tells how long it stays, to the millisecond") {
  in_memory setting;
  CHECK_FALSE(setting.kept.put("k", "v", 1000ms));
  setting.clock->advance(400ms);
  CHECK((**setting.kept.get("k")).time_left == 600ms);
  setting.clock->advance(600ms - 1ns);
  CHECK(test::value_of(setting.kept, "k") == "v");
  setting.clock->advance(1ns);
  CHECK_FALSE(test::value_of(setting.kept, "k"));
}

TEST_CASE("memory: what has expired does not pile up") {
  in_memory setting;
  std::size_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    CHECK_FALSE(setting.kept.put("value " + std::to_string(i), "v", 10ms));
    CHECK(test::claims(setting.kept, "claim " + std::to_string(i), "me", 10ms));
    setting.clock->advance(1ms);
    most = (std::max)(most, setting.kept.size());
  }
  CHECK(most < 100);
}

TEST_CASE("memory: what is alive stays, however much it is") {
  in_memory setting;
  for (int i = 0; i < 10'000; ++i) CHECK_FALSE(setting.kept.put(std::to_string(i), "v", 1h));
  CHECK(setting.kept.size() == 10'000);
  CHECK(test::value_of(setting.kept, "0") == "v");
}

TEST_CASE("memory: a forked child begins with nothing and leaves the parent's alone") {
  in_memory setting;
  CHECK_FALSE(setting.kept.put("k", "v", 1h));
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const bool empty = !*setting.kept.get("k");
    const bool kept = !setting.kept.put("k", "child's", 1h) && (**setting.kept.get("k")).value == "child's";
    ::_exit(empty && kept ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(test::value_of(setting.kept, "k") == "v");
}
