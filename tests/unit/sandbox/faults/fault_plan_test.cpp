#include <t3api/sandbox/faults/fault_plan.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using t3api::method;
using t3api::sandbox::fault_plan;

namespace {

/// The status that each of `count` requests was struck with, 0 for none: "500 0 429".
std::string struck(fault_plan& plan, int count, const t3api::query_params& query = {}) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    const auto hit = plan.strike(method::get, "/v2/states", query);
    text += (i == 0 ? "" : " ") + std::to_string(hit.fault ? hit.fault->status : 0);
  }
  return text;
}

}  // namespace

TEST_CASE("a fault strikes once, or as often as it says, after those that it lets by") {
  fault_plan plan;
  CHECK(struck(plan, 1) == "0");
  plan.add({.status = 500});
  CHECK(struck(plan, 2) == "500 0");
  plan.clear();
  plan.add({.skip = 2, .times = 2, .status = 500});
  CHECK(struck(plan, 6) == "0 0 500 500 0 0");
  plan.clear();
  plan.add({.skip = 1, .times = 0, .status = 500});
  CHECK(struck(plan, 4) == "0 500 500 500");
  plan.clear();
  plan.add({.query = {{"page", "3"}}, .skip = 1, .status = 500});
  CHECK(struck(plan, 2) == "0 0");
  CHECK(struck(plan, 3, {{"page", "3"}}) == "0 500 0");
}

TEST_CASE("of several faults the first added strikes, and those behind it do not count the request") {
  fault_plan plan;
  plan.add({.times = 2, .status = 500});
  plan.add({.skip = 1, .status = 429});
  plan.add({.status = 503});
  CHECK(struck(plan, 6) == "500 500 503 429 0 0");
}

TEST_CASE("the list tells how faults fared, by numbers that do not come twice") {
  fault_plan plan;
  const auto first = plan.add({.skip = 1, .status = 500});
  const auto second = plan.add({.times = 0, .status = 429});
  CHECK(struck(plan, 3) == "429 500 429");
  const auto list = plan.list();
  REQUIRE(list.size() == 2);
  CHECK(list[0].id == first);
  CHECK(list[0].matched == 2);
  CHECK(list[0].struck == 1);
  CHECK(list[1].id == second);
  CHECK(list[1].matched == 2);
  CHECK(list[1].struck == 2);
  CHECK(plan.remove(second));
  CHECK_FALSE(plan.remove(second));
  CHECK(struck(plan, 1) == "0");
  plan.clear();
  CHECK(plan.list().empty());
  CHECK_FALSE(plan.remove(first));
  CHECK(plan.add({.status = 500}) > second);
}

TEST_CASE("the paths by which faults are ordered are never struck") {
  fault_plan plan;
  plan.add({.times = 0, .status = 500});
  CHECK_FALSE(plan.strike(method::get, "/sandbox/faults", {}).fault);
  CHECK(plan.strike(method::get, "/sandboxes", {}).fault);
}

TEST_CASE("a plan has an end, and takes nothing senseless") {
  fault_plan plan;
  CHECK_THROWS_AS(plan.add({}), std::invalid_argument);
  for (std::size_t i = 0; i < fault_plan::most_faults; ++i) plan.add({.status = 500});
  CHECK_THROWS_AS(plan.add({.status = 500}), std::invalid_argument);
  plan.clear();
  CHECK_NOTHROW(plan.add({.status = 500}));
}

TEST_CASE("clearing a plan ends the delays of what it struck") {
  fault_plan plan;
  plan.add({.times = 0, .status = 500});
  const auto before = plan.strike(method::get, "/", {});
  CHECK_FALSE(before.removed.stop_requested());
  plan.clear();
  CHECK(before.removed.stop_requested());
  plan.add({.times = 0, .status = 500});
  CHECK_FALSE(plan.strike(method::get, "/", {}).removed.stop_requested());
}

TEST_CASE("removing a fault ends its delays and no others") {
  fault_plan plan;
  const auto first = plan.add({.status = 500});
  plan.add({.status = 500});
  const auto one = plan.strike(method::get, "/", {}), other = plan.strike(method::get, "/", {});
  CHECK(plan.remove(first));
  CHECK(one.removed.stop_requested());
  CHECK_FALSE(other.removed.stop_requested());
}

TEST_CASE("counts are exact under many threads") {
  fault_plan plan;
  plan.add({.skip = 100, .times = 300, .status = 500});
  std::atomic<int> hits{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) hits += plan.strike(method::get, "/", {}).fault != nullptr;
      });
    }
  }
  CHECK(hits == 300);
  CHECK(plan.list().at(0).struck == 300);
}
