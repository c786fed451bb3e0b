#include <doctest/doctest.h>

#include <chrono>

#include <t3api/store/lifetime.hpp>

using t3api::detail::kept_lifetime;
using namespace std::chrono_literals;

TEST_CASE("a lifetime is at least a millisecond and never so long that a clock overflows") {
  CHECK(kept_lifetime(1h) == 1h);
  CHECK(kept_lifetime(1ms) == 1ms);
  CHECK(kept_lifetime(0ms) == 1ms);
  CHECK(kept_lifetime((std::chrono::milliseconds::min)()) == 1ms);
  CHECK(kept_lifetime((std::chrono::milliseconds::max)()) > 24h * 3650);
  CHECK(std::chrono::steady_clock::now() + kept_lifetime((std::chrono::milliseconds::max)()) >
        std::chrono::steady_clock::now());
}
