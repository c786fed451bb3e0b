#include <doctest/doctest.h>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/none.hpp>

TEST_CASE("no_auth adds nothing and renews nothing") {
  test::fake_exchange via;
  t3api::request message{.path = "/x"};
  const t3api::no_auth method;
  CHECK(method.authorize(message, via).value() == 0);
  CHECK(message.headers.empty());
  CHECK(message.query.empty());
  CHECK_FALSE(method.on_unauthorized(0));
  CHECK_FALSE(t3api::no_auth::sends_credentials);
}
