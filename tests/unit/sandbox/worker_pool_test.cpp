#include <atomic>
#include <future>

#include <doctest/doctest.h>

#include <t3api/sandbox/busy_connections.hpp>
#include <t3api/sandbox/worker_pool.hpp>

using namespace t3api::sandbox;

TEST_CASE("a pool starts threads when all are busy, and no more than it may") {
  worker_pool pool(2);
  std::promise<void> first_runs, second_runs, go_on;
  const auto gate = go_on.get_future().share();
  std::atomic<int> done{0};
  pool.run([&] {
    first_runs.set_value();
    gate.wait();
    ++done;
  });
  pool.run([&] {
    second_runs.set_value();
    gate.wait();
    ++done;
  });
  first_runs.get_future().wait();
  second_runs.get_future().wait();  // Would never come if one thread served both.
  pool.run([&] { CHECK(done >= 1); });
  go_on.set_value();
  pool.finish();
  CHECK(done == 2);
}

TEST_CASE("a pool finishes all that was given to it") {
  std::atomic<int> done{0};
  {
    worker_pool pool(3);
    for (int i = 0; i < 100; ++i) pool.run([&] { ++done; });
  }
  CHECK(done == 100);
}

TEST_CASE("a connection is busy until its last mark is gone") {
  busy_connections busy;
  auto one = busy.mark(7), other = busy.mark(7);
  one.reset();
  CHECK(busy.contains(7));
  other.reset();
  CHECK_FALSE(busy.contains(7));
}
