#include <t3api/sandbox/http/memory_budget.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <optional>
#include <thread>
#include <vector>

using t3api::sandbox::memory_budget;
using t3api::sandbox::memory_share;

namespace {

bool has_room(memory_share& share, std::size_t bytes) {
  try {
    share.take(bytes);
    return true;
  } catch (const t3api::sandbox::refusal& why) {
    CHECK(why.status == 503);
    CHECK(why.headers.contains("Retry-After"));
    return false;
  }
}

}  // namespace

TEST_CASE("requests take from one budget what is above their free part, and give it back") {
  constexpr auto free = memory_share::free_bytes;
  memory_budget budget(1000);
  {
    memory_share first(budget), second(budget);
    CHECK(has_room(first, free));
    CHECK(budget.left() == 1000);
    CHECK(has_room(first, 600));
    CHECK(budget.left() == 400);
    CHECK_FALSE(has_room(second, free + 401));
    CHECK(budget.left() == 400);
    CHECK(has_room(second, free + 400));
    CHECK(budget.left() == 0);
    CHECK_FALSE(has_room(first, 1));
  }
  CHECK(budget.left() == 1000);
}

TEST_CASE("a budget that is taken leaves small requests their free part") {
  memory_budget none(0);
  memory_share small(none);
  CHECK(has_room(small, memory_share::free_bytes - 1));
  CHECK(has_room(small, 1));
  CHECK_FALSE(has_room(small, 1));
}

TEST_CASE("however many threads take at once, no more than the budget is taken") {
  memory_budget budget(10);
  std::atomic<int> taken = 0, over = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) {
        memory_share share(budget);
        share.take(memory_share::free_bytes);
        if (!has_room(share, 3)) continue;
        if (++taken > 3) ++over;
        --taken;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(over == 0);
  CHECK(budget.left() == 10);
}
