#include <array>
#include <cstdint>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include <t3api/sandbox/data/draw.hpp>

using namespace t3api::sandbox;

TEST_CASE("numbers are those of SplitMix64 and FNV-1a") {
  // What SplitMix64 gives from the state 0, and the published numbers of FNV-1a with 64 bits.
  CHECK(scramble(0) == 0xE220A8397B1DCDAFU);
  CHECK(scramble(0x9E3779B97F4A7C15U) == 0x6E789E6AA1B965F4U);
  CHECK(text_number("") == 0xCBF29CE484222325U);
  CHECK(text_number("a") == 0xAF63DC4C8601EC8CU);
  CHECK(text_number("foobar") == 0x85944171F73967E8U);
}

TEST_CASE("the numbers of a licence are the same in this and every later version") {
  const data_owner owner(1, "ca.metrc.com", "LIC-00001");
  CHECK(owner.id(0, 0) == 895'535'000'000'001U);
  CHECK(owner.tag(1) == "1A4692895535000000000001");
  CHECK(owner.tag(999'999'999'999U) == "1A4692895535999999999999");
}

TEST_CASE("owners differ by seed, host and licence") {
  std::set<std::uint64_t> numbers;
  for (const std::uint64_t seed : {0U, 1U, 2U}) {
    for (const char* host : {"a", "b", ""}) {
      for (const char* license : {"a", "b", ""}) numbers.insert(data_owner(seed, host, license).number);
    }
  }
  CHECK(numbers.size() == 27);
}

TEST_CASE("draws are spread evenly, and each purpose has its own") {
  constexpr std::uint64_t rows = 4000, below = 8, expected = rows / below;
  const data_owner owner(1, "ca.metrc.com", "LIC-00001");
  for (std::uint64_t purpose = 0; purpose < 16; ++purpose) {
    CAPTURE(purpose);
    std::array<std::uint64_t, below> counts{};
    std::uint64_t same_as_next = 0;
    for (std::uint64_t row = 0; row < rows; ++row) {
      const auto drawn = owner.draw(0, row, purpose, below);
      REQUIRE(drawn < below);
      ++counts[drawn];
      if (drawn == owner.draw(0, row, (purpose + 1) % 16, below)) ++same_as_next;
    }
    // Five standard deviations of a fair draw are about 105.
    for (const auto count : counts) {
      CHECK(count > expected - 105);
      CHECK(count < expected + 105);
    }
    CHECK(same_as_next > expected - 105);
    CHECK(same_as_next < expected + 105);
  }
}

TEST_CASE("an id leads back to its row, in its place alone") {
  const data_owner owner(7, "mi.metrc.com", "L");
  for (const std::uint64_t row : {std::uint64_t{0}, std::uint64_t{5}, ids_of_place - 1}) {
    const auto id = owner.id(3, row);
    CHECK(owner.row_of(3, id) == row);
    CHECK_FALSE(owner.row_of(2, id));
    CHECK_FALSE(owner.row_of(4, id));
  }
  CHECK_FALSE(owner.row_of(3, 0));
  CHECK_FALSE(owner.row_of(0, owner.id(0, 0) - 1));
}
