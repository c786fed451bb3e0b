#include <t3api/detail/per_process.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <barrier>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/support/forked_child.hpp"

using t3api::detail::per_process;
using t3api::test::cannot_fork;
using t3api::test::in_child;

namespace {

/// Counts how many were made and how many are left.
struct counted {
  explicit counted(std::atomic<int>& made_, std::atomic<int>& alive_) : number(++made_), alive(alive_) {
    ++alive;
  }
  ~counted() { --alive; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;

  int number;
  std::atomic<int>& alive;
};

struct fixture {
  std::atomic<int> made = 0;
  std::atomic<int> alive = 0;
  std::optional<per_process<counted>> held{std::in_place,
                                           [this] { return std::make_unique<counted>(made, alive); }};
};

}  // namespace

TEST_CASE("the value is made when it is first asked for, once, and goes with its holder") {
  fixture f;
  CHECK(f.made == 0);
  counted& first = f.held->get();
  CHECK(&f.held->get() == &first);
  CHECK(f.made == 1);
  f.held.reset();
  CHECK(f.alive == 0);
}

TEST_CASE("a holder that was never asked holds nothing") {
  fixture f;
  f.held.reset();
  CHECK(f.made == 0);
}

TEST_CASE("when making fails the next one who asks tries again") {
  int tries = 0;
  per_process<int> held([&] {
    if (++tries == 1) throw std::runtime_error("not yet");
    return std::make_unique<int>(7);
  });
  CHECK_THROWS_AS(held.get(), std::runtime_error);
  CHECK(held.get() == 7);
}

TEST_CASE("all threads that ask at once get the same value, and no other is left") {
  constexpr int threads = 8;
  for (int round = 0; round < 50; ++round) {
    fixture f;
    std::barrier start(threads);
    std::vector<counted*> seen(threads);
    {
      std::vector<std::jthread> asking;
      for (auto& mine : seen) {
        asking.emplace_back([&] {
          start.arrive_and_wait();
          mine = &f.held->get();
        });
      }
    }
    for (const auto* one : seen) CHECK(one == seen.front());
    CHECK(f.alive == 1);
    f.held.reset();
    CHECK(f.alive == 0);
  }
}

TEST_CASE("a forked child makes its own value and leaves its parent's alone" * doctest::skip(cannot_fork)) {
  fixture f;
  counted& parents = f.held->get();
  SUBCASE("that nobody in the child asked for") {
    CHECK(in_child([&] {
            f.held.reset();
            return f.alive == 1 ? 0 : 1;
          }) == 0);
  }
  SUBCASE("and destroys its own alone") {
    CHECK(in_child([&] {
            if (f.held->get().number != 2) return 1;
            if (&f.held->get() != &f.held->get()) return 2;
            f.held.reset();
            return f.alive == 1 && parents.number == 1 ? 0 : 3;
          }) == 0);
  }
  SUBCASE("once for all of its threads") {
    CHECK(in_child([&] {
            constexpr int threads = 8;
            std::barrier start(threads);
            std::vector<counted*> seen(threads);
            {
              std::vector<std::jthread> asking;
              for (auto& mine : seen) {
                asking.emplace_back([&] {
                  start.arrive_and_wait();
                  mine = &f.held->get();
                });
              }
            }
            for (const auto* one : seen) {
              if (one != seen.front() || one == &parents) return 1;
            }
            return f.alive == 2 ? 0 : 2;
          }) == 0);
  }
  SUBCASE("and so does a child's child") {
    CHECK(in_child([&] {
            if (f.held->get().number != 2) return 1;
            const int below = in_child([&] {
              if (f.held->get().number != 3) return 1;
              f.held.reset();
              return f.alive == 2 ? 0 : 2;
            });
            return below == 0 && f.held->get().number == 2 ? 0 : 3;
          }) == 0);
  }
  CHECK(&f.held->get() == &parents);
  CHECK(f.made == 1);
}

TEST_CASE("a child may ask first" * doctest::skip(cannot_fork)) {
  fixture f;
  CHECK(in_child([&] { return f.held->get().number == 1 ? 0 : 1; }) == 0);
  CHECK(f.made == 0);
  CHECK(f.held->get().number == 1);
}
