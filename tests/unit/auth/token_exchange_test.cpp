#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/client_kit.hpp"
#include "tests/unit/auth/broken_stores.hpp"

#include <t3api/auth/token_exchange.hpp>
#include <t3api/store/memory.hpp>

using namespace std::chrono_literals;
using t3api::error_category;
using t3api::memory_store;
using t3api::renewal_options;
using t3api::detail::bearer_token;
using t3api::detail::credentials_message;
using t3api::detail::current_token;
using t3api::detail::exchanged_credentials;
using t3api::detail::shared_token;
using t3api::detail::token_exchange;

namespace {

constexpr const char* path = "/v2/auth/credentials";

double no_jitter() { return 0; }

exchanged_credentials demo_exchange() {
  return {.make_request = [](t3api::exchange&, bool) -> t3api::result<credentials_message> {
            return credentials_message{
                .message = {.method = t3api::method::post, .path = path, .body = "hunter2"},
                .one_time_password = "123456"};
          },
          .sensitive = {"hunter2"},
          .account = "account",
          .fingerprint = "credentials"};
}

/// One process: what it exchanges with, on whose behalf, and the token that it has.
template <class Store = memory_store>
struct process {
  std::shared_ptr<t3api::manual_clock> clock;
  Store kept;
  test::fake_exchange via;
  token_exchange<Store> tokens;
  current_token current{};

  explicit process(renewal_options options = {.jitter = no_jitter},
                   std::shared_ptr<t3api::manual_clock> time = test::make_clock())
      : process(memory_store(time), std::move(options), time) {}
  process(Store shared, renewal_options options, std::shared_ptr<t3api::manual_clock> time,
          std::chrono::milliseconds timeout = 10min)
      : clock(std::move(time)),
        kept(shared),
        via(clock, timeout),
        tokens(demo_exchange(), std::move(options), std::move(shared)) {}

  auto obtain() { return tokens.obtain(via, current); }
  /// Obtains a token and has it from then on.
  bearer_token take() {
    auto got = obtain();
    if (!got.token) throw std::runtime_error(got.failure ? got.failure->message : "no token");
    bearer_token next = *std::move(got.token);
    next.generation = current.generation() + 1;
    current.publish(next);
    return next;
  }
  std::size_t exchanges() const { return via.script.requests().size(); }
};

/// What another process would have at hand.
shared_token<memory_store> neighbour(memory_store kept, std::chrono::milliseconds lease = 10s) {
  return {std::move(kept), "account", "credentials", lease};
}

/// A store in which something happens whenever a name is claimed.
struct busy_store : memory_store {
  busy_store(memory_store kept, std::function<void()> happening)
      : memory_store(std::move(kept)), on_claim(std::move(happening)) {}

  t3api::result<bool> claim(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl) {
    on_claim();
    return memory_store::claim(key, owner, ttl);
  }

  std::function<void()> on_claim;
};

}  // namespace

TEST_CASE("an exchange gives the token with its times, and leaves it in the store") {
  process<> p;
  p.via.script.reply(test::token_answer(test::jwt("first", 1h)));
  const auto got = p.obtain();
  REQUIRE(got.token);
  CHECK_FALSE(got.failure);
  CHECK_FALSE(got.shared);
  CHECK(got.service_asked);
  CHECK(got.token->jwt.reveal() == test::jwt("first", 1h));
  CHECK(got.token->host == p.via.host());
  CHECK(got.token->expires_at == p.clock->now() + 1h);
  CHECK(got.token->due == p.clock->now() + 1h - 30s);
  const auto kept = neighbour(p.kept).find(p.via.host(), "");
  REQUIRE(kept);
  CHECK(kept->jwt.reveal() == test::jwt("first", 1h));
  CHECK(kept->time_left == 1h);
}

TEST_CASE("a token is due by leeway and jitter before it expires, or in the last tenth of a short life") {
  const auto due = [](std::chrono::seconds life, double fraction, std::chrono::milliseconds leeway) {
    process<> p({.leeway = leeway, .jitter = [fraction] { return fraction; }});
    p.via.script.reply(test::token_answer(test::jwt("first", life)));
    return std::chrono::duration_cast<std::chrono::milliseconds>(p.take().due - p.clock->now());
  };
  CHECK(due(1h, 0, 30s) == 1h - 30s);
  CHECK(due(1h, 0.5, 30s) == 1h - 45s);
  CHECK(due(1h, 0.999, 30s) == 1h - 59'970ms);
  CHECK(due(100s, 0, 30s) == 90s);
  CHECK(due(100s, 0.5, 30s) == 85s);
  CHECK(due(100s, 0.999, 30s) == 100s - 19'990ms);
  CHECK(due(1h, 0.5, 2min) == 1h - 3min);
  CHECK(due(1h, 0.5, 0s) == 1h);
}

TEST_CASE("by default the jitter is random") {
  std::vector<t3api::steady_time> due;
  const auto clock = test::make_clock();
  for (int i = 0; i < 8; ++i) {
    process<> p(renewal_options{}, clock);
    p.via.script.reply(test::token_answer(test::jwt("first", 1h)));
    due.push_back(p.take().due);
    CHECK(due.back() <= clock->now() + 1h - 30s);
    CHECK(due.back() > clock->now() + 1h - 60s);
  }
  CHECK(std::count(due.begin(), due.end(), due.front()) < 8);
}

TEST_CASE("a token without an expiry is good until it is refused, and for an hour in the store") {
  process<> p;
  p.via.script.reply(test::token_answer("opaque"));
  const auto token = p.take();
  CHECK(token.expires_at == (t3api::steady_time::max)());
  CHECK(token.due == (t3api::steady_time::max)());
  CHECK(neighbour(p.kept).find(p.via.host(), "")->time_left == 1h);
}

TEST_CASE("a token that has expired already, a megabyte, or none at all is an error and not shared") {
  for (const auto& answer :
       {test::token_answer(test::jwt("late", 0s)), test::token_answer(test::jwt("late", -1h)),
        test::token_answer(std::string(1'000'000, 't')), test::answer(200, R"({"token":"hunter2"})")}) {
    process<> p;
    p.via.script.reply(answer);
    const auto got = p.obtain();
    CHECK_FALSE(got.token);
    REQUIRE(got.failure);
    CHECK(got.failure->category == error_category::protocol);
    CHECK(got.failure->message.starts_with("no access token could be obtained: "));
    CHECK(got.failure->message.size() < 300);
    CHECK(p.kept.size() == 0);
  }
}

TEST_CASE("on_response hears each answer that brought a token, with its further members") {
  std::vector<t3api::auth_response_data> heard;
  process<> p({.jitter = no_jitter, .on_response = [&](const auto& data) { heard.push_back(data); }});
  p.via.script.reply(test::answer(503))
      .reply(test::answer(200, R"({"accessToken":"token-1","refreshToken":"r-1"})"));
  CHECK(p.obtain().failure);
  CHECK(heard.empty());
  p.take();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].access_token.reveal() == "token-1");
  CHECK(heard[0].further == nlohmann::json{{"refreshToken", "r-1"}});
}

TEST_CASE("a token in the store is taken in the place of an exchange") {
  process<> p;
  const auto jwt = test::jwt_of(
      {{"iat", (test::start_of_time - 30min).count()}, {"exp", (test::start_of_time + 30min).count()}});
  neighbour(p.kept).keep(p.via.host(), jwt, 30min);
  const auto got = p.obtain();
  REQUIRE(got.token);
  CHECK(got.shared);
  CHECK_FALSE(got.service_asked);
  CHECK(got.token->jwt.reveal() == jwt);
  CHECK(got.token->expires_at == p.clock->now() + 30min);
  CHECK(got.token->due == p.clock->now() + 30min - 30s);
  CHECK(p.exchanges() == 0);
}

TEST_CASE("a shared token near its expiry is measured by its whole life, not by what is left") {
  process<> p;
  const auto jwt = test::jwt_of(
      {{"iat", (test::start_of_time - 59min).count()}, {"exp", (test::start_of_time + 20s).count()}});
  neighbour(p.kept).keep(p.via.host(), jwt, 20s);
  const auto token = p.take();
  CHECK(token.expires_at == p.clock->now() + 20s);
  CHECK(token.due < p.clock->now());
  p.via.script.reply(test::token_answer(test::jwt("next", 1h)));
  CHECK(p.take().jwt.reveal() == test::jwt("next", 1h));
  CHECK(p.exchanges() == 1);
}

TEST_CASE("a shared token that was refused is not taken again, and its successor is") {
  process<> p;
  neighbour(p.kept).keep(p.via.host(), "token-1", 1h);
  p.take();
  p.current.refuse(1);
  p.via.script.reply(test::token_answer("token-2"));
  CHECK(p.take().jwt.reveal() == "token-2");
  p.current.refuse(2);
  neighbour(p.kept).keep(p.via.host(), "token-3", 1h);
  CHECK(p.take().jwt.reveal() == "token-3");
  CHECK(p.exchanges() == 1);
}

TEST_CASE("the turn is given back after a token, after a failure and after an exception") {
  const std::vector<t3api::scripted_transport::reply_function> replies = {
      [](const auto&) { return test::token_answer("token-1"); },
      [](const auto&) { return test::answer(500); },
      [](const auto&) -> t3api::outcome { throw std::runtime_error("broken"); }};
  for (const auto& reply : replies) {
    process<> p;
    p.via.script.reply_with([&](const t3api::request& sent) {
      using turn = shared_token<memory_store>::turn;
      CHECK(neighbour(p.kept).begin_turn(p.via.host()) == turn::anothers);
      return reply(sent);
    });
    p.obtain();
    CHECK(neighbour(p.kept).begin_turn(p.via.host()) == shared_token<memory_store>::turn::ours);
  }
}

TEST_CASE("while another has the turn its token is waited for") {
  const auto clock = test::make_clock();
  int looks = 0;
  const memory_store kept(clock);
  process<busy_store> p(busy_store(kept,
                                   [&] {
                                     if (++looks == 3)
                                       neighbour(kept).keep(test::fake_exchange().host(), "token-1", 1h);
                                   }),
                        {.jitter = no_jitter}, clock);
  auto holder = neighbour(kept);
  holder.begin_turn(p.via.host());
  const auto got = p.obtain();
  REQUIRE(got.token);
  CHECK(got.shared);
  CHECK(p.exchanges() == 0);
  CHECK(clock->waits() == std::vector<t3api::manual_clock::duration>(3, 40ms));
}

TEST_CASE("who has a good token does not wait for the turn of another") {
  process<> p;
  p.via.script.reply(test::token_answer(test::jwt("first", 1h)));
  p.take();
  auto holder = neighbour(p.kept);
  holder.begin_turn(p.via.host());
  const auto got = p.obtain();
  CHECK_FALSE(got.token);
  CHECK_FALSE(got.failure);
  CHECK(p.clock->waits().empty());
  CHECK(p.exchanges() == 1);
}

TEST_CASE("when the holder of the turn has died the other goes ahead after the lease") {
  process<> p;
  auto dead = neighbour(p.kept, 10s);
  dead.begin_turn(p.via.host());
  p.via.script.reply(test::token_answer("token-1"));
  const auto start = p.clock->now();
  p.take();
  CHECK(p.clock->now() - start >= 10s);
  CHECK(p.clock->now() - start < 11s);
}

TEST_CASE("when the lease is longer than the call has time, half of that is waited") {
  const auto clock = test::make_clock();
  process<> p(memory_store(clock), {.jitter = no_jitter, .lease = 1h}, clock, 30s);
  auto dead = neighbour(p.kept, 1h);
  dead.begin_turn(p.via.host());
  p.via.script.reply(test::token_answer("token-1"));
  const auto start = clock->now();
  p.take();
  CHECK(clock->now() - start >= 15s);
  CHECK(clock->now() - start < 16s);
  CHECK(neighbour(p.kept).find(p.via.host(), "")->jwt.reveal() == "token-1");
}

TEST_CASE("a lease that is renewed for ever is waited for twice as long as it lasts") {
  const auto clock = test::make_clock();
  const memory_store kept(clock);
  process<busy_store> p(
      busy_store(kept, [&] { neighbour(kept, 1h).begin_turn(test::fake_exchange().host()); }),
      {.jitter = no_jitter, .lease = 2s}, clock);
  p.via.script.reply(test::token_answer("token-1"));
  const auto start = clock->now();
  p.take();
  CHECK(clock->now() - start >= 4s);
  CHECK(clock->now() - start < 5s);
}

TEST_CASE("a wait for the turn of another can be cancelled") {
  process<> p;
  auto holder = neighbour(p.kept);
  holder.begin_turn(p.via.host());
  p.via.stop_source.request_stop();
  const auto got = p.obtain();
  REQUIRE(got.failure);
  CHECK(got.failure->category == error_category::cancelled);
  CHECK_FALSE(got.service_asked);
}

TEST_CASE("credentials that one process had refused are not sent by another for a minute") {
  process<> p;
  p.via.script.reply(test::answer(401, R"({"message":"no such user hunter2"})"));
  CHECK(p.obtain().failure->category == error_category::authentication);
  process<> other(p.kept, {.jitter = no_jitter}, p.clock);
  const auto got = other.obtain();
  REQUIRE(got.failure);
  CHECK(got.failure->category == error_category::authentication);
  CHECK(got.failure->status == 401);
  CHECK(got.failure->message ==
        "no access token could be obtained: POST /v2/auth/credentials was answered with status 401 (no such "
        "user ***): check the credentials; if the one-time password is wrong, the clock that it was made by "
        "may be off");
  CHECK_FALSE(got.service_asked);
  CHECK(other.exchanges() == 0);
  p.clock->advance(1min);
  other.via.script.reply(test::token_answer("token-1"));
  CHECK(other.obtain().token);
}

TEST_CASE("what is left between the look into the store and the turn is seen") {
  const auto clock = test::make_clock();
  const memory_store kept(clock);
  const auto host = test::fake_exchange().host();
  std::function<void()> meanwhile;
  SUBCASE("a refusal") {
    meanwhile = [&] { neighbour(kept).keep_refusal(host, {.message = "wrong"}); };
  }
  SUBCASE("a token") {
    meanwhile = [&] { neighbour(kept).keep(host, "token-1", 1h); };
  }
  process<busy_store> p(busy_store(kept, meanwhile), {.jitter = no_jitter}, clock);
  const auto got = p.obtain();
  CHECK((got.token || got.failure->message == "wrong"));
  CHECK(p.exchanges() == 0);
  CHECK(neighbour(kept).begin_turn(host) == shared_token<memory_store>::turn::ours);
}

TEST_CASE("a refusal is left for others also by who did not wait for the turn") {
  process<> p({.jitter = no_jitter, .lease = 1ms});
  neighbour(p.kept, 1h).begin_turn(p.via.host());
  p.via.script.reply(test::answer(401));
  CHECK(p.obtain().service_asked);
  CHECK(neighbour(p.kept).refusal(p.via.host()));
}

TEST_CASE("a failure that is no refusal is not left for others") {
  for (const int status : {403, 404, 408, 429, 500, 503}) {
    process<> p;
    p.via.script.reply(test::answer(status));
    REQUIRE(p.obtain().failure);
    CHECK(p.kept.size() == 0);
  }
}

TEST_CASE("a store that fails or throws costs no token") {
  const auto check = [](auto store) {
    const auto clock = test::make_clock();
    process<decltype(store)> p(store, {.jitter = no_jitter}, clock);
    p.via.script.reply(test::token_answer("token-1"))
        .reply(test::answer(503))
        .reply(test::token_answer("token-2"));
    CHECK(p.take().jwt.reveal() == "token-1");
    CHECK(p.obtain().failure->status == 503);
    CHECK(p.take().jwt.reveal() == "token-2");
    CHECK(clock->waits().empty());
  };
  SUBCASE("fails") { check(test::failing_store{}); }
  SUBCASE("throws") { check(test::throwing_store{}); }
}

TEST_CASE("without keep_credentials nothing of them is left after the first token") {
  auto password = std::make_shared<std::string>("hunter2");
  auto credentials = demo_exchange();
  credentials.make_request = [password](t3api::exchange&, bool) -> t3api::result<credentials_message> {
    return credentials_message{.message = {.method = t3api::method::post, .path = path, .body = *password}};
  };
  const std::weak_ptr<std::string> remembered = password;
  const auto clock = test::make_clock();
  memory_store kept(clock);
  token_exchange<memory_store> tokens(std::move(credentials),
                                      {.keep_credentials = false, .jitter = no_jitter}, kept);
  password.reset();
  test::fake_exchange via(clock, 10min);
  current_token current;
  SUBCASE("from an exchange, but not after one that failed") {
    via.script.reply(test::answer(503)).reply(test::token_answer("token-1"));
    CHECK(tokens.obtain(via, current).failure);
    CHECK_FALSE(remembered.expired());
  }
  SUBCASE("from the store") { neighbour(kept).keep(via.host(), "token-1", 1h); }
  auto got = tokens.obtain(via, current);
  REQUIRE(got.token);
  CHECK(remembered.expired());
  current.publish(*std::move(got.token));
  const auto sent = via.script.requests().size();
  const auto ended = tokens.obtain(via, current);
  REQUIRE(ended.failure);
  CHECK(ended.failure->category == error_category::authentication);
  CHECK(ended.failure->message ==
        "the access token has expired or was refused, and the credentials were not kept: log in again, or "
        "ask for "
        "renewal when the client is made");
  CHECK_FALSE(ended.service_asked);
  CHECK(via.script.requests().size() == sent);
  CHECK_FALSE(neighbour(kept).refusal(via.host()));
}

TEST_CASE("neither credentials nor a one-time password are in any error") {
  const std::string echo = "hunter2 and 123456";
  const std::vector<t3api::scripted_transport::reply_function> replies = {
      [&](const auto&) {
        return test::answer(401, nlohmann::json{{"message", echo}}.dump(), {{"X-Request-Id", echo}});
      },
      [&](const auto&) {
        return test::answer(500, nlohmann::json{{"message", echo}}.dump());
      },
      [&](const auto&) -> t3api::outcome { return t3api::error{.message = echo}; },
      [&](const auto&) -> t3api::outcome { throw std::runtime_error(echo); }};
  for (const auto& reply : replies) {
    process<> p;
    p.via.script.reply_with(reply);
    const auto got = p.obtain();
    REQUIRE(got.failure);
    CHECK(got.failure->message.find("*** and ***") != std::string::npos);
    for (const auto& text :
         {got.failure->message, got.failure->service_message, got.failure->service_request_id}) {
      CHECK(text.find("hunter2") == std::string::npos);
      CHECK(text.find("123456") == std::string::npos);
    }
  }
}

TEST_CASE("whoever makes the request learns whether the one before left") {
  std::vector<bool> unsent;
  auto credentials = demo_exchange();
  credentials.make_request = [&](t3api::exchange&,
                                 bool last_was_unsent) -> t3api::result<credentials_message> {
    unsent.push_back(last_was_unsent);
    return credentials_message{.message = {.method = t3api::method::post, .path = path}};
  };
  const auto clock = test::make_clock();
  token_exchange<memory_store> tokens(std::move(credentials), {.jitter = no_jitter}, memory_store(clock));
  test::fake_exchange via(clock, 10min);
  via.script.reply(test::never_sent())
      .reply(test::cut())
      .reply(test::never_sent())
      .reply(test::answer(500))
      .reply(test::answer(500));
  for (int i = 0; i < 5; ++i) CHECK(tokens.obtain(via, current_token{}).failure);
  CHECK(unsent == std::vector<bool>{false, true, false, true, false});
}

TEST_CASE("when no request can be made the service is not asked") {
  auto credentials = demo_exchange();
  credentials.make_request = [](t3api::exchange&, bool) -> t3api::result<credentials_message> {
    return t3api::error{.category = error_category::timeout, .message = "hunter2 is used", .retryable = true};
  };
  const auto clock = test::make_clock();
  token_exchange<memory_store> tokens(std::move(credentials), {.jitter = no_jitter}, memory_store(clock));
  test::fake_exchange via(clock);
  const auto got = tokens.obtain(via, current_token{});
  REQUIRE(got.failure);
  CHECK_FALSE(got.service_asked);
  CHECK(got.failure->category == error_category::timeout);
  CHECK(got.failure->retryable);
  CHECK(got.failure->message == "no access token could be obtained: *** is used");
}
