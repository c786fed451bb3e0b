#include <doctest/doctest.h>

#include <chrono>
#include <latch>
#include <stop_token>
#include <thread>
#include <vector>

#include <t3api/core/clock.hpp>

using namespace std::chrono_literals;
using t3api::manual_clock;
using t3api::real_clock;

TEST_CASE("a manual clock stands still until it is told otherwise") {
  const t3api::wall_time start{1000s};
  manual_clock clock(start);
  const auto before = clock.now();
  CHECK(clock.now() == before);
  CHECK(clock.wall_now() == start);
  clock.advance(90s);
  CHECK(clock.now() - before == 90s);
  CHECK(clock.wall_now() - start == 90s);
  CHECK(clock.waits().empty());
}

TEST_CASE("a wait on a manual clock returns at once, moves time on and is noted") {
  manual_clock clock;
  const auto start = clock.now();
  CHECK(clock.wait_until(start + 5s, {}));
  CHECK(clock.now() - start == 5s);
  CHECK(clock.wait_until(start + 3s, {}));
  CHECK(clock.now() - start == 5s);
  CHECK(clock.waits() == std::vector<manual_clock::duration>{5s, -2s});
}

TEST_CASE("a wait on a manual clock that was told to stop moves nothing") {
  manual_clock clock;
  std::stop_source stop;
  stop.request_stop();
  const auto start = clock.now();
  CHECK_FALSE(clock.wait_until(start + 5s, stop.get_token()));
  CHECK(clock.now() == start);
  CHECK(clock.waits().empty());
}

TEST_CASE("a manual clock may be used by many threads") {
  manual_clock clock(t3api::wall_time{});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < 500; ++k) clock.advance(1ms);
      });
    }
  }
  CHECK(clock.wall_now() == t3api::wall_time{2s});
}

TEST_CASE("the real clock runs forwards and knows both times") {
  const real_clock clock;
  const auto before = std::chrono::steady_clock::now();
  const auto now = clock.now();
  CHECK(now >= before);
  CHECK(clock.now() >= now);
  CHECK(clock.wall_now() > t3api::wall_time{std::chrono::hours(24 * 365 * 50)});
}

TEST_CASE("a wait on the real clock for a time that has come is over at once") {
  real_clock clock;
  CHECK(clock.wait_until(clock.now(), {}));
  CHECK(clock.wait_until(clock.now() - 1h, {}));
  CHECK(clock.wait_until(clock.now() + 1ms, {}));
}

TEST_CASE("a wait on the real clock is not begun when it was told to stop before") {
  real_clock clock;
  std::stop_source stop;
  stop.request_stop();
  CHECK_FALSE(clock.wait_until(clock.now() + 1h, stop.get_token()));
}

TEST_CASE("a wait on the real clock ends as soon as it is told to stop") {
  real_clock clock;
  std::stop_source stop;
  std::latch waiting(1);
  bool waited = true;
  const auto start = clock.now();
  {
    const std::jthread waiter([&] {
      waiting.count_down();
      waited = clock.wait_until(start + 1h, stop.get_token());
    });
    waiting.wait();
    stop.request_stop();
  }
  CHECK_FALSE(waited);
  CHECK(clock.now() - start < 1h);
}
