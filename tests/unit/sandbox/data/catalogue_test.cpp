#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include <doctest/doctest.h>

#include <t3api/sandbox/data/catalogue.hpp>

using namespace t3api::sandbox;

TEST_CASE("each row has each field, in its type, and is found by its id") {
  for (const auto* of : catalogue) {
    CAPTURE(of->path);
    const data_owner owner(3, "mi.metrc.com", "LIC-00002");
    CHECK(of->size(1000) > 0);
    for (std::uint64_t row = 0; row < of->size(1000) && row < 60; ++row) {
      const auto object = make_row(*of, owner, row, t3api::wall_time{});
      for (const auto& f : of->fields) {
        CAPTURE(f.name);
        const auto* value = look_up(object, f.name);
        REQUIRE(value != nullptr);
        if (value->is_null() || f.name == retrieved_at) continue;
        // The value that filters and sorting see is that of the object.
        const cell seen = of->at(owner, row, f);
        CHECK(json_value(f, seen) == *value);
        CHECK(json_value(f, to_cell(*value, f.type)) == *value);
      }
      CHECK(object["dataModel"] == of->data_model);
      CHECK(of->row_of(owner, of->kind, object["id"].get<std::uint64_t>()) == row);
    }
  }
}

TEST_CASE("no row was modified before the latest of its dates") {
  const data_owner owner(1, "ca.metrc.com", "LIC-00001");
  for (const auto* of : catalogue) {
    CAPTURE(of->path);
    const field* modified = of->find("lastModified");
    REQUIRE(modified != nullptr);
    for (std::uint64_t row = 0; row < of->size(1000); ++row) {
      CAPTURE(row);
      const auto last = std::get<moment>(of->at(owner, row, *modified)).at;
      for (const auto& f : of->fields) {
        if (f.type != field_type::datetime || f.name == retrieved_at) continue;
        CAPTURE(f.name);
        const cell value = of->at(owner, row, f);
        if (const auto* when = std::get_if<moment>(&value)) CHECK(when->at <= last);
      }
    }
  }
}

TEST_CASE("names of fields are not there twice, and reports name some that are there") {
  for (const auto* of : catalogue) {
    std::set<std::string_view> names;
    for (const auto& f : of->fields) CHECK(names.insert(f.name).second);
    for (std::string_view rest = of->report_fields; !rest.empty();) {
      const auto end = (std::min)(rest.find(','), rest.size());
      CHECK(names.contains(rest.substr(0, end)));
      rest.remove_prefix((std::min)(end + 1, rest.size()));
    }
    CHECK(find_collection(of->path) == of);
    CHECK(find_report(std::string(of->path) + "/report") == of);
  }
  CHECK(find_collection("/v2/packages") == nullptr);
  CHECK(find_report("/v2/packages/active") == nullptr);
}

TEST_CASE("the item of a package is among the items") {
  const data_owner owner(1, "ca.metrc.com", "LIC-00001");
  for (std::uint64_t row = 0; row < 200; ++row) {
    const auto item = make_row(active_packages, owner, row, t3api::wall_time{})["item"];
    const auto number = items.row_of(owner, 0, item["id"].get<std::uint64_t>());
    REQUIRE(number);
    const auto listed = make_row(items, owner, *number, t3api::wall_time{});
    for (const auto& [name, value] : item.items()) CHECK(listed[name] == value);
  }
}
