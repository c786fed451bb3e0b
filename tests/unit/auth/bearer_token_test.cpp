#include <doctest/doctest.h>

#include <chrono>
#include <latch>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/bearer_token.hpp>

using namespace std::chrono_literals;
using t3api::detail::bearer_token;
using t3api::detail::current_token;
using demand = current_token::demand;

namespace {

/// A token that is due in a minute and expires in two.
struct bearer_bench {
  std::shared_ptr<t3api::manual_clock> clock = test::make_clock();
  test::fake_exchange via{clock};
  current_token held{};
  t3api::request message{.path = "/x"};

  bearer_bench() { via.set_host("https://one.example/t3"); }

  void publish(const std::string& jwt, t3api::token_generation generation) {
    held.publish({.jwt = jwt,
                  .host = via.host(),
                  .due = clock->now() + 1min,
                  .expires_at = clock->now() + 2min,
                  .generation = generation});
  }
  std::optional<t3api::token_generation> use(demand wanted) { return held.use(message, via, wanted); }
};

}  // namespace

TEST_CASE("without a token there is nothing to use") {
  bearer_bench b;
  CHECK_FALSE(b.use(demand::fresh));
  CHECK_FALSE(b.use(demand::unexpired));
  CHECK_FALSE(b.held.is_good(b.clock->now()));
  CHECK_FALSE(b.held.is_refused_early(b.clock->now()));
  CHECK(b.held.jwt().empty());
  CHECK(b.held.generation() == 0);
  CHECK(b.message.headers.empty());
}

TEST_CASE("a token is fresh until it is due and can be used until it expires") {
  bearer_bench b;
  b.publish("token-1", 1);
  CHECK(b.use(demand::fresh) == 1);
  CHECK(test::authorization_of(b.message) == "Bearer token-1");
  b.clock->advance(1min - 1ns);
  CHECK(b.use(demand::fresh) == 1);
  b.clock->advance(1ns);
  CHECK_FALSE(b.use(demand::fresh));
  CHECK(b.use(demand::unexpired) == 1);
  b.clock->advance(1min - 1ns);
  CHECK(b.use(demand::unexpired) == 1);
  CHECK(b.held.is_good(b.clock->now()));
  b.clock->advance(1ns);
  CHECK_FALSE(b.use(demand::unexpired));
  CHECK_FALSE(b.held.is_good(b.clock->now()));
}

TEST_CASE("a token goes to no other host, port or path") {
  bearer_bench b;
  b.publish("token-1", 1);
  for (const char* other : {"https://two.example/t3", "http://one.example/t3", "https://one.example:8443/t3",
                            "https://one.example/other", "https://one.example"}) {
    CAPTURE(other);
    test::fake_exchange elsewhere(b.clock);
    elsewhere.set_host(other);
    CHECK_FALSE(b.held.use(b.message, elsewhere, demand::unexpired));
  }
  CHECK(b.message.headers.empty());
}

TEST_CASE("a refused generation is used no more, and later ones are not touched by it") {
  bearer_bench b;
  b.publish("token-3", 3);
  b.held.refuse(2);
  CHECK(b.use(demand::fresh) == 3);
  CHECK_FALSE(b.held.is_refused_early(b.clock->now()));
  b.held.refuse(3);
  b.held.refuse(1);  // a late one, which must not bring it back
  CHECK_FALSE(b.use(demand::fresh));
  CHECK_FALSE(b.use(demand::unexpired));
  CHECK_FALSE(b.held.is_good(b.clock->now()));
  CHECK(b.held.is_refused_early(b.clock->now()));
  CHECK(b.held.jwt().reveal() == "token-3");
  b.clock->advance(2min);
  CHECK_FALSE(b.held.is_refused_early(b.clock->now()));
  b.publish("token-4", 4);
  CHECK(b.use(demand::fresh) == 4);
  CHECK(b.held.generation() == 4);
}

TEST_CASE("the time left is that to the expiry, or an hour when the token has none") {
  const auto clock = test::make_clock();
  CHECK(bearer_token{}.time_left(clock->now()) == 1h);
  CHECK(bearer_token{.expires_at = clock->now() + 90s}.time_left(clock->now()) == 90s);
  CHECK(bearer_token{.expires_at = clock->now() - 1s}.time_left(clock->now()) == -1s);
}

TEST_CASE("readers see whole tokens while others replace them") {
  bearer_bench b;
  b.publish("token-1", 1);
  constexpr int readers = 4;
  std::latch reading(readers);
  std::vector<std::jthread> threads;
  std::vector<int> torn(readers, 0);
  for (std::size_t reader = 0; reader < readers; ++reader) {
    threads.emplace_back([&, reader](std::stop_token stop) {
      reading.count_down();
      while (!stop.stop_requested()) {
        t3api::request message{.path = "/x"};
        const auto generation = b.held.use(message, b.via, demand::fresh);
        if (test::authorization_of(message) != "Bearer token-" + std::to_string(generation.value_or(0)))
          ++torn[reader];
      }
    });
  }
  reading.wait();
  for (t3api::token_generation next = 2; next < 500; ++next) b.publish("token-" + std::to_string(next), next);
  threads.clear();
  CHECK(torn == std::vector<int>(readers, 0));
}
