#include <cstdint>
#include <set>

#include <doctest/doctest.h>

#include <t3api/sandbox/data/changes.hpp>

using nlohmann::json;
using t3api::sandbox::changes;

TEST_CASE("rows are as generated until they are changed") {
  changes c;
  CHECK(c.find(10, 3) == nullptr);
  c.replace(3, {{"a", 1}});
  c.replace(3, {{"a", 2}});
  c.add({{"a", 3}});
  CHECK(*c.find(10, 3) == json({{"a", 2}}));
  CHECK(*c.find(10, 10) == json({{"a", 3}}));
  CHECK(c.find(10, 4) == nullptr);
  c.replace(10, {{"a", 4}});
  CHECK(*c.find(10, 10) == json({{"a", 4}}));
  CHECK(c.kept() == 3);
  CHECK(c.added() == 1);
}

TEST_CASE("positions leave out what was removed") {
  changes c;
  for (const std::uint64_t number : {7U, 2U, 3U, 0U, 7U}) c.remove(number);
  CHECK(c.removed() == 4);
  std::set<std::uint64_t> left;
  for (std::uint64_t at = 0; at < 6; ++at) left.insert(c.number_at(at));
  CHECK(left == std::set<std::uint64_t>{1, 4, 5, 6, 8, 9});
  CHECK(c.is_removed(2));
  CHECK_FALSE(c.is_removed(1));
}

TEST_CASE("a copy stays as it was, and every change has a version of its own") {
  changes c;
  std::set<std::uint64_t> versions = {c.version()};
  c.add(json::object());
  CHECK(versions.insert(c.version()).second);
  const changes before = c;
  c.remove(0);
  CHECK(versions.insert(c.version()).second);
  c.replace(1, json::object());
  CHECK(versions.insert(c.version()).second);
  CHECK(before.removed() == 0);
  CHECK(before.find(5, 1) == nullptr);
}

TEST_CASE("a number is taken once") {
  changes c;
  CHECK(c.take(5));
  CHECK(c.take(3));
  CHECK_FALSE(c.take(5));
  CHECK(c.is_taken(3));
  CHECK_FALSE(c.is_taken(4));
}
