#include <doctest/doctest.h>

#include <t3api/retry/none.hpp>

TEST_CASE("no_retry tries once, whatever happened") {
  const t3api::no_retry policy;
  CHECK_FALSE(policy.next_delay({.number = 1, .idempotent = true}, {.retryable = true}));
  CHECK_FALSE(policy.next_delay({.number = 1, .idempotent = true},
                                {.retryable = true, .retry_after = std::chrono::seconds(0)}));
}
