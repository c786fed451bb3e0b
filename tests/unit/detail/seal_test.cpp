#include <doctest/doctest.h>

#include <set>
#include <stdexcept>
#include <string>

#include <t3api/detail/seal.hpp>

using namespace t3api::detail;

namespace {

const std::string key = "0123456789abcdef0123456789abcdef";

}  // namespace

TEST_CASE("what was sealed opens again, be it empty or hold any bytes") {
  for (const std::string& plain : {std::string(), std::string("x"), std::string("a\0b", 3),
                                   std::string(1000, '\xFF'), std::string(100'000, 'y')}) {
    const auto sealed = seal(key, plain, "place");
    CHECK(sealed.size() == plain.size() + 29);
    CHECK(sealed[0] == 1);
    CHECK(unseal(key, sealed, "place") == plain);
  }
  CHECK(unseal(key, seal(key, "x", ""), "") == "x");
}

TEST_CASE("nothing of the text is in the seal, and no two seals are alike") {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto sealed = seal(key, "a bearer token", "place");
    CHECK(sealed.find("bearer") == std::string::npos);
    CHECK(seen.insert(sealed.substr(1, 12)).second);
  }
}

TEST_CASE("a flip of any single bit is refused") {
  const auto sealed = seal(key, "a bearer token", "place");
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      CAPTURE(at);
      auto changed = sealed;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (1U << bit));
      CHECK_FALSE(unseal(key, changed, "place"));
    }
  }
}

TEST_CASE("a seal that is cut or longer is refused at every length") {
  const auto sealed = seal(key, "a bearer token", "place");
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(unseal(key, sealed.substr(0, size), "place"));
    CHECK_FALSE(unseal(key, sealed.substr(sealed.size() - size), "place"));
  }
  CHECK_FALSE(unseal(key, sealed + '\0', "place"));
  CHECK_FALSE(unseal(key, sealed + sealed, "place"));
}

TEST_CASE("a seal opens at its own place and under its own key only") {
  const auto sealed = seal(key, "x", "place");
  CHECK_FALSE(unseal(key, sealed, "other"));
  CHECK_FALSE(unseal(key, sealed, ""));
  CHECK_FALSE(unseal(key, sealed, "placex"));
  CHECK_FALSE(unseal("0123456789abcdef0123456789abcdeF", sealed, "place"));
}

TEST_CASE("a key of another size is refused") {
  for (const std::size_t size : {0U, 16U, 31U, 33U, 64U}) {
    CHECK_THROWS_AS(seal(std::string(size, 'k'), "x", ""), std::invalid_argument);
    CHECK_THROWS_AS(unseal(std::string(size, 'k'), seal(key, "x", ""), ""), std::invalid_argument);
  }
}
