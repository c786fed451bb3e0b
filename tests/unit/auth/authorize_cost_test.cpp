// What it costs to put a fresh token into a request. Allocations are counted by taking the place of malloc,
// to which operator new comes, as the unit program has an operator new already; so it is left out of builds
// in which a sanitizer has done that.

#include <version>

#include "tests/support/sanitizers.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/api_key.hpp>
#include <t3api/auth/bearer.hpp>

#if defined(__GLIBC__) && !defined(T3API_TEST_SANITIZED)

namespace {

constinit thread_local std::size_t allocations = 0;

}  // namespace

extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* malloc(std::size_t size) noexcept {
  ++allocations;
  return __libc_malloc(size);
}

namespace {

/// What `work` allocates on this thread.
template <class Work>
std::size_t allocations_of(Work work) {
  const auto before = allocations;
  work();
  return allocations - before;
}

/// A request with room for one more header field.
t3api::request roomy_request() {
  t3api::request message{.path = "/v2/licenses"};
  message.headers.reserve(message.headers.size() + 1);
  return message;
}

/// What a second authorisation allocates, once the token is there.
template <class Auth>
std::size_t cost_of_fresh_token(Auth& method, test::fake_exchange& via) {
  auto first = roomy_request();
  REQUIRE(method.authorize(first, via));
  auto second = roomy_request();
  bool authorised = false;
  const auto cost = allocations_of([&] { authorised = method.authorize(second, via).has_value(); });
  CHECK(authorised);
  CHECK(second.headers.get("Authorization") == first.headers.get("Authorization"));
  CHECK(second.headers.get("Authorization").value_or("").size() > 60);
  return cost;
}

}  // namespace

TEST_CASE("the count sees each string that does not fit into itself") {
  CHECK(allocations_of([] {
          const auto first = std::make_unique<std::string>(100, 'x');
          const auto second = std::make_unique<std::string>(*first);
        }) == 4);
  CHECK(allocations_of([] {}) == 0);
}

TEST_CASE("a fresh token costs one allocation: the value of its header field") {
  test::fake_exchange via;
  via.script.reply(test::token_answer(test::jwt("a")));
  t3api::api_key_auth by_key("demo-api-key", "CA");
  CHECK(cost_of_fresh_token(by_key, via) == 1);
  t3api::bearer_auth by_token(test::jwt("a"), t3api::wall_time(test::start_of_time));
  CHECK(cost_of_fresh_token(by_token, via) == 1);
  CHECK(by_key.tokens_obtained() == 1);
}

#endif

namespace {

/// Runs a piece of work when it is asked for the time for the nth time.
class interrupting_clock final : public t3api::clock {
 public:
  interrupting_clock(t3api::steady_time now, int turn, std::function<void()> work)
      : now_(now), turn_(turn), work_(std::move(work)) {}

  t3api::steady_time now() const override {
    if (--turn_ == 0) work_();
    return now_;
  }
  t3api::wall_time wall_now() const override { return t3api::wall_time(test::start_of_time); }
  bool wait_until(t3api::steady_time, std::stop_token) override { return true; }

 private:
  t3api::steady_time now_;
  mutable int turn_;
  std::function<void()> work_;
};

}  // namespace

TEST_CASE("a fresh token is read while another thread is anywhere in a renewal, also where that has a lock") {
  constexpr int looks_at_the_clock = 12;
  for (int turn = 1; turn <= looks_at_the_clock; ++turn) {
    CAPTURE(turn);
    const auto clock = test::make_clock();
    t3api::api_key_auth method("demo-api-key", "CA");
    test::fake_exchange fresh(clock);
    fresh.script.reply(test::token_answer(test::jwt("a")));
    t3api::request first{.path = "/"};
    REQUIRE(method.authorize(first, fresh));

    bool in_time = true;
    std::future<bool> reading;
    const auto later = clock->now() + std::chrono::hours(2);
    test::fake_exchange late(std::make_shared<interrupting_clock>(later, turn, [&] {
      reading = std::async(std::launch::async, [&] {
        t3api::request second{.path = "/"};
        return method.authorize(second, fresh).has_value();
      });
      in_time = reading.wait_for(std::chrono::seconds(10)) == std::future_status::ready;
    }));
    late.script.reply(test::token_answer(test::jwt("b", std::chrono::hours(9))));
    t3api::request third{.path = "/"};
    CHECK(method.authorize(third, late));
    CHECK(in_time);
    if (turn < 4) REQUIRE(reading.valid());
    if (reading.valid()) CHECK(reading.get());
  }
}
