#include <t3api/authenticate/ingredient.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using namespace t3api;
using detail::ingredient;
using detail::listed;
using detail::origins;
using detail::place;
using detail::take;

TEST_CASE("an argument goes before what is found, unless it is blank") {
  const setting there{"found", "the environment"};
  CHECK(take("A", "a", "given", there).text() == "given");
  CHECK(take("A", "a", "given", there).is_from(place::arguments));
  CHECK(take("A", "a", " \t", there).text() == "found");
  CHECK(take("A", "a", " \t", there).is_from(place::environment));
  CHECK(take("A", "a", "", setting{"x", ".t3.env line 2"}).is_from(place::file));
  CHECK(take("A", "a", "", std::nullopt).text().empty());
  for (const auto where : {place::arguments, place::environment, place::file})
    CHECK_FALSE(take("A", "a", "", std::nullopt).is_from(where));
}

TEST_CASE("words are listed as people do") {
  CHECK(listed({}).empty());
  CHECK(listed({"A"}) == "A");
  CHECK(listed({"A", "B"}) == "A and B");
  CHECK(listed({"A", "B", "C"}) == "A, B and C");
}

TEST_CASE("origins: what comes from one place stands together, in the order of the parts") {
  const auto part = [](std::string_view name, const std::string& source) {
    return ingredient{name, {}, setting{"canary", source}};
  };
  CHECK(origins({}).empty());
  CHECK(origins({{"A", {}, std::nullopt}}).empty());
  CHECK(origins({part("A", "the environment")}) == "A in the environment");
  CHECK(origins({part("A", ".t3.env line 2")}) == "A in .t3.env line 2");
  CHECK(origins({part("A", "the environment"),
                 part("B", ".t3.env line 2"),
                 part("C", "the arguments"),
                 {"D", {}, std::nullopt},
                 part("E", ".t3.env line 1"),
                 part("F", "the arguments")}) ==
        "A in the environment, B and E in .t3.env lines 2 and 1, C and F in the arguments");
  CHECK(origins({part("A", "a line b line 3")}) == "A in a line b line 3");
  CHECK(origins({part("A", "the environment"), part("B", "f line 1"), part("C", "f line 2")}, " is set in ",
                " are set in ") == "A is set in the environment, B and C are set in f lines 1 and 2");
}
