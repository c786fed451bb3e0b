#include <set>

#include <doctest/doctest.h>

#include <t3api/sandbox/secret_keys.hpp>
#include <tests/unit/sandbox/support.hpp>

using namespace t3api::sandbox;

namespace {

std::shared_ptr<kept_login<simulated_metrc>> some_login() {
  const auto clock = std::make_shared<t3api::manual_clock>();
  return std::make_shared<kept_login<simulated_metrc>>(
      std::make_shared<simulated_metrc>(demo_directory().accounts, std::chrono::hours(24), clock), clock,
      stored_credentials{.hostname = "ca.metrc.com", .username = "demo-ca", .password = "demo-ca-password"});
}

}  // namespace

TEST_CASE("a secret key is a version 4 UUID and leads to its credentials") {
  secret_keys<simulated_metrc> keys;
  const auto first = some_login(), second = some_login();
  const std::string one(keys.make(first).reveal()), other(keys.make(second).reveal());
  REQUIRE(one.size() == 36);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) CHECK(one[dash] == '-');
  CHECK(one[14] == '4');
  CHECK(std::string("89ab").find(one[19]) != std::string::npos);
  CHECK(keys.find(one) == first);
  CHECK(keys.find(other) == second);
  CHECK(keys.find(" " + one + " ") == first);
}

TEST_CASE("what is no key leads nowhere") {
  secret_keys<simulated_metrc> keys;
  const std::string key(keys.make(some_login()).reveal());
  CHECK_FALSE(keys.find(""));
  CHECK_FALSE(keys.find(key.substr(1)));
  CHECK_FALSE(keys.find(t3api::detail::make_uuid()));
  CHECK_FALSE(secret_keys<simulated_metrc>().find(key));
}

TEST_CASE("keys do not repeat") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) CHECK(seen.insert(t3api::detail::make_uuid()).second);
}
