#include <doctest/doctest.h>

#include <chrono>
#include <vector>

#include <t3api/auth/renewal_pace.hpp>

using namespace std::chrono_literals;
using t3api::detail::renewal_pace;

namespace {

constexpr t3api::steady_time start{1000h};

std::chrono::milliseconds pause_of(const renewal_pace& pace, t3api::steady_time now) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(pace.pause_end() - now);
}

}  // namespace

TEST_CASE("at first there is no pause") {
  const renewal_pace pace;
  CHECK_FALSE(pace.is_pausing(start));
  CHECK_FALSE(pace.is_pausing(t3api::steady_time{}));
}

TEST_CASE("pauses double from a quarter of a second to a minute, and begin anew after a success") {
  renewal_pace pace;
  std::vector<std::chrono::milliseconds> pauses;
  for (int i = 0; i < 12; ++i) {
    pace.failed(start, std::nullopt);
    pauses.push_back(pause_of(pace, start));
  }
  CHECK(pauses ==
        std::vector<std::chrono::milliseconds>{250ms, 500ms, 1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s, 60s, 60s});
  CHECK(pace.is_pausing(start + 60s - 1ns));
  CHECK_FALSE(pace.is_pausing(start + 60s));
  pace.succeeded();
  pace.failed(start, std::nullopt);
  CHECK(pause_of(pace, start) == 250ms);
}

TEST_CASE("a pause is as long as the service asks if that is longer, up to a minute") {
  const auto pause_for = [](std::chrono::seconds asked) {
    renewal_pace pace;
    pace.failed(start, asked);
    return pause_of(pace, start);
  };
  CHECK(pause_for(0s) == 250ms);
  CHECK(pause_for(7s) == 7s);
  CHECK(pause_for(60s) == 60s);
  CHECK(pause_for(24h) == 60s);
}

TEST_CASE("while another process is at it the next look comes after the shortest pause") {
  renewal_pace pace;
  pace.look_again_soon(start);
  CHECK(pause_of(pace, start) == 250ms);
  pace.failed(start, std::nullopt);
  CHECK(pause_of(pace, start) == 250ms);
}

TEST_CASE("ten renewals in a row after refused tokens, then one each half minute") {
  renewal_pace pace;
  const auto granted = [&](t3api::steady_time now) {
    int count = 0;
    while (count < 100 && pace.may_renew(now)) ++count;
    return count;
  };
  CHECK(granted(start) == 10);
  CHECK(granted(start + 30s - 1ns) == 0);
  CHECK(granted(start + 30s) == 1);
  CHECK(granted(start + 30s) == 0);
  CHECK(granted(start + 120s) == 3);
  CHECK(granted(start + 24h) == 10);
}

TEST_CASE("ten renewals are granted however young the machine's clock is") {
  renewal_pace pace;
  for (int i = 0; i < 10; ++i) CHECK(pace.may_renew(t3api::steady_time{}));
  CHECK_FALSE(pace.may_renew(t3api::steady_time{}));
}
