#include <doctest/doctest.h>

#include <t3api/sandbox/http/address.hpp>

using t3api::sandbox::counted_address;
using t3api::sandbox::plain_address;

TEST_CASE("all spellings of an address become one") {
  for (const char* same : {"::ffff:127.0.0.1", "::FFFF:7f00:1", "0:0:0:0:0:ffff:127.0.0.1", "127.0.0.1"}) {
    CAPTURE(same);
    CHECK(plain_address(same) == "127.0.0.1");
  }
  for (const char* same : {"2001:DB8::1", "2001:db8:0:0:0:0:0:1", "2001:0db8::0001", "2001:db8::1"}) {
    CAPTURE(same);
    CHECK(plain_address(same) == "2001:db8::1");
  }
  CHECK(plain_address("::127.0.0.1") != "127.0.0.1");
}

TEST_CASE("what is no address stays as it is") {
  for (const char* text : {"", "localhost", "fe80::1%eth0", "127.0.0.1:80", "[::1]"}) {
    CHECK(plain_address(text) == text);
  }
}

TEST_CASE("limits count an IPv6 network as one address, and IPv4 addresses each") {
  for (const char* same : {"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:DB8:1:2:3::"}) {
    CAPTURE(same);
    CHECK(counted_address(same) == "2001:db8:1:2::/64");
  }
  CHECK(counted_address("2001:db8:1:3::1") != counted_address("2001:db8:1:2::1"));
  CHECK(counted_address("fe80::1%eth0") == counted_address("fe80::2%eth1"));
  CHECK(counted_address("::ffff:203.0.113.9") == "203.0.113.9");
  CHECK(counted_address("203.0.113.9") != counted_address("203.0.113.10"));
  CHECK(counted_address("") == "");
  CHECK(counted_address("name%x") == "name%x");
}
