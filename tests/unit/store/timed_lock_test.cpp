#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include <t3api/store/timed_lock.hpp>

using t3api::detail::timed_lock;
using namespace std::chrono_literals;

TEST_CASE("a lock is held by one thread at a time") {
  timed_lock lock;
  int count = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) {
          const std::unique_lock held(lock, 60s);
          if (held.owns_lock()) ++count;
        }
      });
    }
  }
  CHECK(count == 8000);
}

TEST_CASE("a lock that is held is given up on when the time is over") {
  timed_lock lock;
  REQUIRE(lock.try_lock_for(0ms));
  CHECK_FALSE(lock.try_lock_for(0ms));
  CHECK_FALSE(lock.try_lock_for(5ms));
  lock.unlock();
  CHECK(lock.try_lock_for(0ms));
}

TEST_CASE("who is asked to stop waits no longer, but takes a lock that is free") {
  timed_lock lock;
  std::stop_source stop;
  REQUIRE(lock.try_lock_for(0ms, stop.get_token()));
  auto waiting = std::async(std::launch::async, [&] { return lock.try_lock_for(1h, stop.get_token()); });
  stop.request_stop();
  CHECK(waiting.wait_for(10s) == std::future_status::ready);
  lock.unlock();
  CHECK_FALSE(waiting.get());
  CHECK(lock.try_lock_for(1h, stop.get_token()));
}

TEST_CASE("who waits gets a lock before who comes later, and before who lets go and asks again") {
  timed_lock lock;
  std::vector<int> order;
  REQUIRE(lock.try_lock_for(0ms));
  std::vector<std::jthread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&, number] {
      if (!lock.try_lock_for(1h)) return;
      order.push_back(number);
      lock.unlock();
    });
    while (lock.waiting() != threads.size()) std::this_thread::yield();
  }
  lock.unlock();
  REQUIRE(lock.try_lock_for(1h));
  CHECK(order == std::vector{0, 1, 2, 3});
  lock.unlock();
}

TEST_CASE("who gave up waiting is not given the lock") {
  timed_lock lock;
  REQUIRE(lock.try_lock_for(0ms));
  auto first = std::async(std::launch::async, [&] { return lock.try_lock_for(5ms); });
  CHECK_FALSE(first.get());
  CHECK(lock.waiting() == 0);
  auto second = std::async(std::launch::async, [&] { return lock.try_lock_for(1h); });
  while (lock.waiting() != 1) std::this_thread::yield();
  lock.unlock();
  CHECK(second.get());
}
