#include <doctest/doctest.h>

#include <cctype>
#include <set>
#include <string>

#include <t3api/detail/uuid.hpp>

using t3api::detail::hex;
using t3api::detail::make_uuid;

TEST_CASE("bytes become lower-case hexadecimal digits") {
  CHECK(hex("") == "");
  CHECK(hex(std::string("\x00\x0F\xA5\xFF", 4)) == "000fa5ff");
}

TEST_CASE("a UUID has the shape of version 4 and comes once") {
  std::set<std::string> seen;
  for (int i = 0; i < 2000; ++i) {
    const auto made = make_uuid();
    REQUIRE(made.size() == 36);
    for (std::size_t at = 0; at < made.size(); ++at) {
      const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
      const auto c = static_cast<unsigned char>(made[at]);
      CHECK((dash ? c == '-' : std::isdigit(c) != 0 || (c >= 'a' && c <= 'f')));
    }
    CHECK(made[14] == '4');
    CHECK(std::string("89ab").find(made[19]) != std::string::npos);
    CHECK(seen.insert(made).second);
  }
}

TEST_CASE("every other digit of a UUID takes every value") {
  for (std::size_t at = 0; at < 36; ++at) {
    if (at == 8 || at == 13 || at == 18 || at == 23 || at == 14 || at == 19) continue;
    std::set<char> values;
    for (int i = 0; i < 1000 && values.size() < 16; ++i) values.insert(make_uuid()[at]);
    CHECK(values.size() == 16);
  }
}
