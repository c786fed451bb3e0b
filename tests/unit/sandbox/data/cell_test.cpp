#include <doctest/doctest.h>

#include <t3api/sandbox/data/cell.hpp>

using nlohmann::json;
using namespace t3api::sandbox;

TEST_CASE("dates and datetimes are read as people write them") {
  const auto text = [](const char* given) {
    const auto when = parse_moment(given);
    return when ? to_text(*when) : "";
  };
  CHECK(text("2024-05-17") == "2024-05-17");
  CHECK(text("2024-05-17T12:30") == "2024-05-17T12:30:00.000Z");
  CHECK(text("2024-05-17T12:30Z") == "2024-05-17T12:30:00.000Z");
  CHECK(text("2024-05-17T12:30+02:00") == "2024-05-17T10:30:00.000Z");
  CHECK(text("2024-05-17T12:30:01.5Z") == "2024-05-17T12:30:01.500Z");
  for (const char* wrong :
       {"", "2024", "2024-5-17", "2024-02-30", "17.05.2024", "2024-05-17T", "2024-05-17 1", "2024-05-17T12",
        "2024-05-17T25:00", "2024-05-17T12:30:", "2024-05-17T12:30:01x"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_moment(wrong));
  }
}

TEST_CASE("stored JSON is read as the type of its field, or as null") {
  CHECK(to_cell(true, field_type::boolean) == cell(true));
  CHECK(to_cell(7U, field_type::number) == cell(std::uint64_t{7}));
  CHECK(to_cell(-7.5, field_type::number) == cell(-7.5));
  CHECK(to_cell("x", field_type::text) == cell(std::string("x")));
  CHECK(to_cell(json::array({"a", "b"}), field_type::text) == cell(std::string("a, b")));
  for (const auto type : {field_type::text, field_type::number, field_type::boolean, field_type::datetime}) {
    CHECK(to_cell(nullptr, type) == cell());
    CHECK(to_cell(json::object(), type) == cell());
  }
  CHECK(to_cell("yesterday", field_type::datetime) == cell());
  CHECK(to_json(to_cell("2024-05-17", field_type::datetime)) == "2024-05-17");
}
