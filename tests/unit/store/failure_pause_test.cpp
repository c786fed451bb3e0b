#include <doctest/doctest.h>

#include <chrono>
#include <memory>

#include <t3api/store/failure_pause.hpp>

using namespace t3api;
using namespace std::chrono_literals;
using detail::failure_pause;

namespace {

const error trouble{.category = error_category::timeout, .message = "it did not answer"};

}  // namespace

TEST_CASE("without a failure everyone gets through") {
  failure_pause pause(std::make_shared<manual_clock>(), 5s);
  CHECK(pause.enter());
  CHECK(pause.enter());
  pause.succeeded();
  CHECK(pause.enter());
}

TEST_CASE("after a failure nobody gets through until the pause is over, and is told why and how long") {
  const auto clock = std::make_shared<manual_clock>();
  failure_pause pause(clock, 5s);
  pause.failed(trouble);
  clock->advance(4900ms);
  const auto entered = pause.enter();
  REQUIRE_FALSE(entered);
  CHECK(entered.error().category == error_category::timeout);
  CHECK(entered.error().message == "it did not answer (not asked again for 100 ms)");
  clock->advance(100ms);
  CHECK(pause.enter());
}

TEST_CASE("after a pause one try is made, and the others wait for how it goes") {
  const auto clock = std::make_shared<manual_clock>();
  failure_pause pause(clock, 5s);
  pause.failed(trouble);
  clock->advance(5s);
  CHECK(pause.enter());
  CHECK_FALSE(pause.enter());
  SUBCASE("it succeeds") {
    pause.succeeded();
    CHECK(pause.enter());
    CHECK(pause.enter());
  }
  SUBCASE("it fails") {
    clock->advance(1s);
    pause.failed(trouble);
    clock->advance(4999ms);
    CHECK_FALSE(pause.enter());
    clock->advance(1ms);
    CHECK(pause.enter());
  }
  SUBCASE("it never tells") {
    clock->advance(5s);
    CHECK(pause.enter());
  }
}

TEST_CASE("one that has entered hears of another's failure") {
  failure_pause pause(std::make_shared<manual_clock>(), 5s);
  const auto entered = pause.enter();
  REQUIRE(entered);
  CHECK_FALSE(pause.failed_since(*entered));
  pause.failed(trouble);
  CHECK(pause.failed_since(*entered));
  pause.succeeded();
  CHECK_FALSE(pause.failed_since(*entered));
}
