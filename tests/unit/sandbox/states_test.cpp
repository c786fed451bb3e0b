#include <doctest/doctest.h>

#include <t3api/sandbox/states.hpp>

using namespace t3api::sandbox;

TEST_CASE("states are found by their code, in any case") {
  REQUIRE(find_state("ca"));
  CHECK(find_state("CA")->name == "California");
  CHECK(find_state("mi")->hostname() == "mi.metrc.com");
  CHECK_FALSE(find_state("XX"));
  CHECK_FALSE(find_state(""));
}

TEST_CASE("a Metrc host has one canonical spelling") {
  CHECK(canonical_hostname("CA.Metrc.com") == "ca.metrc.com");
  CHECK(canonical_hostname("api-ca") == "ca.metrc.com");
  CHECK(canonical_hostname("api-ca.metrc.com") == "ca.metrc.com");
  CHECK(is_metrc_hostname("ca.metrc.com"));
  CHECK_FALSE(is_metrc_hostname("example.com"));
  CHECK_FALSE(is_metrc_hostname(canonical_hostname("api-")));
}
