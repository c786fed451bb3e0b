#include <doctest/doctest.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <future>
#include <latch>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/any.hpp>
#include <t3api/auth/api_key.hpp>
#include <t3api/auth/token_source.hpp>
#include <t3api/retry/exponential_backoff.hpp>
#include <t3api/store/memory.hpp>

using namespace std::chrono_literals;
using t3api::api_key_auth;
using t3api::error_category;

namespace {

constexpr int crowd = 64;

double unjittered() { return 0; }

const std::string exchange_path = "/v2/auth/apikey";

/// A client over a script, with its clock at hand.
template <class Retry = t3api::no_retry>
struct source_bench {
  std::shared_ptr<t3api::manual_clock> clock = test::make_clock();
  t3api::scripted_transport script{};
  test::scripted_client<api_key_auth, Retry> client{
      script, api_key_auth("demo-api-key", "CA", {.jitter = unjittered}), test::patient_config(clock)};

  int exchanges() const {
    int count = 0;
    for (const auto& sent : script.requests()) count += sent.path == exchange_path ? 1 : 0;
    return count;
  }
};

/// Calls from many threads at once, all begun together; gives what came back.
template <class Client>
std::vector<t3api::result<t3api::response>> call_from_crowd(const Client& client, int threads = crowd) {
  std::vector<t3api::result<t3api::response>> results;
  std::mutex mutex;
  std::barrier start(threads);
  std::vector<std::jthread> callers;
  for (int i = 0; i < threads; ++i) {
    callers.emplace_back([&] {
      start.arrive_and_wait();
      auto outcome = client.get("/x");
      const std::scoped_lock lock(mutex);
      results.push_back(std::move(outcome));
    });
  }
  callers.clear();
  return results;
}

/// A service that knows one token at a time and answers every request by the token it brings.
struct token_service {
  std::atomic<int> issued = 0;
  std::atomic<int> revoked_below = 0;
  std::atomic<int> refused = 0;

  t3api::outcome operator()(const t3api::request& sent) {
    if (sent.path == exchange_path) return test::token_answer("token-" + std::to_string(++issued));
    const std::string presented = test::authorization_of(sent);
    for (int number = revoked_below + 1; number <= issued; ++number) {
      if (presented == "Bearer token-" + std::to_string(number)) return test::answer(200);
    }
    ++refused;
    return test::answer(401);
  }
};

void serve(t3api::scripted_transport& script, token_service& service, int requests) {
  for (int i = 0; i < requests; ++i) {
    script.reply_with([&service](const t3api::request& sent) { return service(sent); });
  }
}

/// A leader whose exchange ends only when a crowd waits for it. Every later exchange brings a token.
struct waiting_room {
  t3api::outcome first_answer = test::answer(500);
  std::atomic<int> sent = 0;

  std::vector<t3api::result<t3api::token_generation>> run() {
    std::vector<t3api::result<t3api::token_generation>> outcomes;
    std::mutex mutex;
    const auto authorize = [&] {
      t3api::request message{.path = "/x"};
      member via(*this);
      auto outcome = tokens_.authorize(message, via);
      const std::scoped_lock lock(mutex);
      outcomes.push_back(std::move(outcome));
    };
    std::vector<std::jthread> threads;
    threads.emplace_back(authorize);
    exchanging_.wait();
    for (int i = 0; i < crowd; ++i) threads.emplace_back(authorize);
    threads.clear();
    return outcomes;
  }

 private:
  class member final : public t3api::exchange {
   public:
    explicit member(waiting_room& room) : room_(room) {}

    t3api::result<t3api::response> send(t3api::request) override {
      if (++room_.sent > 1) return test::token_answer("token-" + std::to_string(room_.sent));
      room_.exchanging_.count_down();
      room_.waiting_.wait();
      return room_.first_answer;
    }
    t3api::result<t3api::response> send_until(t3api::request message, t3api::steady_time) override {
      return send(std::move(message));
    }
    const t3api::url& host() const noexcept override { return room_.host_; }
    t3api::clock& clock() const noexcept override { return *room_.clock_; }
    t3api::steady_time deadline() const noexcept override { return room_.deadline_; }
    /// Asked for under the lock, right before the wait: who has asked is waiting by the time the leader gets
    /// the lock.
    const std::stop_token& stop() const noexcept override {
      if (!std::exchange(noted_, true)) room_.waiting_.count_down();
      return stop_;
    }
    void report(const t3api::renewal_event&) noexcept override {}

   private:
    waiting_room& room_;
    std::stop_token stop_;
    mutable bool noted_ = false;
  };

  t3api::url host_{};
  std::shared_ptr<t3api::manual_clock> clock_ = test::make_clock();
  t3api::steady_time deadline_ = clock_->now() + 10min;
  std::latch exchanging_{1};
  std::latch waiting_{crowd};
  t3api::detail::token_source<t3api::memory_store> tokens_{
      {.make_request = [](t3api::exchange&, bool) -> t3api::result<t3api::detail::credentials_message> {
        return t3api::detail::credentials_message{
            .message = {.method = t3api::method::post, .path = exchange_path}};
      }},
      {},
      t3api::memory_store()};
};

}  // namespace

TEST_CASE("many threads that start at once make one exchange") {
  source_bench<> b;
  token_service service;
  serve(b.script, service, crowd + 1);
  for (const auto& outcome : call_from_crowd(b.client)) CHECK(outcome);
  CHECK(b.exchanges() == 1);
  CHECK(b.script.remaining() == 0);
}

TEST_CASE("a token is used until it is due, and is then renewed by one exchange") {
  source_bench<> b;
  b.script.reply(test::token_answer(test::jwt("first", 1h)))
      .reply(test::answer(200))
      .reply(test::answer(200))
      .reply(test::token_answer(test::jwt("second", 2h)))
      .reply(test::answer(200));
  CHECK(b.client.get("/x"));
  b.clock->advance(1h - 31s);
  CHECK(b.client.get("/x"));
  CHECK(b.exchanges() == 1);
  b.clock->advance(1s);
  CHECK(b.client.get("/x"));
  CHECK(b.exchanges() == 2);
  CHECK(test::authorization_of(b.script.requests().back()) == "Bearer " + test::jwt("second", 2h));
}

TEST_CASE("a token of a short life is renewed in the last tenth of it") {
  source_bench<> b;
  b.script.reply(test::token_answer(test::jwt("first", 10s)))
      .reply(test::answer(200))
      .reply(test::answer(200));
  CHECK(b.client.get("/x"));
  b.clock->advance(8999ms);
  CHECK(b.client.get("/x"));
  b.clock->advance(1ms);
  b.script.reply(test::token_answer(test::jwt("second", 20s))).reply(test::answer(200));
  CHECK(b.client.get("/x"));
  CHECK(b.exchanges() == 2);
}

TEST_CASE("the life of a token is measured by the clock of the service that made it") {
  source_bench<> b;  // its clock is an hour behind: the token has expired by the one and is good for a minute
                     // by the other
  b.script
      .reply(test::answer(200, nlohmann::json{{"accessToken", test::jwt("first", -59min)}}.dump(),
                          {{"Date", "Sun, 09 Sep 2001 00:46:40 GMT"}}))
      .reply(test::answer(200))
      .reply(test::answer(200));
  CHECK(b.client.get("/x"));
  b.clock->advance(53s);
  CHECK(b.client.get("/x"));
  CHECK(b.exchanges() == 1);
  b.clock->advance(1s);
  b.script.reply(test::token_answer(test::jwt("second"))).reply(test::answer(200));
  CHECK(b.client.get("/x"));
  CHECK(b.exchanges() == 2);
}

TEST_CASE("a token without a readable expiry is used until the service refuses it") {
  for (const std::string& token :
       {std::string("opaque"), test::jwt_of({{"sub", "x"}}), test::jwt_of({{"exp", "soon"}})}) {
    source_bench<> b;
    b.script.reply(test::token_answer(token)).reply(test::answer(200)).reply(test::answer(200));
    CHECK(b.client.get("/x"));
    b.clock->advance(10'000h);
    CHECK(b.client.get("/x"));
    CHECK(b.exchanges() == 1);
  }
}

TEST_CASE("a token that claims to live for thousands of years is exchanged once") {
  for (const double expiry : {9999999999.0, 12e9, 15e9, 253402300799.0, 1e18, 1e300}) {
    CAPTURE(expiry);
    source_bench<> b;
    b.script.reply(test::token_answer(test::jwt_of({{"exp", expiry}})))
        .reply(test::answer(200))
        .reply(test::answer(200));
    CHECK(b.client.get("/x"));
    b.clock->advance(24h);
    CHECK(b.client.get("/x"));
    CHECK(b.exchanges() == 1);
  }
}

TEST_CASE("after a 401 one exchange and one replay follow, and the replay carries the new token") {
  source_bench<> b;
  b.script.reply(test::token_answer("token-1"))
      .reply(test::answer(401))
      .reply(test::token_answer("token-2"))
      .reply(test::answer(200, "done"));
  const auto outcome = b.client.post("/v2/items/create", {{"a", 1}});
  REQUIRE(outcome);
  CHECK(outcome->body == "done");
  const auto sent = b.script.requests();
  REQUIRE(sent.size() == 4);
  CHECK(test::authorization_of(sent[1]) == "Bearer token-1");
  CHECK(sent[2].path == exchange_path);
  CHECK(test::authorization_of(sent[3]) == "Bearer token-2");
  CHECK(sent[3].path == "/v2/items/create");
  CHECK(sent[3].body == sent[1].body);
}

TEST_CASE("401 for ever ends after one renewal and one replay in an authentication error") {
  source_bench<t3api::exponential_backoff> b;
  b.script.reply(test::token_answer("token-1"))
      .reply(test::answer(401))
      .reply(test::token_answer("token-2"))
      .reply(test::answer(401, R"({"message":"still not token-2"})"));
  const auto outcome = b.client.get("/x");
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().category == error_category::authentication);
  CHECK(outcome.error().status == 401);
  CHECK(outcome.error().attempts == 1);
  CHECK(outcome.error().service_message == "still not ***");
  CHECK(b.script.requests().size() == 4);
}

TEST_CASE("a call renews once, however many attempts its retry policy grants") {
  source_bench<t3api::exponential_backoff> b;
  b.script.reply(test::token_answer("token-1"))
      .reply(test::answer(401))
      .reply(test::token_answer("token-2"))
      .reply(test::answer(503))
      .reply(test::answer(401));
  const auto outcome = b.client.get("/x");
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().category == error_category::authentication);
  CHECK(b.exchanges() == 2);
  CHECK(b.script.requests().size() == 5);
}

TEST_CASE("many threads whose one token is refused make one more exchange and all get through") {
  source_bench<> b;
  token_service service;
  serve(b.script, service, 2);
  CHECK(b.client.get("/x"));
  service.revoked_below = 1;
  serve(b.script, service, 2 * crowd + 1);
  for (const auto& outcome : call_from_crowd(b.client)) CHECK(outcome);
  CHECK(b.exchanges() == 2);
  CHECK(service.issued == 2);
}

TEST_CASE("a late 401 of an old token renews nothing") {
  source_bench<> b;
  b.script.reply(test::token_answer("token-1"));
  b.script.reply_with([&](const t3api::request& slow) {
    // While this answer is on its way, another call finds the token refused and renews it.
    CHECK(test::authorization_of(slow) == "Bearer token-1");
    CHECK(b.client.get("/quick"));
    return test::answer(401);
  });
  b.script.reply(test::answer(401))
      .reply(test::token_answer("token-2"))
      .reply(test::answer(200))   // the quick call again
      .reply(test::answer(200));  // the slow one again
  CHECK(b.client.get("/slow"));
  CHECK(b.exchanges() == 2);
  CHECK(test::authorization_of(b.script.requests().back()) == "Bearer token-2");
  CHECK(b.script.remaining() == 0);
}

TEST_CASE("eight calls get through while a renewal ahead of expiry is held up") {
  source_bench<> b;
  b.script.reply(test::token_answer(test::jwt("first", 1h))).reply(test::answer(200));
  CHECK(b.client.get("/x"));
  b.clock->advance(1h - 10s);
  std::latch exchanging(1);
  std::latch go_on(1);
  b.script.reply_with([&](const t3api::request& sent) {
    CHECK(sent.path == exchange_path);
    exchanging.count_down();
    go_on.wait();
    return test::token_answer(test::jwt("second", 2h));
  });
  auto leader = std::async(std::launch::async, [&] { return b.client.get("/leader"); });
  exchanging.wait();
  std::vector<std::future<t3api::result<t3api::response>>> others;
  for (int i = 0; i < 8; ++i) {
    b.script.reply(test::answer(200));
    others.push_back(std::async(std::launch::async, [&] { return b.client.get("/meanwhile"); }));
  }
  const auto patience_ends = std::chrono::steady_clock::now() + 20s;  // only reached by calls that hang
  int through = 0;
  for (auto& other : others) through += other.wait_until(patience_ends) == std::future_status::ready ? 1 : 0;
  CHECK(through == 8);
  b.script.reply(test::answer(200));
  go_on.count_down();
  CHECK(leader.get());
  for (auto& other : others) CHECK(other.get());
  CHECK(b.exchanges() == 2);
  for (const auto& sent : b.script.requests()) {
    if (sent.path == "/meanwhile") CHECK(test::authorization_of(sent) == "Bearer " + test::jwt("first", 1h));
    if (sent.path == "/leader") CHECK(test::authorization_of(sent) == "Bearer " + test::jwt("second", 2h));
  }
}

TEST_CASE("a renewal ahead of time that fails does not fail calls that have a good token") {
  source_bench<> b;
  b.script.reply(test::token_answer(test::jwt("first", 1h))).reply(test::answer(200));
  CHECK(b.client.get("/x"));
  b.clock->advance(1h - 10s);
  b.script.reply(test::answer(503)).reply(test::answer(200)).reply(test::answer(200));
  CHECK(b.client.get("/x"));
  CHECK(b.client.get("/x"));
  CHECK(b.exchanges() == 2);
  CHECK(b.clock->waits().empty());
  b.clock->advance(10s);
  b.script.reply(test::answer(503));
  const auto expired = b.client.get("/x");
  REQUIRE_FALSE(expired);
  CHECK(expired.error().status == 503);
}

TEST_CASE("a refused key is posted once, however many calls follow from however many threads") {
  source_bench<t3api::exponential_backoff> b;
  b.script.reply(test::answer(401, R"({"error":{"message":"no such key"}})"));
  for (int round = 0; round < 2; ++round) {
    const auto results = call_from_crowd(b.client);
    CHECK(results.size() == crowd);
    for (const auto& outcome : results) {
      REQUIRE_FALSE(outcome);
      CHECK(outcome.error().category == error_category::authentication);
      CHECK(outcome.error().status == 401);
      CHECK(outcome.error().service_message == "no such key");
      CHECK_FALSE(outcome.error().sent);
    }
  }
  b.clock->advance(24h);
  CHECK_FALSE(b.client.get("/x"));
  CHECK(b.script.requests().size() == 1);
}

TEST_CASE("whatever says that the credentials are wrong is final") {
  for (const int status : {400, 401, 403, 422}) {
    CAPTURE(status);
    source_bench<t3api::exponential_backoff> b;
    b.script.reply(test::answer(status, R"({"error":{"message":"no"}})"));
    for (int i = 0; i < 3; ++i) {
      const auto outcome = b.client.get("/x");
      REQUIRE_FALSE(outcome);
      CHECK(outcome.error().category == error_category::authentication);
      CHECK(outcome.error().status == status);
      b.clock->advance(1h);
    }
    CHECK(b.script.requests().size() == 1);
  }
}

TEST_CASE("an exchange that the service did not take up is retried by the retry policy, for a write too") {
  for (const int status : {429, 503}) {
    CAPTURE(status);
    source_bench<t3api::exponential_backoff> b;
    b.script.reply(test::answer(status)).reply(test::token_answer("token-1")).reply(test::answer(200));
    CHECK(b.client.post("/x", {{"a", 1}}));
    CHECK(b.exchanges() == 2);
  }
}

TEST_CASE("credentials whose fate is unknown are not sent again by the same call, but by the next") {
  for (const int status : {408, 500, 502, 504}) {
    CAPTURE(status);
    source_bench<t3api::exponential_backoff> b;
    b.script.reply(test::answer(status)).reply(test::token_answer("token-1")).reply(test::answer(200));
    const auto failed = b.client.get("/x");
    REQUIRE_FALSE(failed);
    CHECK(failed.error().status == status);
    CHECK(b.exchanges() == 1);
    CHECK(b.client.get("/x"));
    CHECK(b.exchanges() == 2);
  }
}

TEST_CASE("an exchange that was sent and then cancelled is followed by growing pauses") {
  source_bench<> b;
  for (int round = 0; round < 4; ++round) {
    std::stop_source stop;
    b.script.reply_with([&](const t3api::request&) -> t3api::outcome {
      stop.request_stop();
      return t3api::error{.category = error_category::cancelled, .message = "cancelled", .sent = true};
    });
    const auto cancelled = b.client.get("/x", {}, {.stop = stop.get_token()});
    REQUIRE_FALSE(cancelled);
    CHECK(cancelled.error().category == error_category::cancelled);
  }
  CHECK(b.clock->waits() == std::vector<t3api::manual_clock::duration>{250ms, 500ms, 1000ms});
}

TEST_CASE("calls with too little time for a login leave it to others, and do not shut them out") {
  source_bench<> b;
  b.script.reply_with([&](const t3api::request&) -> t3api::outcome {
    b.clock->advance(30ms);
    return t3api::error{.category = error_category::timeout, .message = "too late", .sent = true};
  });
  CHECK_FALSE(b.client.get("/x", {}, {.timeout = 30ms}));
  b.clock->advance(1s);
  for (int i = 0; i < 10; ++i) {
    const auto refused = b.client.get("/x", {}, {.timeout = 30ms});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().category == error_category::timeout);
    CHECK(refused.error().message ==
          "a new access token is needed, and getting one takes longer than this call has left: give it a "
          "longer timeout");
  }
  CHECK(b.exchanges() == 1);
  b.script.reply(test::token_answer("token-1")).reply(test::answer(200));
  CHECK(b.client.get("/x", {}, {.timeout = 3s}));
  CHECK(b.exchanges() == 2);
}

TEST_CASE("a renewal ahead of expiry that hangs leaves the call half of its time, and the good token") {
  const auto clock = test::make_clock();
  t3api::detail::token_source<t3api::memory_store> tokens(
      {.make_request = [](t3api::exchange&, bool) -> t3api::result<t3api::detail::credentials_message> {
        return t3api::detail::credentials_message{
            .message = {.method = t3api::method::post, .path = exchange_path}};
      }},
      {.jitter = unjittered}, t3api::memory_store());
  t3api::request message{.path = "/x"};
  test::fake_exchange first(clock);
  first.script.reply(test::token_answer(test::jwt("first", 1h)));
  REQUIRE(tokens.authorize(message, first).value() == 1);
  clock->advance(1h - 20s);

  struct hanging final : t3api::exchange {
    explicit hanging(std::shared_ptr<t3api::manual_clock> c) : time(std::move(c)) {}
    t3api::result<t3api::response> send(t3api::request asked) override {
      return send_until(std::move(asked), end);
    }
    t3api::result<t3api::response> send_until(t3api::request, t3api::steady_time until) override {
      time->wait_until(until, {});
      return t3api::error{.category = error_category::timeout, .message = "silence", .sent = true};
    }
    const t3api::url& host() const noexcept override { return place; }
    t3api::clock& clock() const noexcept override { return *time; }
    t3api::steady_time deadline() const noexcept override { return end; }
    const std::stop_token& stop() const noexcept override { return never; }
    void report(const t3api::renewal_event&) noexcept override {}
    std::shared_ptr<t3api::manual_clock> time;
    t3api::steady_time end = time->now() + 8s;
    t3api::url place{};
    std::stop_token never{};
  } second(clock);
  CHECK(tokens.authorize(message, second).value() == 1);
  CHECK(second.end - clock->now() == 4s);
}

TEST_CASE("a token without its credentials ends with the 401 of the service, in the service's words") {
  const auto clock = test::make_clock();
  t3api::scripted_transport script;
  const test::scripted_client<api_key_auth> client(
      script, api_key_auth("demo-api-key", "CA", {.keep_credentials = false}), test::patient_config(clock));
  script.reply(test::token_answer("token-1"))
      .reply(test::answer(401, R"({"message":"not for you"})"))
      .reply(test::answer(200));
  const auto refused = client.get("/x");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().status == 401);
  CHECK(refused.error().service_message == "not for you");
  CHECK(client.get("/y"));
  CHECK(script.requests().size() == 3);
}

TEST_CASE("another's refusal counts as long as the store keeps it") {
  const auto clock = test::make_clock();
  const t3api::memory_store shared(clock);
  t3api::scripted_transport script;
  const auto client_with = [&] {
    return test::scripted_client<api_key_auth>(script, api_key_auth("demo-api-key", "CA", shared),
                                               test::patient_config(clock));
  };
  const auto one = client_with(), other = client_with();
  script.reply(test::answer(401));
  CHECK_FALSE(one.get("/x"));
  const auto refused = other.get("/x");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().category == error_category::authentication);
  CHECK_FALSE(other.get("/x"));
  CHECK(script.requests().size() == 1);
  clock->advance(61s);
  script.reply(test::token_answer("token-1")).reply(test::answer(200));
  CHECK(other.get("/x"));
  CHECK_FALSE(one.get("/x"));  // Its own credentials were refused.
}

TEST_CASE("a refused token that came out of the store is replaced, and its replacement too") {
  const auto clock = test::make_clock();
  const t3api::memory_store shared(clock);
  t3api::scripted_transport script;
  const auto client_with = [&] {
    return test::scripted_client<t3api::any_auth>(script, api_key_auth("demo-api-key", "CA", shared),
                                                  test::patient_config(clock));
  };
  const auto one = client_with(), other = client_with();
  script.reply(test::token_answer("token-1")).reply(test::answer(200)).reply(test::answer(200));
  REQUIRE(one.get("/x"));
  REQUIRE(other.get("/x"));
  script.reply(test::answer(401)).reply(test::token_answer("token-2")).reply(test::answer(200));
  REQUIRE(one.get("/x"));
  // The service has forgotten both tokens.
  script.reply(test::answer(401))
      .reply(test::answer(401))
      .reply(test::token_answer("token-3"))
      .reply(test::answer(200));
  CHECK(other.get("/x"));
  CHECK(test::authorization_of(script.requests().back()) == "Bearer token-3");
}

TEST_CASE("what on_response throws does not cost the token; options that make no sense are refused") {
  t3api::scripted_transport script;
  const test::scripted_client<api_key_auth> client(
      script,
      api_key_auth("demo-api-key", "CA",
                   {.on_response = [](const t3api::auth_response_data&) { throw std::runtime_error("no"); }}),
      test::patient_config(test::make_clock()));
  script.reply(test::token_answer("token-1")).reply(test::answer(200));
  CHECK(client.get("/x"));
  CHECK_THROWS_AS(api_key_auth("demo-api-key", "CA", {.leeway = -1ms}), std::invalid_argument);
  CHECK_THROWS_AS(api_key_auth("demo-api-key", "CA", {.lease = 0ms}), std::invalid_argument);
  CHECK_THROWS_AS(api_key_auth("demo-api-key", "CA", {.lease = std::chrono::hours(1'000'000)}),
                  std::invalid_argument);
}

TEST_CASE("an exchange whose answer never came is not sent again by the same call") {
  source_bench<t3api::exponential_backoff> b;
  b.script.reply(test::cut());
  const auto outcome = b.client.get("/x");
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().category == error_category::transport);
  CHECK(outcome.error().message == "no access token could be obtained: the connection was cut");
  CHECK_FALSE(outcome.error().retryable);
  CHECK_FALSE(outcome.error().sent);
  CHECK(b.exchanges() == 1);
}

TEST_CASE("an exchange that never left is sent again") {
  source_bench<t3api::exponential_backoff> b;
  b.script.reply(test::never_sent()).reply(test::token_answer("token-1")).reply(test::answer(200));
  CHECK(b.client.get("/x"));
}

TEST_CASE("after a failed exchange the next one waits a moment, or as long as the service asks") {
  source_bench<> b;
  b.script.reply(test::answer(503)).reply(test::token_answer("token-1")).reply(test::answer(200));
  CHECK_FALSE(b.client.get("/x"));
  b.clock->advance(100ms);
  CHECK(b.client.get("/x"));
  CHECK(b.clock->waits() == std::vector<t3api::manual_clock::duration>{150ms});
}

TEST_CASE("a call that would have to wait past its deadline fails at once with what went wrong before") {
  source_bench<> b;
  b.script.reply(test::answer(429, "", {{"Retry-After", "3600"}}));
  CHECK_FALSE(b.client.get("/x"));
  const auto early = b.client.get("/x", {}, {.timeout = 60s});
  REQUIRE_FALSE(early);
  CHECK(early.error().status == 429);
  CHECK(b.clock->waits().empty());
  CHECK(b.exchanges() == 1);
  b.script.reply(test::token_answer("token-1")).reply(test::answer(200));
  CHECK(b.client.get("/x", {}, {.timeout = 61s}));
  CHECK(b.clock->waits() == std::vector<t3api::manual_clock::duration>{60s});
}

TEST_CASE("a failed exchange reaches everyone who waited for it") {
  waiting_room room;
  room.first_answer = test::answer(500, R"({"message":"down"})");
  const auto outcomes = room.run();
  CHECK(room.sent == 1);
  CHECK(outcomes.size() == crowd + 1);
  for (const auto& outcome : outcomes) {
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().category == error_category::http);
    CHECK(outcome.error().status == 500);
    CHECK(outcome.error().service_message == "down");
  }
}

TEST_CASE("a token reaches everyone who waited for it") {
  waiting_room room;
  room.first_answer = test::token_answer("token-1");
  for (const auto& outcome : room.run()) CHECK(outcome.value() == 1);
  CHECK(room.sent == 1);
}

TEST_CASE("a leader that is cancelled does not fail those who waited for it") {
  waiting_room room;
  room.first_answer = t3api::error{.category = error_category::cancelled, .message = "the leader's own end"};
  int failed = 0;
  for (const auto& outcome : room.run()) {
    if (outcome) continue;
    CHECK(outcome.error().category == error_category::cancelled);
    ++failed;
  }
  CHECK(failed == 1);
  CHECK(room.sent == 2);
}

TEST_CASE("one who waits for the exchange of another can be cancelled") {
  source_bench<> b;
  std::stop_source stop;
  std::latch exchanging(1);
  std::latch go_on(1);
  b.script.reply_with([&](const t3api::request&) {
    exchanging.count_down();
    go_on.wait();
    return test::token_answer("token-1");
  });
  b.script.reply(test::answer(200));
  std::vector<std::jthread> callers;
  callers.emplace_back([&] { CHECK(b.client.get("/leader")); });
  exchanging.wait();
  callers.emplace_back([&] { stop.request_stop(); });
  const auto outcome = b.client.get("/x", {}, {.stop = stop.get_token()});
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().category == error_category::cancelled);
  go_on.count_down();
  callers.clear();
  CHECK(b.exchanges() == 1);
}

TEST_CASE("an answer without a usable token is a protocol error that shows none of it") {
  struct row {
    const char* what;
    t3api::response reply;
  };
  for (const auto& [what, reply] : {
           row{"no accessToken", test::answer(200, R"({"token":"hunter2"})")},
           row{"empty accessToken", test::answer(200, R"({"accessToken":""})")},
           row{"blank accessToken", test::answer(200, R"({"accessToken":" \t"})")},
           row{"number", test::answer(200, R"({"accessToken":17})")},
           row{"null", test::answer(200, R"({"accessToken":null})")},
           row{"object", test::answer(200, R"({"accessToken":{"jwt":"hunter2"}})")},
           row{"list", test::answer(200, R"([{"accessToken":"hunter2"}])")},
           row{"text", test::answer(200, R"("hunter2")")},
           row{"line break", test::answer(200, R"({"accessToken":"hunter2\r\nX-Evil: 1"})")},
           row{"NUL", test::answer(200, R"({"accessToken":"hunter2\u0000"})")},
           row{"half a JSON", test::answer(200, R"({"accessToken":"hunter2)")},
           row{"HTML", test::answer(200, "<html>hunter2</html>", {{"Content-Type", "text/html"}})},
           row{"nothing", test::answer(200)},
           row{"deep JSON", test::answer(200, std::string(1'000'000, '['))},
           row{"expired", test::token_answer(test::jwt("hunter2", 0s))},
           row{"long expired", test::token_answer(test::jwt_of({{"exp", -1e300}}))},
       }) {
    const auto shown = what;
    CAPTURE(shown);
    source_bench<t3api::exponential_backoff> b;
    b.script.reply(reply);
    const auto outcome = b.client.get("/x");
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().category == error_category::protocol);
    CHECK(outcome.error().status == 200);
    CHECK(outcome.error().message.starts_with("no access token could be obtained: "));
    CHECK(outcome.error().message.find("hunter2") == std::string::npos);
    CHECK(b.script.requests().size() == 1);
  }
}

TEST_CASE("an exchange that is answered with 204 or a redirect is an http error and never followed") {
  for (const int status : {201, 204, 301, 302, 307, 308, 404}) {
    CAPTURE(status);
    source_bench<t3api::exponential_backoff> b;
    b.script.reply(
        test::answer(status, test::token_answer("token-1").body, {{"Location", "https://evil.example/"}}));
    const auto outcome = b.client.get("/x");
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().category == error_category::http);
    CHECK(outcome.error().status == status);
    CHECK((outcome.error().message.find("never follows a redirect") != std::string::npos) ==
          (status / 100 == 3));
    CHECK(b.script.requests().size() == 1);
  }
}

TEST_CASE("a token that is too long for a header is refused by its size, and nothing of it is shown") {
  source_bench<> b;
  b.script.reply(test::token_answer(std::string(50'000, 't')));
  const auto outcome = b.client.get("/x");
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().category == error_category::protocol);
  CHECK(outcome.error().message ==
        "no access token could be obtained: the answer to /v2/auth/apikey holds an accessToken of 50000 "
        "bytes, which no header can carry: is the host setting right?");
  CHECK(b.script.requests().size() == 1);
}

TEST_CASE("a transport that throws fails the exchange and leaves the way free for the next") {
  source_bench<> b;
  b.script.reply_with(
      [](const t3api::request&) -> t3api::outcome { throw std::runtime_error("demo-api-key broke it"); });
  const auto outcome = b.client.get("/x");
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().category == error_category::transport);
  CHECK(outcome.error().message == "no access token could be obtained: *** broke it");
  b.script.reply(test::token_answer("token-1")).reply(test::answer(200));
  CHECK(b.client.get("/x"));
}

TEST_CASE("the exchange has the client's own headers and no authorization") {
  auto config = test::patient_config(test::make_clock());
  config.headers = {{"X-Team", "blue"}};
  t3api::scripted_transport script;
  script.reply(test::token_answer("token-1")).reply(test::answer(200));
  const test::scripted_client<api_key_auth> client(script, api_key_auth("demo-api-key", "CA"), config);
  CHECK(client.get("/x"));
  const auto exchange = script.requests()[0];
  CHECK(exchange.headers.get("X-Team") == "blue");
  CHECK(exchange.headers.get("Accept") == "application/json");
  CHECK(exchange.headers.get("User-Agent")->starts_with("t3api/"));
  CHECK_FALSE(exchange.headers.contains("Authorization"));
}

TEST_CASE("a token goes to the host that issued it and to no other") {
  const auto clock = test::make_clock();
  const api_key_auth auth("demo-api-key", "CA");
  t3api::scripted_transport first, second;
  first.reply(test::token_answer("token-1")).reply(test::answer(200));
  const test::scripted_client<api_key_auth> here{
      first, auth, {.host = "https://one.example", .clock = clock}};
  const test::scripted_client<api_key_auth> there{
      second, auth, {.host = "https://two.example", .clock = clock}};
  REQUIRE(here.get("/x"));
  const auto refused = there.get("/x");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().category == error_category::argument);
  CHECK(second.requests().empty());
}

TEST_CASE("a service that refuses every fresh token is not met with a login for every call") {
  source_bench<> b;
  token_service service;
  service.revoked_below = 1'000'000;
  constexpr int calls = 100;
  serve(b.script, service, 4 * calls);
  for (int i = 0; i < calls; ++i) {
    const auto outcome = b.client.get("/x");
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().category == error_category::authentication);
  }
  CHECK(b.exchanges() == 1 + 10);
  b.clock->advance(30s);
  REQUIRE_FALSE(b.client.get("/x"));
  REQUIRE_FALSE(b.client.get("/x"));
  CHECK(b.exchanges() == 1 + 11);
}

TEST_CASE(
    "a service that is silent at the exchange is asked once for all who waited, then after growing pauses") {
  waiting_room room;
  room.first_answer =
      t3api::error{.category = error_category::timeout, .message = "silent", .retryable = true, .sent = true};
  for (const auto& outcome : room.run()) {
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().category == error_category::timeout);
  }
  CHECK(room.sent == 1);

  source_bench<> b;
  const auto silence =
      t3api::error{.category = error_category::timeout, .message = "silent", .retryable = true, .sent = true};
  for (int i = 0; i < 5; ++i) b.script.reply(silence);
  for (int i = 0; i < 5; ++i) CHECK_FALSE(b.client.get("/x"));
  CHECK(b.clock->waits() == std::vector<t3api::manual_clock::duration>{250ms, 500ms, 1s, 2s});
}

TEST_CASE("a refusal that does not come from T3 is not final") {
  source_bench<> b;
  b.script.reply(test::answer(403, "<html>the office firewall</html>"))
      .reply(test::token_answer("token-1"))
      .reply(test::answer(200));
  CHECK(b.client.get("/x").error().category == error_category::http);
  CHECK(b.client.get("/x"));
}

TEST_CASE("what is thrown and no std::exception fails the exchange and leaves the way free for the next") {
  source_bench<> b;
  b.script.reply_with([](const t3api::request&) -> t3api::outcome { throw 42; });
  b.script.reply(test::token_answer("token-1")).reply(test::answer(200));
  CHECK(b.client.get("/x").error().category == error_category::transport);
  CHECK(b.client.get("/x"));
}

TEST_CASE("a pause after somebody else's lack of time does not outlast the deadline of the next call") {
  source_bench<> b;
  b.script.reply_with([&](const t3api::request&) -> t3api::outcome {
    b.clock->advance(11min);
    return t3api::error{.category = error_category::timeout, .message = "too late", .sent = true};
  });
  CHECK(b.client.get("/x").error().category == error_category::timeout);
  const auto start = b.clock->now();
  const auto outcome = b.client.get("/x", {}, {.timeout = 100ms});
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().category == error_category::timeout);
  CHECK(b.clock->now() == start);
}

TEST_CASE("the jitter makes a renewal come earlier by up to the leeway again") {
  struct row {
    double fraction;
    std::chrono::milliseconds due;
  };
  for (const auto& [fraction, due] : {row{0, 1h - 30s}, row{0.5, 1h - 45s}, row{0.999, 1h - 59'970ms}}) {
    const auto clock = test::make_clock();
    t3api::scripted_transport script;
    script.reply(test::token_answer(test::jwt("first", 1h)))
        .reply(test::answer(200))
        .reply(test::answer(200));
    const auto jitter = [part = fraction] { return part; };
    const test::scripted_client<api_key_auth> client(
        script, api_key_auth("demo-api-key", "CA", {.jitter = jitter}), test::patient_config(clock));
    CHECK(client.get("/x"));
    clock->advance(due - 1ms);
    CHECK(client.get("/x"));
    CHECK(test::count_posts(script) == 1);
    script.reply(test::token_answer(test::jwt("second", 3h))).reply(test::answer(200));
    clock->advance(1ms);
    CHECK(client.get("/x"));
    CHECK(test::count_posts(script) == 2);
  }
}

TEST_CASE("each token that was, or could not be, obtained is reported, without any secret") {
  const auto clock = test::make_clock();
  const t3api::memory_store kept(clock);
  test::fake_exchange via(clock, 24h);
  const auto authorize = [&](t3api::basic_api_key_auth<t3api::memory_store>& method) {
    t3api::request message{.path = "/x"};
    return method.authorize(message, via);
  };
  api_key_auth one("demo-api-key", "CA", kept, {.jitter = unjittered});
  api_key_auth other("demo-api-key", "CA", kept, {.jitter = unjittered});
  via.script.reply(test::answer(503, R"({"message":"demo-api-key is not welcome now"})"))
      .reply(test::token_answer(test::jwt("first", 1h)))
      .reply(test::token_answer(test::jwt("second", 3h)))
      .reply(test::answer(401, R"({"message":"demo-api-key is gone"})"));
  CHECK_FALSE(authorize(one));
  CHECK(authorize(one).value() == 1);
  CHECK(authorize(one).value() == 1);    // nothing to report
  CHECK(authorize(other).value() == 1);  // by the store
  clock->advance(1h);
  CHECK(authorize(one).value() == 2);
  clock->advance(2h);
  CHECK_FALSE(authorize(one));
  CHECK(via.script.remaining() == 0);

  const auto& told = via.reported;
  REQUIRE(told.size() == 5);
  CHECK(told[0].generation == 0);
  CHECK(told[0].problem ==
        "no access token could be obtained: POST /v2/auth/apikey was answered with status 503 (*** is not "
        "welcome now): the service or Metrc behind it is in trouble: try again later");
  CHECK(told[1].generation == 1);
  CHECK(told[2].generation == 1);
  CHECK(told[3].generation == 2);
  CHECK(told[4].generation == 2);
  CHECK(told[4].problem.find("(*** is gone)") != std::string::npos);
  for (std::size_t i = 0; i < told.size(); ++i) {
    CAPTURE(i);
    CHECK(told[i].problem.empty() == (i >= 1 && i <= 3));
    CHECK(told[i].shared == (i == 2));
    CHECK(told[i].elapsed >= 0us);
    for (const auto& secret : {std::string("demo-api-key"), test::jwt("first", 1h), test::jwt("second", 3h)})
      CHECK(told[i].problem.find(secret) == std::string::npos);
  }
}

TEST_CASE("a call that goes on with its token while another process renews reports nothing") {
  const auto clock = test::make_clock();
  t3api::memory_store kept(clock);
  test::fake_exchange via(clock, 24h);
  const t3api::detail::exchanged_credentials credentials{
      .make_request = [](t3api::exchange&, bool) -> t3api::result<t3api::detail::credentials_message> {
        return t3api::detail::credentials_message{
            .message = {.method = t3api::method::post, .path = exchange_path}};
      },
      .account = "account",
      .fingerprint = "account"};
  t3api::detail::token_source<t3api::memory_store> tokens(credentials, {.jitter = unjittered}, kept);
  t3api::detail::shared_token<t3api::memory_store> other_process(kept, "account", "account", 10s);
  via.script.reply(test::token_answer(test::jwt("first", 1h)));
  t3api::request message{.path = "/x"};
  REQUIRE(tokens.authorize(message, via));
  clock->advance(1h - 20s);
  other_process.begin_turn(via.host());
  CHECK(tokens.authorize(message, via).value() == 1);
  CHECK(tokens.authorize(message, via).value() == 1);
  CHECK(clock->waits().empty());
  CHECK(via.reported.size() == 1);
  other_process.keep(via.host(), test::jwt("second", 2h), 1h);
  CHECK(tokens.authorize(message, via).value() == 1);  // looks again after a moment only
  clock->advance(250ms);
  CHECK(tokens.authorize(message, via).value() == 2);
  CHECK(test::authorization_of(message) == "Bearer " + test::jwt("second", 2h));
  REQUIRE(via.reported.size() == 2);
  CHECK(via.reported[1].shared);
}
