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
