#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include <t3api/store/bounded_lookup.hpp>

using t3api::detail::lookup_until;
using namespace std::chrono_literals;
using names = std::vector<std::string>;

TEST_CASE("an address and this machine need no look-up, even when time is up") {
  const auto long_ago = std::chrono::steady_clock::now() - 1h;
  CHECK(lookup_until("192.0.2.7", long_ago) == names{"192.0.2.7"});
  CHECK(lookup_until("::1", long_ago) == names{"::1"});
  CHECK(lookup_until("LocalHost", long_ago) == names{"127.0.0.1", "::1"});
}

TEST_CASE("a name that cannot be has no address") {
  CHECK(lookup_until("no such host", std::chrono::steady_clock::now() + 60s) == names{});
}
