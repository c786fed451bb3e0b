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

TEST_CASE("a claim has the name that stores of version 1 gave it, and a value another") {
  const auto naming_key = t3api::detail::hmac_sha256(key, "t3api redis_store 1: naming");
  const redis_names names(key, "");
  CHECK(names.of_claim("a") == t3api::detail::hex(t3api::detail::hmac_sha256(naming_key, "claim a")));
  CHECK(names.of_value("a") == t3api::detail::hex(t3api::detail::hmac_sha256(naming_key, "value 2 a")));
}

TEST_CASE("a value opens for its own key, under the user's, and at its place only") {
  const redis_names names(key, "p:");
  const auto sealed = names.seal_value("token", "1");
  CHECK(names.unseal_value(sealed, "1") == "token");
  CHECK_FALSE(names.unseal_value(sealed, "2"));
  CHECK_FALSE(redis_names(std::string(32, 'x'), "p:").unseal_value(sealed, "1"));
  CHECK_FALSE(redis_names(key, "q:").unseal_value(sealed, "1"));
}

TEST_CASE("the user's key alone opens no value") {
  const redis_names names(key, "p:");
  const auto name = names.of_value("token account");
  const auto sealed = names.seal_value("token", "token account");
  for (const char* label :
       {"", "t3api redis_store 1: sealing", "t3api redis_store 2: sealing", "t3api redis_store 1: naming"}) {
    const auto derived = t3api::detail::hmac_sha256(key, label);
    for (const auto& tried : {key, derived, t3api::detail::hmac_sha256(derived, name)})
      CHECK_FALSE(t3api::detail::unseal(tried, sealed, name));
  }
}
