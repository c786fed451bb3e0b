#include <doctest/doctest.h>

#include <set>
#include <string>

#include <t3api/store/redis_names.hpp>

using t3api::detail::redis_names;

namespace {

const std::string key(32, 'k');

}  // namespace

TEST_CASE("names tell nothing, and differ by key, kind and name") {
  const redis_names names(key, "t3api:");
  std::set<std::string> all;
  for (const auto& other : {key, std::string(32, 'x')}) {
    const redis_names made(other, "t3api:");
    for (const auto* name : {"", "a", "b", "claim a", "a user's name"}) {
      all.insert(made.of_value(name));
      all.insert(made.of_claim(name));
    }
  }
  CHECK(all.size() == 20);
  for (const auto& name : all) {
    CHECK(name.size() == 6 + 64);
    CHECK(name.substr(0, 6) == "t3api:");
    CHECK(name.find_first_not_of("0123456789abcdef", 6) == std::string::npos);
  }
  CHECK(names.of_value("a") == redis_names(key, "t3api:").of_value("a"));
}

TEST_CASE("a name is the HMAC-SHA-256 under a key made for names, so that stores of other versions meet") {
  CHECK(redis_names(key, "").of_value("a") ==
        t3api::detail::hex(t3api::detail::hmac_sha256(
            t3api::detail::hmac_sha256(key, "t3api redis_store 1: naming"), "value a")));
}

TEST_CASE("a value opens under its name and key only") {
  const redis_names names(key, "p:");
  const auto sealed = names.seal_value("token", "p:1");
  CHECK(names.unseal_value(sealed, "p:1") == "token");
  CHECK_FALSE(names.unseal_value(sealed, "p:2"));
  CHECK_FALSE(redis_names(std::string(32, 'x'), "p:").unseal_value(sealed, "p:1"));
  CHECK_FALSE(t3api::detail::unseal(key, sealed, "p:1"));
}
