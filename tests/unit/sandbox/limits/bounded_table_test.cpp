#include <t3api/sandbox/limits/bounded_table.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>

using t3api::sandbox::bounded_table;

TEST_CASE("a table of strangers' names stays small, and keeps who keeps coming") {
  const char* scale = std::getenv("T3API_TEST_SCALE");
  const int strangers = 10'000 * (scale ? std::atoi(scale) : 1);
  bounded_table<int> table(100);
  std::size_t largest = 0;
  for (int i = 0; i < strangers; ++i) {
    table[table.hash("stranger " + std::to_string(i))] = i;
    ++table[table.hash("regular")];
    largest = (std::max)(largest, table.size());
  }
  CHECK(table[table.hash("regular")] == strangers);
  CHECK(table[table.hash("stranger 0")] == 0);
  CHECK(largest <= 200);
}

TEST_CASE("names that differ have values of their own") {
  bounded_table<int> table(10);
  table[table.hash("a")] = 1;
  table[table.hash("b")] = 2;
  table[table.hash("")] = 3;
  CHECK(table[table.hash("a")] == 1);
  CHECK(table[table.hash("b")] == 2);
  CHECK(table[table.hash("")] == 3);
  CHECK(table[table.hash("c")] == 0);
}
