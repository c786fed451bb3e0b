#include <doctest/doctest.h>

#include <t3api/detail/base32.hpp>

using t3api::detail::base32_decode;

TEST_CASE("the Base32 vectors of RFC 4648 section 10 are decoded") {
  struct vector {
    const char* text;
    const char* bytes;
  };
  for (const auto& [text, bytes] :
       {vector{"MY======", "f"}, vector{"MZXQ====", "fo"}, vector{"MZXW6===", "foo"},
        vector{"MZXW6YQ=", "foob"}, vector{"MZXW6YTB", "fooba"}, vector{"MZXW6YTBOI======", "foobar"}}) {
    const auto shown = text;
    CAPTURE(shown);
    REQUIRE(base32_decode(text));
    CHECK(*base32_decode(text) == bytes);
  }
}

TEST_CASE("a seed may be written as authenticators print it") {
  CHECK(base32_decode("JBSW Y3DP-ehpk 3pxp") == base32_decode("JBSWY3DPEHPK3PXP"));
  CHECK(base32_decode("MZXW6") == "foo");
  CHECK(base32_decode(" MZXW6\n") == "foo");
}

TEST_CASE("what is no Base32 is refused") {
  for (const char* text :
       {"", " ", "====", "A", "MZXW0", "MZXW1", "MZXW8", "MZXW9", "MZ=XW6", "MZXW!", "MZXW\x80", "123"}) {
    CAPTURE(text);
    CHECK_FALSE(base32_decode(text));
  }
  CHECK_FALSE(base32_decode(std::string_view("MZ\0XW6", 6)));
}
