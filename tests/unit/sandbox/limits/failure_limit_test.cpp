#include <t3api/sandbox/limits/failure_limit.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using t3api::sandbox::failure_limit;

namespace {

struct attempts {
  explicit attempts(unsigned most, std::chrono::seconds window, std::size_t capacity = 1000)
      : limit(most, window, capacity) {}

  t3api::manual_clock clock{};
  failure_limit limit;

  std::optional<std::chrono::seconds> attempt(const std::string& name, bool fails) {
    const auto wait = limit.begin(name, clock);
    if (!wait) limit.end(name, fails, clock);
    return wait;
  }
};

}  // namespace

TEST_CASE("failures count from the first one on, success takes nothing back") {
  attempts a(2, 5min);
  CHECK_FALSE(a.attempt("ann", false));
  a.clock.advance(1min);
  CHECK_FALSE(a.attempt("ann", true));
  a.clock.advance(1min);
  CHECK_FALSE(a.attempt("ann", false));
  CHECK_FALSE(a.attempt("ann", true));
  CHECK(a.attempt("ann", false) == 4min);
  CHECK_FALSE(a.attempt("bob", false));
  a.clock.advance(4min - 1ms);
  CHECK(a.attempt("ann", false) == 1s);
  a.clock.advance(1ms);
  CHECK_FALSE(a.attempt("ann", true));
  CHECK_FALSE(a.attempt("ann", true));
  CHECK(a.attempt("ann", true) == 5min);
}

TEST_CASE("attempts beyond the limit do not prolong the wait") {
  attempts a(1, 10s);
  CHECK_FALSE(a.attempt("ann", true));
  for (int second = 10; second > 0; --second) {
    CHECK(a.attempt("ann", true) == std::chrono::seconds(second));
    a.clock.advance(1s);
  }
  CHECK_FALSE(a.attempt("ann", true));
}

TEST_CASE("of many threads that fail, exactly the limit gets through") {
  attempts a(10, 5min);
  std::atomic<int> through{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 20; ++i) {
          if (a.limit.begin("ann", a.clock)) continue;
          ++through;
          std::this_thread::yield();
          a.limit.end("ann", true, a.clock);
        }
      });
    }
  }
  CHECK(through == 10);
}

TEST_CASE("of many threads that are right, none is refused") {
  attempts a(2, 5min);
  std::atomic<int> through{0}, at_once{0}, most_at_once{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 20; ++i) {
          if (a.limit.begin("ann", a.clock)) continue;
          const int now = ++at_once;
          if (now > most_at_once) most_at_once = now;
          std::this_thread::yield();
          --at_once;
          ++through;
          a.limit.end("ann", false, a.clock);
        }
      });
    }
  }
  CHECK(through == 160);
  CHECK(most_at_once <= 2);
}

TEST_CASE("no limit, no memory") {
  attempts a(0, 5min);
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(a.attempt("name " + std::to_string(i), true));
  CHECK(a.limit.size() == 0);
}

TEST_CASE("memory is bounded under any number of names, and a name that keeps failing is not forgotten") {
  attempts a(10, 5min, 100);
  for (int i = 0; i < 10; ++i) {
    for (int other = 0; other < 99; ++other) a.attempt(std::to_string(i * 100 + other), true);
    CHECK_FALSE(a.attempt("ann", true));
  }
  CHECK(a.attempt("ann", true) == 5min);
  CHECK(a.limit.size() <= 200);
}

TEST_CASE("whoever waits for a place that does not become free is told to come again") {
  t3api::manual_clock clock;
  failure_limit limit(1, 5min, 1000, 20ms);
  CHECK_FALSE(limit.begin("ann", clock));
  auto other = std::async(std::launch::async, [&] { return limit.begin("ann", clock); });
  CHECK(other.wait_for(10s) == std::future_status::ready);
  limit.end("ann", false, clock);
  const auto wait = other.get();
  CHECK(wait == 1s);
  if (!wait) limit.end("ann", false, clock);
  CHECK_FALSE(limit.begin("ann", clock));
}

TEST_CASE("whoever is asked to stop waits for no place") {
  t3api::manual_clock clock;
  failure_limit limit(1, 5min, 1000, 1h);
  std::stop_source stop;
  CHECK_FALSE(limit.begin("ann", clock, stop.get_token()));
  auto other = std::async(std::launch::async, [&] { return limit.begin("ann", clock, stop.get_token()); });
  stop.request_stop();
  CHECK(other.wait_for(10s) == std::future_status::ready);
  limit.end("ann", false, clock);
  const auto wait = other.get();
  CHECK(wait == 1s);
  if (!wait) limit.end("ann", false, clock);
  CHECK_FALSE(limit.begin("ann", clock, stop.get_token()));
}
