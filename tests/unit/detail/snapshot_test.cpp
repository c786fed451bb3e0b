#include <doctest/doctest.h>

#include <atomic>
#include <barrier>
#include <memory>
#include <thread>
#include <vector>

#include <t3api/detail/snapshot.hpp>

namespace {

/// Knows how many of its kind live, and that its halves belong together.
struct paired {
  paired(std::atomic<int>& alive_, int number_) : alive(alive_), number(number_), copy(number_) { ++alive; }
  ~paired() {
    copy = -1;
    --alive;
  }
  paired(const paired&) = delete;
  paired& operator=(const paired&) = delete;

  std::atomic<int>& alive;
  int number;
  int copy;
};

using counted_snapshot = t3api::detail::snapshot<paired>;

int number_in(const counted_snapshot& held) {
  return held.read([](const paired* value) { return value == nullptr ? 0 : value->number; });
}

}  // namespace

TEST_CASE("a snapshot without a value shows a null pointer") {
  const counted_snapshot held;
  CHECK(held.read([](const paired* value) { return value == nullptr; }));
}

TEST_CASE("a snapshot shows the value that was published last") {
  std::atomic<int> alive = 0;
  counted_snapshot held;
  for (int i = 1; i <= 3; ++i) {
    held.publish(std::make_unique<const paired>(alive, i));
    CHECK(number_in(held) == i);
  }
  held.publish(nullptr);
  CHECK(number_in(held) == 0);
  CHECK(alive == 0);
}

TEST_CASE("replaced values are freed, and the last one goes with the snapshot") {
  std::atomic<int> alive = 0;
  {
    counted_snapshot held;
    for (int i = 1; i <= 100; ++i) {
      held.publish(std::make_unique<const paired>(alive, i));
      CHECK(alive == 1);
    }
  }
  CHECK(alive == 0);
}

TEST_CASE("a value lives while a reader looks at it, and goes when that one leaves") {
  std::atomic<int> alive = 0;
  counted_snapshot held;
  held.publish(std::make_unique<const paired>(alive, 1));
  held.read([&](const paired* seen) {
    held.publish(std::make_unique<const paired>(alive, 2));
    CHECK(alive == 2);
    CHECK(seen->number == 1);
    CHECK(seen->copy == 1);
    CHECK(number_in(held) == 2);
    CHECK(alive == 2);
  });
  CHECK(alive == 1);
  CHECK(number_in(held) == 2);
}

TEST_CASE("the last of several readers frees all values that were replaced meanwhile") {
  std::atomic<int> alive = 0;
  counted_snapshot held;
  held.publish(std::make_unique<const paired>(alive, 1));
  held.read([&](const paired* oldest) {
    held.publish(std::make_unique<const paired>(alive, 2));
    held.read([&](const paired* older) {
      held.publish(std::make_unique<const paired>(alive, 3));
      CHECK(alive == 3);
      CHECK(older->copy == 2);
    });
    CHECK(alive == 3);
    CHECK(oldest->copy == 1);
  });
  CHECK(alive == 1);
  CHECK(number_in(held) == 3);
}

TEST_CASE("a reader that throws does not keep values alive") {
  std::atomic<int> alive = 0;
  counted_snapshot held;
  held.publish(std::make_unique<const paired>(alive, 1));
  CHECK_THROWS_AS(held.read([&](const paired*) {
    held.publish(std::make_unique<const paired>(alive, 2));
    throw 1;
  }),
                  int);
  CHECK(alive == 1);
  held.publish(std::make_unique<const paired>(alive, 3));
  CHECK(alive == 1);
}

TEST_CASE("many readers see whole values in order while writers replace them") {
  constexpr int readers = 6;
  constexpr int writers = 2;
  constexpr int rounds = 2000;
  std::atomic<int> alive = 0;
  std::atomic<int> faults = 0;
  std::atomic<int> next = 0;
  {
    counted_snapshot held;
    held.publish(std::make_unique<const paired>(alive, 0));
    std::barrier start(readers + writers);
    std::vector<std::jthread> threads;
    for (int i = 0; i < writers; ++i) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        for (int k = 0; k < rounds; ++k) held.publish(std::make_unique<const paired>(alive, ++next));
      });
    }
    for (int i = 0; i < readers; ++i) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        for (int k = 0; k < rounds; ++k) {
          held.read([&](const paired* value) {
            if (value == nullptr || value->number != value->copy || value->number < 0) ++faults;
          });
        }
      });
    }
    threads.clear();
    CHECK(alive == 1);
  }
  CHECK(faults == 0);
  CHECK(alive == 0);
}
