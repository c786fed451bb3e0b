#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <t3api/sandbox/data/catalogue.hpp>
#include <t3api/sandbox/data/select_rows.hpp>

using namespace t3api::sandbox;
using nlohmann::json;

namespace {

table packages(std::uint64_t size, changes changed = {}) {
  return {active_packages, data_owner(1, "ca.metrc.com", "L"), size,
          std::make_shared<const changes>(std::move(changed))};
}

row_list rows(const table& from, const t3api::query_params& query) {
  return select_rows(from, parse_selection(from.of(), query));
}

json value(const table& from, std::uint64_t row, const char* name) {
  return from.json_at(row, *from.of().find(name), {});
}

}  // namespace

TEST_CASE("sorting keeps the order of rows that are equal, in both directions and for several fields") {
  const auto from = packages(500);
  for (const std::string direction : {"asc", "desc"}) {
    const bool down = direction == "desc";
    const auto sorted = rows(from, {{"sort", "locationName:" + direction + ", isOnHold:asc"}});
    REQUIRE(sorted.size() == 500);
    for (std::size_t i = 1; i < sorted.size(); ++i) {
      const auto a = sorted[i - 1], b = sorted[i];
      const auto room_a = value(from, a, "locationName"), room_b = value(from, b, "locationName");
      const auto held_a = value(from, a, "isOnHold"), held_b = value(from, b, "isOnHold");
      if (room_a != room_b) {
        CHECK((down ? room_b < room_a : room_a < room_b));
      } else if (held_a != held_b) {
        CHECK(held_a < held_b);
      } else {
        CHECK(a < b);
      }
    }
  }
  CHECK(rows(from, {{"sort", "locationName:asc"}, {"sort", "isOnHold:asc"}}) ==
        rows(from, {{"sort", "locationName:asc,isOnHold:asc"}}));
}

TEST_CASE("null is first in rising order") {
  const auto sorted = rows(packages(60), {{"sort", "item.strainName:asc"}});
  CHECK(value(packages(60), sorted.front(), "item.strainName").is_null());
  CHECK_FALSE(value(packages(60), sorted.back(), "item.strainName").is_null());
}

TEST_CASE("numbers and datetimes are sorted by value") {
  const auto from = packages(300);
  for (const char* name : {"quantity", "lastModified", "packagedDate", "id"}) {
    const auto sorted = rows(from, {{"sort", std::string(name) + ":desc"}});
    for (std::size_t i = 1; i < sorted.size(); ++i) {
      CHECK(value(from, sorted[i], name) <= value(from, sorted[i - 1], name));
    }
  }
}

TEST_CASE("what was added, changed and removed is chosen and ordered as it is now") {
  changes changed;
  auto row = make_row(active_packages, data_owner(1, "ca.metrc.com", "L"), 3, {});
  row["note"] = "zebra";
  changed.replace(3, row);
  row["note"] = "Zebra crossing";
  changed.add(row);
  changed.add(row);
  changed.remove(5);
  changed.remove(11);
  const auto from = packages(10, changed);
  CHECK(from.size() == 10);
  CHECK(rows(from, {{"filter", "note__startswith:ZEBRA"}}) == row_list({3, 10}));
  CHECK(rows(from, {{"filter", "note__startswith:ZEBRA"}, {"sort", "note:desc"}}) == row_list({10, 3}));
  CHECK(rows(from, {{"filter", "label__contains:"}}) == row_list({0, 1, 2, 3, 4, 6, 7, 8, 9, 10}));
  CHECK(from.number_at(4) == 4);
  CHECK(from.number_at(5) == 6);
  CHECK(from.number_at(9) == 10);
}

TEST_CASE("too many rows are refused before they are looked at") {
  CHECK_THROWS_AS(rows(packages(10'000'001), {{"sort", "label:asc"}}), refusal);
}

TEST_CASE("the name of a selection tells it from every other") {
  const auto name = [](const t3api::query_params& query) {
    return parse_selection(active_packages, query).name();
  };
  CHECK(name({{"filter", "note__eq:a"}}) == name({{"filter", "note__eq:a"}, {"filterLogic", "and"}}));
  CHECK(name({{"filter", "note__eq:a"}}) != name({{"filter", "note__eq:a"}, {"filterLogic", "or"}}));
  CHECK(name({{"filter", "note__eq:a"}}) != name({{"filter", "note__eq:b"}}));
  CHECK(name({{"filter", "note__eq:a"}, {"sort", "note:asc"}}) !=
        name({{"filter", "note__eq:a"}, {"sort", "note:desc"}}));
  CHECK(name({{"filter", "note__eq:a"}, {"filter", "note__eq:b"}}) !=
        name({{"filter", "note__eq:a 10 note__eq:b"}}));
  CHECK_THROWS_AS(name(t3api::query_params(51, {"filter", "note__eq:a"})), refusal);
  CHECK_THROWS_AS(name(t3api::query_params(9, {"sort", "note:asc"})), refusal);
}
