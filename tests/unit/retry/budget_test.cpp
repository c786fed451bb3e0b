#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include <t3api/retry/budget.hpp>

using t3api::retry_budget;

namespace {

int spend_all(retry_budget& budget) {
  int spent = 0;
  while (budget.spend()) ++spent;
  return spent;
}

}  // namespace

TEST_CASE("a full budget allows a burst of its capacity") {
  retry_budget budget(5);
  CHECK(spend_all(budget) == 5);
  CHECK_FALSE(budget.spend());
}

TEST_CASE("an empty budget earns one retry with ten calls") {
  retry_budget budget(5);
  spend_all(budget);
  for (int i = 0; i < 9; ++i) budget.earn();
  CHECK_FALSE(budget.spend());
  budget.earn();
  CHECK(budget.spend());
  CHECK_FALSE(budget.spend());
}

TEST_CASE("a budget never holds more than its capacity") {
  retry_budget budget(2);
  for (int i = 0; i < 1000; ++i) budget.earn();
  CHECK(spend_all(budget) == 2);
}

TEST_CASE("a budget of nothing allows nothing") {
  retry_budget budget(0);
  for (int i = 0; i < 100; ++i) budget.earn();
  CHECK_FALSE(budget.spend());
}

TEST_CASE("threads that share a budget spend it once") {
  retry_budget budget(100);
  std::atomic<int> spent = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back([&] { spent += spend_all(budget); });
  }
  CHECK(spent == 100);
}
