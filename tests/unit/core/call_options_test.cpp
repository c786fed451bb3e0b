#include <doctest/doctest.h>

#include <t3api/core/call_options.hpp>

using t3api::call_options;

TEST_CASE("any 2xx is expected unless statuses are named") {
  const call_options options;
  for (int status = 100; status < 600; ++status) CHECK(options.expects(status) == (status / 100 == 2));
}

TEST_CASE("statuses that are named take the place of the 2xx") {
  const call_options options{.expected = {200, 404}};
  CHECK(options.expects(200));
  CHECK(options.expects(404));
  CHECK_FALSE(options.expects(201));
  CHECK_FALSE(options.expects(500));
}
