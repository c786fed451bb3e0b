#include <doctest/doctest.h>

#include <t3api/core/error.hpp>

using t3api::error_category;

TEST_CASE("every category has its name") {
  CHECK(to_string(error_category::argument) == "argument");
  CHECK(to_string(error_category::authentication) == "authentication");
  CHECK(to_string(error_category::http) == "http");
  CHECK(to_string(error_category::transport) == "transport");
  CHECK(to_string(error_category::timeout) == "timeout");
  CHECK(to_string(error_category::cancelled) == "cancelled");
  CHECK(to_string(error_category::protocol) == "protocol");
}

TEST_CASE("an argument error says that nothing was sent and that repeating is in vain") {
  const auto fault = t3api::argument_error("wrong");
  CHECK(fault.category == error_category::argument);
  CHECK(fault.message == "wrong");
  CHECK_FALSE(fault.sent);
  CHECK_FALSE(fault.retryable);
  CHECK(fault.status == 0);
  CHECK(fault.attempts == 0);
  CHECK_FALSE(fault.retry_after);
}
