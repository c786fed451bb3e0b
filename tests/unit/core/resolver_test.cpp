#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <t3api/core/resolver.hpp>

using namespace std::chrono_literals;
using t3api::detail::resolve;

TEST_CASE("an address resolves to itself, without a look-up and whatever the deadline") {
  std::stop_source stop;
  stop.request_stop();
  for (const char* address : {"127.0.0.1", "192.0.2.7", "::1", "2001:db8::1"}) {
    CAPTURE(address);
    CHECK(resolve(address, t3api::steady_time::min(), stop.get_token()).value() ==
          std::vector<std::string>{address});
  }
}

TEST_CASE("the name of this machine resolves to loopback addresses") {
  const auto addresses = resolve("localhost", std::chrono::steady_clock::now() + 1h, {});
  REQUIRE(addresses);
  CHECK_FALSE(addresses->empty());
  CHECK(std::all_of(addresses->begin(), addresses->end(), [](const std::string& address) {
    return address.starts_with("127.") || address == "::1";
  }));
}

TEST_CASE("a look-up that is cut short has an error of its own, or has come in time") {
  const std::string name = "localhost";
  std::stop_source stop;
  stop.request_stop();
  const auto cancelled = resolve(name, std::chrono::steady_clock::now() + 1h, stop.get_token());
  if (!cancelled) CHECK(cancelled.error().category == t3api::error_category::cancelled);
  const auto late = resolve(name, std::chrono::steady_clock::now() - 1h, {});
  if (!late) {
    CHECK(late.error().category == t3api::error_category::timeout);
    CHECK(late.error().retryable);
    CHECK_FALSE(late.error().sent);
    CHECK(late.error().message.find("'localhost' was not resolved in time") != std::string::npos);
  }
}
