#include <t3api/sandbox/http/busy_connections.hpp>

#include <doctest/doctest.h>

using namespace t3api::sandbox;

TEST_CASE("a connection is busy until its last mark is gone") {
  busy_connections busy;
  auto one = busy.mark(7), other = busy.mark(7);
  one.reset();
  CHECK(busy.contains(7));
  other.reset();
  CHECK_FALSE(busy.contains(7));
}
