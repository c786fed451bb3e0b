#include <doctest/doctest.h>

#include <t3api/environment.hpp>

TEST_CASE("one include gives the way from the environment to the settings of a client") {
  const auto from = t3api::environment::load({.file = "", .lookup = [](const char*) { return "1"; }}).value();
  CHECK_FALSE(t3api::read_settings(from));
  const auto nothing = t3api::environment::load({.file = "", .lookup = nullptr}).value();
  CHECK(t3api::read_settings(nothing).value().client.host == t3api::default_host);
  CHECK(t3api::parse_dotenv("A=1", ".t3.env").value().size() == 1);
}
