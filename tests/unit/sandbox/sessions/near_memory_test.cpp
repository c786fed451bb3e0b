#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include <t3api/sandbox/sessions/near_memory.hpp>

using t3api::sandbox::near_memory;
using namespace std::chrono_literals;

TEST_CASE("a value is there until its time is over or another takes its place") {
  const auto clock = std::make_shared<t3api::manual_clock>();
  near_memory memory(clock, 10);
  memory.put("a", "1", 10s);
  memory.put("b", "2", 20s);
  memory.put("b", "3", 30s);
  CHECK(memory.get("a") == "1");
  CHECK(memory.get("b") == "3");
  CHECK_FALSE(memory.get("c"));
  clock->advance(10s);
  CHECK_FALSE(memory.get("a"));
  CHECK(memory.get("b") == "3");
  memory.put("b", "4", 0s);
  CHECK_FALSE(memory.get("b"));
  CHECK(memory.size() == 0);
}

TEST_CASE("what was not asked for longest makes room") {
  near_memory memory(std::make_shared<t3api::manual_clock>(), 3);
  for (const char* name : {"a", "b", "c"}) memory.put(name, name, 1h);
  CHECK(memory.get("a"));
  memory.put("d", "d", 1h);
  CHECK(memory.get("a"));
  CHECK_FALSE(memory.get("b"));
  for (int i = 0; i < 1000; ++i) memory.put(std::to_string(i), "x", 1h);
  CHECK(memory.size() == 3);
}

TEST_CASE("any number of threads may share it") {
  near_memory memory(std::make_shared<t3api::manual_clock>(), 50);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        const auto name = std::to_string(i % 80);
        memory.put(name, name, 1h);
        const auto found = memory.get(name);
        if (found) CHECK(*found == name);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(memory.size() <= 50);
}
