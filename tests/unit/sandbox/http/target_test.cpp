#include <doctest/doctest.h>

#include <t3api/sandbox/http/target.hpp>

using namespace t3api::sandbox;

TEST_CASE("a path is decoded, but for what would change its structure") {
  CHECK(decode_path("/v2/states") == "/v2/states");
  CHECK(decode_path("/a%20b/%c3%BC") == "/a b/\xC3\xBC");
  CHECK(decode_path("/a+b") == "/a+b");
  CHECK(decode_path("/a%2Fb%3Fc%23d%25e%5Cf") == "/a%2Fb%3Fc%23d%25e%5Cf");
  CHECK(decode_path("/a%00b%0D%0A%7F") == "/a%00b%0D%0A%7F");
  CHECK(decode_path("/a%") == "/a%");
  CHECK(decode_path("/a%4") == "/a%4");
  CHECK(decode_path("/a%zzb") == "/a%zzb");
}

TEST_CASE("methods are known by their exact names") {
  CHECK(parse_method("DELETE") == t3api::method::delete_);
  CHECK_FALSE(parse_method("get"));
  CHECK_FALSE(parse_method("OPTIONS"));
  CHECK_FALSE(parse_method(""));
}
