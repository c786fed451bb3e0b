#include <t3api/authenticate/by_jwt.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include "tests/support/client_kit.hpp"
#include "tests/unit/authenticate/support.hpp"
#include "tests/unit/authenticate/surroundings.hpp"

#include <t3api/api/auth.hpp>

using namespace t3api;
using namespace t3api::test;
using namespace std::chrono_literals;

namespace {

/// A token that expires that long after now.
std::string jwt_for(std::chrono::seconds left) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return ::test::jwt_of({{"exp", (now + left).time_since_epoch().count()}});
}

}  // namespace

TEST_CASE("a token of the service is used as it is, without blanks around it, and nothing is sent before") {
  const surroundings clean;
  const sandbox_server box;
  const auto token = authenticate_and_get_token(california({.host = box.url()}));
  const auto before = box.server.count();
  const auto client = create_jwt_authenticated_client(
      {.jwt_token = " " + std::string(token.reveal()) + "\n", .host = box.url()});
  CHECK(box.server.count() == before);
  CHECK(whoami(client).value().username == "demo-ca");
  CHECK(box.exchanges() == 1);
}

TEST_CASE("a blank or malformed token is std::invalid_argument, an expired one authentication_error") {
  const surroundings clean;
  for (const char* blank : {"", "  ", "\r\n\t"}) {
    CHECK_THROWS_WITH_AS(create_jwt_authenticated_client({.jwt_token = blank}),
                         doctest::Contains("the JWT is empty"), std::invalid_argument);
  }
  CHECK_THROWS_WITH_AS(create_jwt_authenticated_client({.jwt_token = "Bearer a.b.c"}),
                       doctest::Contains("without 'Bearer' in front"), std::invalid_argument);
  CHECK_THROWS_AS(create_jwt_authenticated_client({.jwt_token = "a.b.c\r\nX: y"}), std::invalid_argument);
  CHECK_THROWS_WITH_AS(create_jwt_authenticated_client({.jwt_token = jwt_for(-1s)}),
                       doctest::Contains("the JWT has expired"), authentication_error);
  CHECK_NOTHROW(create_jwt_authenticated_client({.jwt_token = jwt_for(1h)}));
  CHECK_NOTHROW(create_jwt_authenticated_client({.jwt_token = "opaque-token"}));
}

TEST_CASE("a token that expires on the way, or that the service refuses, ends the client") {
  const surroundings clean;
  const auto clock = std::make_shared<manual_clock>();
  const sandbox_server box({.jwt_ttl = 1h}, clock);
  const client_config config{.host = box.url(), .clock = clock};
  const auto token = authenticate_and_get_token(california({.config = config}));
  const auto client = create_jwt_authenticated_client({.jwt_token = token, .config = config});
  CHECK(whoami(client));
  const auto before = box.server.count();
  clock->advance(2h);
  const auto expired = client.get("/v2/licenses");
  REQUIRE_FALSE(expired);
  CHECK(expired.error().category == error_category::authentication);
  CHECK(expired.error().message.find("the JWT has expired: get a new one") != std::string::npos);
  CHECK(box.server.count() == before);

  const auto foreign =
      create_jwt_authenticated_client({.jwt_token = "canary.canary.canary", .config = config});
  const auto refused = foreign.get("/v2/licenses");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().status == 401);
  CHECK(refused.error().message.find("canary") == std::string::npos);
  CHECK(box.exchanges() == 1);
}
