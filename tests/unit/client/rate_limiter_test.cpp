#include <t3api/client/rate_limiter.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <vector>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/credentials.hpp>
#include <t3api/auth/none.hpp>
#include <t3api/client.hpp>
#include <t3api/retry/exponential_backoff.hpp>

using namespace std::chrono_literals;
using t3api::error_category;
using t3api::rate_limit;
using t3api::detail::rate_limiter;
using waits = std::vector<t3api::manual_clock::duration>;

namespace {

constexpr t3api::steady_time start{1h};
constexpr t3api::steady_time never = t3api::steady_time::max();

/// A client of 2 requests a second, 2 at once, over a script.
template <class Auth = t3api::no_auth, class Retry = t3api::no_retry>
struct limited_bench {
  explicit limited_bench(Auth auth = {}, Retry retry = {})
      : client(script, std::move(auth), std::move(retry), config()) {}

  t3api::client_config config() {
    auto made = test::patient_config(clock);
    made.rate_limit = rate_limit{.per_second = 2, .burst = 2};
    return made;
  }

  std::shared_ptr<t3api::manual_clock> clock = test::make_clock();
  t3api::scripted_transport script{};
  t3api::client<t3api::scripted_transport, Auth, Retry> client;
};

}  // namespace

TEST_CASE("a burst may go at once, and then one request after each even interval") {
  rate_limiter pace(rate_limit{.per_second = 4, .burst = 3});
  for (const auto after : {0ms, 0ms, 0ms, 250ms, 500ms, 750ms}) {
    CHECK(pace.next_turn(start, never) == start + after);
  }
}

TEST_CASE("a quiet time gives back what it was long enough for, and no more than the burst") {
  rate_limiter pace(rate_limit{.per_second = 4, .burst = 3});
  for (int i = 0; i < 3; ++i) CHECK(pace.next_turn(start, never) == start);
  const auto soon = start + 500ms;
  for (const auto after : {0ms, 0ms, 250ms}) CHECK(pace.next_turn(soon, never) == soon + after);
  const auto later = start + 1h;
  for (const auto after : {0ms, 0ms, 0ms, 250ms}) CHECK(pace.next_turn(later, never) == later + after);
}

TEST_CASE("a turn that does not come before the deadline is not taken") {
  rate_limiter pace(rate_limit{.per_second = 1, .burst = 1});
  CHECK(pace.next_turn(start, never) == start);
  for (int i = 0; i < 5; ++i) CHECK(pace.next_turn(start, start + 1s) == start + 1s);
  CHECK(pace.next_turn(start, start + 1001ms) == start + 1s);
}

TEST_CASE("without a limit each request may go now") {
  rate_limiter pace(std::nullopt);
  for (int i = 0; i < 1000; ++i) CHECK(pace.next_turn(start, start) == start);
}

TEST_CASE("limits that let nothing through, or cannot be reckoned with, are refused") {
  using numbers = std::numeric_limits<double>;
  for (const double rate :
       {0.0, -1.0, 0.0001, 1e7, numbers::infinity(), -numbers::infinity(), numbers::quiet_NaN()}) {
    CAPTURE(rate);
    CHECK_THROWS_AS(rate_limiter(rate_limit{.per_second = rate}), std::invalid_argument);
  }
  for (const int burst :
       {0, -1, 1'000'001, (std::numeric_limits<int>::max)(), (std::numeric_limits<int>::min)()}) {
    CAPTURE(burst);
    CHECK_THROWS_AS(rate_limiter(rate_limit{.burst = burst}), std::invalid_argument);
  }
  const t3api::client_config config{.rate_limit = rate_limit{.per_second = 0}};
  CHECK_THROWS_WITH_AS(
      (test::scripted_client<t3api::no_auth>({}, {}, config)),
      "the rate limit must be from 0.001 to 1,000,000 requests a second, with a burst from 1 to "
      "1,000,000",
      std::invalid_argument);
}

TEST_CASE("the slowest rate with the largest burst can be reckoned with") {
  rate_limiter pace(rate_limit{.per_second = 0.001, .burst = 1'000'000});
  for (int i = 0; i < 1'000'000; ++i) {
    if (pace.next_turn(start, never) != start) FAIL("not within the burst: " << i);
  }
  CHECK(pace.next_turn(start, never) == start + 1000s);
}

TEST_CASE("threads that ask at the same time get turns of their own") {
  rate_limiter pace(rate_limit{.per_second = 1000, .burst = 1});
  constexpr int threads = 4;
  constexpr int each = 500;
  std::mutex mutex;
  std::set<t3api::steady_time> turns;
  {
    std::vector<std::jthread> askers;
    for (int i = 0; i < threads; ++i) {
      askers.emplace_back([&] {
        for (int k = 0; k < each; ++k) {
          const auto turn = pace.next_turn(start, never);
          const std::scoped_lock lock(mutex);
          turns.insert(turn);
        }
      });
    }
  }
  CHECK(turns.size() == threads * each);
  CHECK(*turns.rbegin() == start + (threads * each - 1) * 1ms);
}

TEST_CASE("calls above the limit wait, and copies of a client share it") {
  limited_bench b;
  for (int i = 0; i < 5; ++i) b.script.reply(test::answer(200));
  const auto copy = b.client;
  for (int i = 0; i < 5; ++i) CHECK((i % 2 == 0 ? b.client : copy).get("/x"));
  CHECK(b.clock->waits() == waits{500ms, 500ms, 500ms});
}

TEST_CASE("retries count against the limit too") {
  limited_bench b(t3api::no_auth(), t3api::exponential_backoff({.random = [] { return 0.0; }}));
  b.script.reply(test::answer(503)).reply(test::answer(503)).reply(test::answer(200));
  CHECK(b.client.get("/x"));
  CHECK(b.clock->waits() == waits{0ms, 0ms, 500ms});
}

TEST_CASE("the exchange for a token counts against the limit too") {
  limited_bench b(
      t3api::credentials_auth({.hostname = "ca.metrc.com", .username = "jane", .password = "hunter2"}));
  b.script.reply(test::token_answer(test::jwt("a"))).reply(test::answer(200)).reply(test::answer(200));
  CHECK(b.client.get("/x"));
  CHECK(b.clock->waits().empty());
  CHECK(b.client.get("/x"));
  CHECK(b.clock->waits() == waits{500ms});
}

TEST_CASE("a call whose turn comes after its deadline fails at once, sends nothing and takes no turn") {
  limited_bench b;
  for (int i = 0; i < 3; ++i) b.script.reply(test::answer(200));
  for (int i = 0; i < 2; ++i) CHECK(b.client.get("/x"));
  for (int i = 0; i < 3; ++i) {
    const auto outcome = b.client.get("/x", {}, {.timeout = 500ms});
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().category == error_category::timeout);
    CHECK(outcome.error().message ==
          "the rate limit of this client lets the call go after its deadline only");
    CHECK_FALSE(outcome.error().sent);
    CHECK(outcome.error().retry_after == 1s);
  }
  CHECK(b.clock->waits().empty());
  CHECK(b.script.requests().size() == 2);
  CHECK(b.client.get("/x", {}, {.timeout = 501ms}));
  CHECK(b.clock->waits() == waits{500ms});
}

TEST_CASE("a call that waits for its turn can be cancelled, and sends nothing") {
  /// A clock on which a wait ends only when it is cancelled.
  class patient_clock final : public t3api::clock {
   public:
    explicit patient_clock(std::stop_source stop) : stop_(std::move(stop)) {}
    t3api::steady_time now() const override { return start; }
    t3api::wall_time wall_now() const override { return {}; }
    bool wait_until(t3api::steady_time, std::stop_token stop) override {
      stop_.request_stop();
      return !stop.stop_requested();
    }

   private:
    std::stop_source stop_;
  };
  /// Sends whatever it is given, cancelled or not.
  struct counting_transport {
    std::shared_ptr<int> sent = std::make_shared<int>(0);
    t3api::outcome send(const t3api::request&, const t3api::send_options&) {
      ++*sent;
      return test::answer(200);
    }
  };
  std::stop_source stop;
  const counting_transport via;
  auto config = test::patient_config(std::make_shared<patient_clock>(stop));
  config.rate_limit = rate_limit{.per_second = 1, .burst = 1};
  const t3api::client<counting_transport, t3api::no_auth, t3api::no_retry> client(via, t3api::no_auth(),
                                                                                  config);
  CHECK(client.get("/x"));
  const auto outcome = client.get("/x", {}, {.stop = stop.get_token()});
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().category == error_category::cancelled);
  CHECK_FALSE(outcome.error().sent);
  CHECK(*via.sent == 1);
}

TEST_CASE("on the machine's own clock a wait for a turn ends with its stop_token") {
  t3api::scripted_transport script;
  auto config = test::patient_config(nullptr);
  config.rate_limit = rate_limit{.per_second = 0.001, .burst = 1};
  const test::scripted_client<t3api::no_auth> client(script, {}, config);
  script.reply(test::answer(200)).reply(test::answer(200));
  const t3api::call_options long_enough{.timeout = 1h};
  CHECK(client.get("/x", {}, long_enough));
  std::stop_source stop;
  const std::jthread canceller([&] { stop.request_stop(); });
  CHECK(client.get("/x", {}, {.timeout = 1h, .stop = stop.get_token()}).error().category ==
        error_category::cancelled);
  CHECK(script.requests().size() == 1);
}
