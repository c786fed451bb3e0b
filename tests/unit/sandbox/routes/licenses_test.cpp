#include <doctest/doctest.h>

#include <tests/unit/sandbox/support.hpp>

using nlohmann::json;
using sandbox_test::body_of;
using sandbox_test::sandbox;

TEST_CASE("licences are the account's") {
  sandbox s;
  CHECK(body_of(s.get_with_token("/v2/licenses", s.token())) ==
        json::array({{{"licenseName", "Sandbox LIC-00001"}, {"licenseNumber", "LIC-00001"}},
                     {{"licenseName", "Sandbox LIC-00002"}, {"licenseNumber", "LIC-00002"}}}));
}

TEST_CASE("a licence is checked before anything else in the query") {
  sandbox s;
  const auto token = s.token();
  for (const char* path : {"/v2/items", "/v2/items/report", "/v2/packages/create/inputs"}) {
    const std::string start = std::string(path) + "?page=0&fieldnames=nothing&licenseNumber=";
    CHECK(s.get_with_token(start + "LIC-99999", token).status == 403);
    CHECK(s.get_with_token(start, token).status == 400);
    CHECK(s.get(start + "LIC-00001").status == 401);
  }
}
