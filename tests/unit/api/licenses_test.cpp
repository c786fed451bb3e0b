#include <doctest/doctest.h>

#include "tests/support/api_bench.hpp"

#include <t3api/api/licenses.hpp>

using t3api::error_category;
using test::api_bench;

TEST_CASE("licences are read in the order in which they come") {
  api_bench b;
  b.script.reply(test::answer(200, R"([{"licenseName":"Demo One","licenseNumber":"LIC-00001"},
      {"licenseName":null,"licenseNumber":"LIC-00002","further":1}])"));
  const auto licenses = t3api::list_licenses(b.client);
  REQUIRE(licenses);
  REQUIRE(licenses->size() == 2);
  CHECK((*licenses)[0].name == "Demo One");
  CHECK((*licenses)[0].number == "LIC-00001");
  CHECK((*licenses)[1].name == "");
  CHECK((*licenses)[1].number == "LIC-00002");
  CHECK(b.script.requests()[0].path == "/v2/licenses");
  CHECK(b.script.requests()[0].method == t3api::method::get);
}

TEST_CASE("no licences are no error") {
  api_bench b;
  b.script.reply(test::answer(200, "[]"));
  CHECK(t3api::list_licenses(b.client).value().empty());
}

TEST_CASE("licences of another shape are a protocol error") {
  for (const char* body : {"{}", "null", "{\"data\":[]}", "[1]", "[[]]", "[null]", R"([{"licenseName":"x"}])",
                           R"([{"licenseNumber":7}])", R"([{"licenseNumber":"a"},{}])", "", "<html>",
                           "[{\"licenseNumber\":\"a\"}"}) {
    CAPTURE(body);
    api_bench b;
    b.script.reply(test::answer(200, body));
    const auto licenses = t3api::list_licenses(b.client);
    REQUIRE_FALSE(licenses);
    CHECK(licenses.error().category == error_category::protocol);
  }
}

TEST_CASE("an error of the call for licences comes through") {
  api_bench b;
  b.script.reply(test::answer(403));
  CHECK(t3api::list_licenses(b.client).error().status == 403);
}
