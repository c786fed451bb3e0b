#include <t3api/sandbox/limits/request_limit.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using t3api::sandbox::request_limit;

TEST_CASE("a window begins with the first request and ends a minute later") {
  t3api::manual_clock clock;
  request_limit limit(2);
  CHECK_FALSE(limit.take("ann", clock.now()));
  clock.advance(59s);
  CHECK_FALSE(limit.take("ann", clock.now()));
  CHECK(limit.take("ann", clock.now()) == 1s);
  CHECK_FALSE(limit.take("bob", clock.now()));
  clock.advance(999ms);
  CHECK(limit.take("ann", clock.now()) == 1s);
  clock.advance(1ms);
  CHECK_FALSE(limit.take("ann", clock.now()));
  CHECK_FALSE(limit.take("ann", clock.now()));
  CHECK(limit.take("ann", clock.now()) == 60s);
}

TEST_CASE("no limit") {
  request_limit limit(0);
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(limit.take("ann", t3api::steady_time{}));
}

TEST_CASE("of many threads exactly the limit gets through") {
  t3api::manual_clock clock;
  request_limit limit(1000);
  std::atomic<int> through{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 300; ++i) {
          if (!limit.take("ann", clock.now())) ++through;
        }
      });
    }
  }
  CHECK(through == 1000);
}
