#include <doctest/doctest.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/client_kit.hpp"
#include "tests/support/sanitizers.hpp"

#include <t3api/auth/credentials.hpp>
#include <t3api/transport/in_process.hpp>

using namespace std::chrono_literals;

namespace {

constexpr int crowd = 256;
#ifdef T3API_TEST_THREAD_SANITIZER
constexpr int rounds = 20;
#else
constexpr int rounds = 1000;
#endif

/// Knows the token that it issued last and refuses every other. Each lives for an hour from its round on.
struct service {
  const std::vector<std::string> tokens = [] {
    std::vector<std::string> made;
    for (int number = 0; number <= rounds; ++number)
      made.push_back(test::jwt(std::to_string(number), number * 1h));
    return made;
  }();
  std::atomic<std::size_t> issued = 0;
  std::atomic<int> served = 0;

  t3api::response operator()(const t3api::request& sent) {
    if (sent.path == "/v2/auth/credentials") return test::token_answer(tokens.at(++issued));
    if (!test::authorization_of(sent).ends_with(" " + tokens[issued])) return test::answer(401);
    ++served;
    return test::answer(200);
  }
};

}  // namespace

TEST_CASE("a crowd of threads on an expired token makes exactly one exchange, round after round") {
  const auto clock = test::make_clock();
  service t3;
  const auto answer = [&t3](const t3api::request& sent) { return t3(sent); };
  using transport = t3api::in_process_transport<decltype(answer)>;
  auto config = test::patient_config(clock);
  config.timeout = 24h;
  const t3api::client<transport, t3api::credentials_auth, t3api::no_retry> client(
      transport(answer),
      t3api::credentials_auth(
          {.hostname = "ca.metrc.com", .username = "demo-ca", .password = "demo-ca-password"},
          t3api::memory_store(clock)),
      config);

  std::size_t round = 0;
  int rounds_with_one_exchange = 0;
  std::atomic<int> failed = 0;
  std::barrier next_round(crowd, [&]() noexcept {
    if (t3.issued == round) ++rounds_with_one_exchange;
    if (round > 0) clock->advance(1h);
    ++round;
  });
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::jthread> threads;
  for (int i = 0; i < crowd; ++i) {
    threads.emplace_back([&] {
      for (int done = 0; done < rounds; ++done) {
        next_round.arrive_and_wait();
        if (!client.get("/x")) ++failed;
      }
      next_round.arrive_and_wait();
    });
  }
  threads.clear();
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);

  CHECK(failed == 0);
  CHECK(t3.served == crowd * rounds);
  CHECK(t3.issued == rounds);
  CHECK(rounds_with_one_exchange == rounds + 1);
  CHECK(client.auth().tokens_obtained() == rounds);
  MESSAGE(crowd, " threads, ", rounds, " expired tokens: ", t3.issued.load(), " exchanges, ",
          t3.served.load(), " calls, ", elapsed.count(), " ms");
}
