#include <string>

#include <doctest/doctest.h>

#include <t3api/sandbox/data/csv.hpp>

using nlohmann::json;
using namespace t3api::sandbox;

TEST_CASE("CSV fields are quoted when RFC 4180 demands it") {
  const auto field = [](const std::string& text) {
    std::string out;
    append_csv_field(out, text);
    return out;
  };
  CHECK(field("") == "");
  CHECK(field("plain 'text' = ü") == "plain 'text' = ü");
  CHECK(field("=1+1") == "=1+1");
  CHECK(field("a,b") == "\"a,b\"");
  CHECK(field("say \"x\"") == "\"say \"\"x\"\"\"");
  CHECK(field("a\nb") == "\"a\nb\"");
  CHECK(field("a\rb") == "\"a\rb\"");
}

TEST_CASE("JSON values become texts") {
  CHECK(csv_text(nullptr) == "");
  CHECK(csv_text("x") == "x");
  CHECK(csv_text(true) == "true");
  CHECK(csv_text(2.5) == "2.5");
  CHECK(csv_text(json::array({"a", "b"})) == "a, b");
  CHECK(csv_text(json::array()) == "");
}
