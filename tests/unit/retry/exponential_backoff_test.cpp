#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <stdexcept>

#include <t3api/retry/exponential_backoff.hpp>

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using t3api::backoff_options;
using t3api::error;
using t3api::exponential_backoff;

namespace {

const error down{.category = t3api::error_category::http, .status = 503, .retryable = true, .sent = true};
const error lost{.category = t3api::error_category::transport, .retryable = true, .sent = true};
const error unsent{.category = t3api::error_category::transport, .retryable = true, .sent = false};

std::optional<milliseconds> pause_after(int number, double random,
                                        backoff_options options = {.max_attempts = 100}) {
  options.random = [random] { return random; };
  return exponential_backoff(options).next_delay({.number = number, .idempotent = true}, down);
}

}  // namespace

TEST_CASE("a pause is drawn from nothing up to the doubled base") {
  CHECK(pause_after(1, 0.0) == 0ms);
  CHECK(pause_after(1, 0.5) == 250ms);
  CHECK(pause_after(1, 0.999) == 500ms);
  CHECK(pause_after(2, 0.5) == 500ms);
  CHECK(pause_after(3, 0.5) == 1000ms);
  CHECK(pause_after(4, 0.999) == 3996ms);
}

TEST_CASE("no pause is longer than the cap") {
  CHECK(pause_after(6, 0.5) == 5s);
  CHECK(pause_after(6, 0.999) == 9990ms);
  CHECK(pause_after(99, 0.999) == 9990ms);
  CHECK(pause_after(2'000'000'000, 0.5, {.max_attempts = 2'147'483'647}) == 5s);
  CHECK(pause_after(1, 0.5, {.base = 20s, .cap = 1s}) == 500ms);
}

TEST_CASE("a base of nothing makes no pause") {
  CHECK(pause_after(1, 0.999, {.base = 0ms}) == 0ms);
  CHECK(pause_after(2, 0.999, {.max_attempts = 9, .base = 1s, .cap = 0ms}) == 0ms);
}

TEST_CASE("no pause is shorter than the least wait, not even one that the cap has cut") {
  CHECK(pause_after(1, 0.0, {.min_wait = 200ms}) == 200ms);
  CHECK(pause_after(1, 0.5, {.min_wait = 200ms}) == 250ms);
  CHECK(pause_after(1, 0.999, {.cap = 1s, .min_wait = 20s}) == 20s);
}

TEST_CASE("the longer of the least wait and Retry-After holds") {
  exponential_backoff policy({.min_wait = 5s, .random = [] { return 0.0; }});
  error cause = down;
  cause.retry_after = 7s;
  CHECK(policy.next_delay({.number = 1, .idempotent = true}, cause) == 7s);
  cause.retry_after = 1s;
  CHECK(policy.next_delay({.number = 1, .idempotent = true}, cause) == 5s);
}

TEST_CASE("without an injected source the pauses stay within their bounds") {
  for (int i = 0; i < 50; ++i) {
    const auto pause = exponential_backoff().next_delay({.number = 2, .idempotent = true}, down);
    REQUIRE(pause);
    CHECK(*pause >= 0ms);
    CHECK(*pause <= 1000ms);
  }
}

TEST_CASE("the last attempt is not followed by another") {
  CHECK(pause_after(2, 0.5, {}));
  CHECK_FALSE(pause_after(3, 0.5, {}));
  CHECK_FALSE(pause_after(4, 0.5, {}));
  CHECK_FALSE(pause_after(1, 0.5, {.max_attempts = 1}));
}

TEST_CASE("what was sent is repeated only when it may arrive twice, what never left always") {
  exponential_backoff policy;
  CHECK(policy.next_delay({.number = 1, .idempotent = true}, down));
  CHECK(policy.next_delay({.number = 1, .idempotent = true}, lost));
  CHECK(policy.next_delay({.number = 1, .idempotent = true}, unsent));
  CHECK_FALSE(policy.next_delay({.number = 1, .idempotent = false}, down));
  CHECK_FALSE(policy.next_delay({.number = 1, .idempotent = false}, lost));
  CHECK(policy.next_delay({.number = 1, .idempotent = false}, unsent));
}

TEST_CASE("what cannot be better the next time is not repeated") {
  exponential_backoff policy;
  error hopeless = unsent;
  hopeless.retryable = false;
  CHECK_FALSE(policy.next_delay({.number = 1, .idempotent = true}, hopeless));
}

TEST_CASE("Retry-After is the shortest pause and is cut to its own cap") {
  const auto pause_for = [](std::chrono::seconds asked, double random) {
    error cause = down;
    cause.retry_after = asked;
    exponential_backoff policy({.max_attempts = 100, .random = [random] { return random; }});
    return policy.next_delay({.number = 1, .idempotent = true}, cause);
  };
  CHECK(pause_for(7s, 0.0) == 7s);
  CHECK(pause_for(0s, 0.5) == 250ms);
  CHECK(pause_for(60s, 0.5) == 60s);
  CHECK(pause_for(61s, 0.5) == 60s);
  CHECK(pause_for(24h, 0.5) == 60s);
}

TEST_CASE("the cap of Retry-After can be set") {
  error cause = down;
  cause.retry_after = 1h;
  exponential_backoff policy({.max_retry_after = 5s, .random = [] { return 0.0; }});
  CHECK(policy.next_delay({.number = 1, .idempotent = true}, cause) == 5s);
}

TEST_CASE("settings that make no sense are refused") {
  CHECK_THROWS_WITH_AS(exponential_backoff({.max_attempts = 0}),
                       "backoff_options::max_attempts must be at least 1", std::invalid_argument);
  CHECK_THROWS_AS(exponential_backoff({.max_attempts = -3}), std::invalid_argument);
  CHECK_THROWS_WITH_AS(exponential_backoff({.base = -1ms}),
                       "the pauses of backoff_options must not be negative", std::invalid_argument);
  CHECK_THROWS_AS(exponential_backoff({.cap = -1ms}), std::invalid_argument);
  CHECK_THROWS_AS(exponential_backoff({.max_retry_after = -1s}), std::invalid_argument);
  CHECK_THROWS_AS(exponential_backoff({.min_wait = -1ms}), std::invalid_argument);
}

TEST_CASE("in a total outage no more than one call in ten is retried once the burst is spent") {
  exponential_backoff policy({.random = [] { return 0.0; }});
  constexpr int calls = 10'000;
  constexpr int burst = 100;
  int attempts = 0;
  for (int call = 0; call < calls; ++call) {
    for (int number = 1;; ++number) {
      ++attempts;
      if (!policy.next_delay({.number = number, .idempotent = true}, down)) break;
    }
  }
  CHECK(attempts >= calls + burst);
  CHECK(attempts <= calls + calls / 10 + burst);
}

TEST_CASE("successes fill the budget again, and copies share it") {
  exponential_backoff policy({.max_attempts = 1'000'000, .random = [] { return 0.0; }});
  exponential_backoff copy = policy;
  const auto spend_all = [](exponential_backoff& spender) {
    int retries = 0;
    while (spender.next_delay({.number = 2, .idempotent = true}, down)) ++retries;
    return retries;
  };
  CHECK(spend_all(policy) == 100);
  CHECK(spend_all(copy) == 0);
  for (int i = 0; i < 200; ++i) policy.succeeded();
  CHECK(spend_all(copy) == 20);
  for (int i = 0; i < 100'000; ++i) copy.succeeded();
  CHECK(spend_all(policy) == 100);
}

TEST_CASE("a retry that is refused for another reason costs nothing") {
  exponential_backoff policy;
  for (int i = 0; i < 1000; ++i) {
    CHECK_FALSE(policy.next_delay({.number = 1, .idempotent = false}, lost));
    CHECK_FALSE(policy.next_delay({.number = 3, .idempotent = true}, down));
  }
  int retries = 0;
  while (policy.next_delay({.number = 2, .idempotent = true}, down)) ++retries;
  CHECK(retries == 100);
}
