#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <t3api/sandbox/data/row_lists.hpp>

using t3api::sandbox::row_list;
using t3api::sandbox::row_lists;

TEST_CASE("a list is made once for each version") {
  row_lists lists;
  int made = 0;
  const auto make = [&] { return row_list{static_cast<std::uint32_t>(++made)}; };
  CHECK(lists.get("a", 1, make)->front() == 1);
  CHECK(lists.get("a", 1, make)->front() == 1);
  CHECK(lists.get("b", 1, make)->front() == 2);
  CHECK(lists.get("a", 2, make)->front() == 3);
  CHECK(lists.get("a", 2, make)->front() == 3);
  CHECK(made == 3);
}

TEST_CASE("threads that ask at once wait for one of them") {
  row_lists lists;
  std::atomic<int> made = 0;
  std::atomic<int> asking = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      ++asking;
      lists.get("a", 1, [&] {
        while (asking < 8) std::this_thread::yield();
        ++made;
        return row_list{7};
      });
    });
  }
  for (auto& one : threads) one.join();
  CHECK(made == 1);
}

TEST_CASE("what fails is not remembered") {
  row_lists lists;
  CHECK_THROWS_AS(lists.get("a", 1, []() -> row_list { throw std::runtime_error("x"); }), std::runtime_error);
  CHECK(lists.get("a", 1, [] { return row_list{1}; })->size() == 1);
}

TEST_CASE("only the lists used last are remembered, within the bytes that were set") {
  row_lists lists(20'000);
  int made = 0;
  const auto ask = [&](const std::string& name) {
    lists.get(name, 1, [&] {
      ++made;
      return row_list(1000);
    });
  };
  for (int i = 0; i < 100; ++i) {
    ask("first");
    ask(std::to_string(i));
    CHECK(lists.bytes() <= 20'000);
  }
  CHECK(made == 101);
  ask("0");
  CHECK(made == 102);
  lists.get("too large", 1, [] { return row_list(100'000); });
  CHECK(lists.bytes() <= 20'000);
}
