#include <cstddef>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <t3api/sandbox/data/catalogue.hpp>
#include <t3api/sandbox/data/records.hpp>

using namespace t3api::sandbox;

namespace {

const auto host = "ca.metrc.com";

nlohmann::json row() { return {{"label", "new"}}; }

}  // namespace

TEST_CASE("an edit is seen by others when it is committed, and by those who began before never") {
  records all(1, 10);
  const auto before = all.open(active_packages, host, "L");
  {
    records::edit edit(all, host, "L");
    edit.of(active_packages).add(row());
    edit.of(items).remove(0);
    CHECK(edit.open(active_packages).size() == 11);
    CHECK(all.open(active_packages, host, "L").size() == 10);
  }
  CHECK(all.open(active_packages, host, "L").size() == 10);
  {
    records::edit edit(all, host, "L");
    edit.of(active_packages).add(row());
    edit.commit();
  }
  CHECK(all.open(active_packages, host, "L").size() == 11);
  CHECK(all.open(active_packages, host, "M").size() == 10);
  CHECK(all.open(active_packages, "co.metrc.com", "L").size() == 10);
  CHECK(before.size() == 10);
}

TEST_CASE("a remembered list of rows is made anew after a write") {
  records all(1, 10);
  const auto chosen = parse_selection(active_packages, {{"filter", "label__eq:new"}});
  const auto ask = [&] { return all.select(all.open(active_packages, host, "L"), chosen); };
  const auto first = ask();
  CHECK(first->empty());
  CHECK(ask() == first);
  records::edit edit(all, host, "L");
  edit.of(active_packages).add(row());
  edit.commit();
  CHECK(*ask() == row_list({10}));
}

TEST_CASE("written rows are kept up to a number") {
  records all(1, 10);
  records::edit edit(all, host, "L");
  for (std::size_t i = 0; i < records::most_kept_rows; ++i) edit.of(active_packages).add(row());
  edit.commit();
  edit.of(items).remove(0);
  CHECK_THROWS_AS(edit.commit(), refusal);
  CHECK(all.open(active_packages, host, "L").size() == 10 + records::most_kept_rows);
  CHECK(all.open(items, host, "L").size() == 240);
}

TEST_CASE("there are never more packages than ids for them") {
  const records most(1, ids_of_place);
  std::set<std::string> ids;
  for (const auto* of : catalogue) {
    if (of == &items) continue;
    const auto rows = most.open(*of, host, "L");
    for (const auto row : {std::uint64_t{0}, rows.size() - 1}) {
      CHECK(ids.insert(to_json(rows.at(row, *of->find("id"))).dump()).second);
    }
  }
  CHECK_THROWS_WITH_AS(records(1, ids_of_place + 1),
                       "a sandbox of 100000001 packages has no ids for them all: ask for at most 100000000",
                       std::invalid_argument);
}
