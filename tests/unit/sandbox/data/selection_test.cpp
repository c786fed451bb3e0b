#include <string>

#include <doctest/doctest.h>

#include <t3api/sandbox/data/catalogue.hpp>
#include <t3api/sandbox/data/selection.hpp>

using namespace t3api::sandbox;

namespace {

selection of_packages(const t3api::query_params& query) { return parse_selection(active_packages, query); }

/// The names of the keys, `-` before those that descend.
std::string order_of(const selection& chosen) {
  std::string all;
  for (const auto& key : chosen.order) {
    all += (all.empty() ? "" : " ") + std::string(key.descending ? "-" : "") + std::string(key.by->name);
  }
  return all;
}

}  // namespace

TEST_CASE("sort is repeated or has commas, and keeps the order") {
  CHECK(order_of(of_packages({{"sort", "label:asc"}})) == "label");
  CHECK(order_of(of_packages({{"sort", "quantity:DESC, item.name:Asc"}, {"sort", "id:desc"}})) ==
        "-quantity item.name -id");
  CHECK(of_packages({{"sort", "quantity:desc"}, {"sort", "id:asc"}}).sort_text == "quantity:desc,id:asc");
  for (const char* wrong : {"", "label", "label:", ":asc", "label:asc,", ",label:asc", "label:asc:desc",
                            "label:asc,colour:asc", "Label:asc", "retrievedAt:asc"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(of_packages({{"sort", wrong}}), refusal);
  }
}

TEST_CASE("filters keep their commas, and are all to pass unless any is enough") {
  const auto both =
      of_packages({{"filter", "item.name__eq:a,b"}, {"other", "filter=x"}, {"filter", "isOnHold__eq:true"}});
  REQUIRE(both.filters.size() == 2);
  CHECK(both.filter_texts.front() == "item.name__eq:a,b");
  CHECK(both.filters.front().on->name == "item.name");
  CHECK_FALSE(both.any);
  const auto held = [](const field& f) -> cell { return f.name == "isOnHold" ? cell(true) : cell("b"); };
  CHECK_FALSE(both.matches(held));
  auto any = both;
  any.any = true;
  CHECK(any.matches(held));
  CHECK(of_packages({{"filterLogic", "OR"}}).any);
  CHECK(of_packages({{"filterLogic", "or"}}).everything());
  CHECK(of_packages({}).matches(held));
  CHECK_THROWS_AS(of_packages({{"filterLogic", ""}}), refusal);
}

TEST_CASE("there are up to 50 filters and 8 keys to sort by") {
  t3api::query_params filters(50, {"filter", "isOnHold__eq:true"});
  CHECK(of_packages(filters).filters.size() == 50);
  filters.emplace_back("filter", "isOnHold__eq:true");
  CHECK_THROWS_AS(of_packages(filters), refusal);
  std::string sort = "id:asc";
  for (int i = 1; i < 8; ++i) sort += ",id:asc";
  CHECK(of_packages({{"sort", sort}}).order.size() == 8);
  CHECK_THROWS_AS(of_packages({{"sort", sort + ",id:asc"}}), refusal);
}

TEST_CASE("the name of a selection is that of no other") {
  const auto name = [](const t3api::query_params& query) { return of_packages(query).name(); };
  const std::string a = "note__eq:a", b = "note__eq:b";
  CHECK(name({{"filter", a}, {"filter", b}}) == name({{"filter", a}, {"filter", b}}));
  CHECK(name({{"filter", a}, {"filter", b}}) != name({{"filter", a}, {"filter", b}, {"filterLogic", "or"}}));
  CHECK(name({{"filter", a + ' ' + std::to_string(b.size()) + ' ' + b}}) !=
        name({{"filter", a}, {"filter", b}}));
  CHECK(name({{"filter", a + " sort id:asc"}}) != name({{"filter", a}, {"sort", "id:asc"}}));
  CHECK(name({{"sort", "id:asc"}}) != name({{"sort", "id:desc"}}));
}
