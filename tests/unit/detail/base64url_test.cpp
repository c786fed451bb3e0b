#include <doctest/doctest.h>

#include <string>

#include <t3api/detail/base64url.hpp>

using t3api::detail::base64url_decode;
using t3api::detail::base64url_encode;

TEST_CASE("the Base64 vectors of RFC 4648 section 10 go both ways, without padding") {
  struct vector {
    const char* bytes;
    const char* text;
  };
  for (const auto& [bytes, text] :
       {vector{"", ""}, vector{"f", "Zg"}, vector{"fo", "Zm8"}, vector{"foo", "Zm9v"},
        vector{"foob", "Zm9vYg"}, vector{"fooba", "Zm9vYmE"}, vector{"foobar", "Zm9vYmFy"}}) {
    const auto shown = bytes;
    CAPTURE(shown);
    CHECK(base64url_encode(bytes) == text);
    REQUIRE(base64url_decode(text));
    CHECK(*base64url_decode(text) == bytes);
  }
}

TEST_CASE("the two odd characters are the URL-safe ones") {
  CHECK(base64url_encode("\xFB\xFF\xBF") == "-_-_");
  CHECK(base64url_decode("-_-_") == "\xFB\xFF\xBF");
  CHECK_FALSE(base64url_decode("+/+/"));
}

TEST_CASE("every byte survives the way there and back, at every length") {
  std::string bytes;
  for (int size = 0; size < 600; ++size) {
    CHECK(base64url_decode(base64url_encode(bytes)) == bytes);
    bytes += static_cast<char>(static_cast<unsigned char>((size * 7) % 256));
  }
}

TEST_CASE("the octets of RFC 7515 appendix C are encoded as it says") {
  CHECK(base64url_encode("\x03\xEC\xFF\xE0\xC1") == "A-z_4ME");
}

TEST_CASE("what is no base64url is refused") {
  for (const char* text : {"A", "AAAAA", "Zm9v!", "Zm 9v", "Zm9v\n", "Zg=A", "Zh", "Zm9", "\xC3\xA9", "=A"}) {
    CAPTURE(text);
    CHECK_FALSE(base64url_decode(text));
  }
  CHECK_FALSE(base64url_decode(std::string_view("Zm9v\0Zm9", 8)));
}

TEST_CASE("padding at the end is accepted") {
  CHECK(base64url_decode("Zg==") == "f");
  CHECK(base64url_decode("Zm8=") == "fo");
}
