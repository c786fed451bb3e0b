#include <t3api/detail/worker_pool.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <future>
#include <latch>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include <pthread.h>

using t3api::detail::worker_pool;

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

TEST_CASE("many threads give jobs to one pool, and none is lost") {
  std::atomic<int> done{0};
  {
    worker_pool pool(4);
    std::vector<std::jthread> givers;
    for (int i = 0; i < 4; ++i) {
      givers.emplace_back([&] {
        for (int k = 0; k < 2000; ++k) pool.run([&] { ++done; });
      });
    }
  }
  CHECK(done == 8000);
}

TEST_CASE("jobs may give further jobs, up to the end of the pool") {
  for (const std::size_t threads : {1U, 3U}) {
    CAPTURE(threads);
    std::atomic<int> done{0};
    {
      worker_pool pool(threads);
      for (int i = 0; i < 100; ++i) {
        pool.run([&] {
          ++done;
          pool.run([&] {
            ++done;
            pool.run([&] { ++done; });
          });
        });
      }
    }
    CHECK(done == 300);
  }
}

TEST_CASE("threads that jobs start while a pool finishes end with it") {
  std::atomic<int> done{0};
  for (int round = 0; round < 300; ++round) {
    worker_pool pool(4);
    pool.run([&] {
      std::this_thread::yield();
      for (int i = 0; i < 3; ++i) pool.run([&] { ++done; });
    });
  }
  CHECK(done == 900);
}

TEST_CASE("a pool that has finished can be used again") {
  worker_pool pool(2);
  std::atomic<int> done{0};
  for (int round = 1; round <= 3; ++round) {
    pool.run([&] { ++done; });
    pool.finish();
    CHECK(done == round);
  }
}

TEST_CASE("a pool of no threads has one") {
  std::atomic<int> done{0};
  worker_pool pool(0);
  pool.run([&] { ++done; });
  pool.finish();
  CHECK(done == 1);
}

TEST_CASE("a job may destroy its own pool, and what waits is done nevertheless") {
  for (const std::size_t threads : {1U, 3U}) {
    CAPTURE(threads);
    constexpr int others = 20;
    // Shared, as the pool's last thread may still be about when this test ends.
    struct shared {
      std::latch done{others};
      std::promise<void> may_go, gone;
      std::optional<worker_pool> pool;
    };
    const auto s = std::make_shared<shared>();
    s->pool.emplace(threads);
    s->pool->run([s] {
      s->may_go.get_future().wait();
      s->pool.reset();
      s->gone.set_value();
    });
    for (int i = 0; i < others; ++i) s->pool->run([s] { s->done.count_down(); });
    s->may_go.set_value();
    s->gone.get_future().wait();
    s->done.wait();
  }
}

TEST_CASE("a job may hold the last reference to its pool") {
  struct owner {
    ~owner() {
      pool.reset();
      gone->set_value();
    }
    std::shared_ptr<std::promise<void>> gone;
    std::optional<worker_pool> pool{2};
  };
  const auto gone = std::make_shared<std::promise<void>>();
  std::promise<void> released;
  {
    const auto last = std::make_shared<owner>();
    last->gone = gone;
    last->pool->run([last, gate = released.get_future().share()] { gate.wait(); });
  }
  released.set_value();
  gone->get_future().wait();
}

TEST_CASE("one of a pool's own threads may finish it") {
  std::atomic<int> done{0};
  const auto finished = std::make_shared<std::promise<void>>();
  worker_pool pool(3);
  for (int i = 0; i < 50; ++i) pool.run([&] { ++done; });
  pool.run([&pool, finished] {
    pool.finish();
    finished->set_value();
  });
  finished->get_future().wait();
  CHECK(done == 50);
}

#ifdef __GLIBC__
namespace {

/// As long as it lives no thread can start: each would get a larger stack than there are addresses.
class no_threads {
 public:
  no_threads() {
    ::pthread_getattr_default_np(&before_);
    pthread_attr_t huge;
    ::pthread_getattr_default_np(&huge);
    ::pthread_attr_setstacksize(&huge, std::size_t{1} << 47U);
    ::pthread_setattr_default_np(&huge);
    ::pthread_attr_destroy(&huge);
  }
  ~no_threads() {
    ::pthread_setattr_default_np(&before_);
    ::pthread_attr_destroy(&before_);
  }
  no_threads(const no_threads&) = delete;
  no_threads& operator=(const no_threads&) = delete;

 private:
  pthread_attr_t before_{};
};

}  // namespace

TEST_CASE("when not even one thread can start the job is refused and not kept") {
  worker_pool pool(2);
  const auto refused = std::make_shared<int>(0);
  {
    const no_threads out_of_threads;
    CHECK_THROWS_AS(pool.run([refused] { ++*refused; }), std::system_error);
  }
  CHECK(refused.use_count() == 1);
  std::atomic<int> done{0};
  pool.run([&] { ++done; });
  pool.finish();
  CHECK(done == 1);
  CHECK(*refused == 0);
}

TEST_CASE("when no further thread can start the job waits for one there is") {
  worker_pool pool(2);
  std::promise<void> go_on;
  std::atomic<int> done{0};
  pool.run([&] { go_on.get_future().wait(); });
  {
    const no_threads out_of_threads;
    pool.run([&] { ++done; });
  }
  CHECK(done == 0);
  go_on.set_value();
  pool.finish();
  CHECK(done == 1);
}
#endif
