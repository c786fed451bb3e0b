#include <t3api/client/state.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/bearer.hpp>
#include <t3api/auth/credentials.hpp>
#include <t3api/auth/none.hpp>
#include <t3api/client.hpp>
#include <t3api/retry/exponential_backoff.hpp>

using namespace std::chrono_literals;
using t3api::error_category;

namespace {

const t3api::credentials jane{.hostname = "ca.metrc.com", .username = "jane", .password = "hunter2"};

template <class Auth = t3api::no_auth>
struct stateful_bench {
  explicit stateful_bench(Auth auth = {}, t3api::client_config config = {})
      : client(script, std::move(auth), t3api::exponential_backoff({.random = [] { return 0.0; }}),
               complete(std::move(config), clock)) {}

  static t3api::client_config complete(t3api::client_config config,
                                       std::shared_ptr<t3api::manual_clock> clock) {
    config.clock = std::move(clock);
    return config;
  }

  std::shared_ptr<t3api::manual_clock> clock = test::make_clock();
  t3api::scripted_transport script{};
  t3api::client<t3api::scripted_transport, Auth, t3api::exponential_backoff> client;
};

std::string id_of(const t3api::request& sent) {
  return std::string(sent.headers.get("X-Request-Id").value_or("none"));
}

/// A version 4 UUID in lower case (RFC 9562).
bool is_uuid(std::string_view text) {
  if (text.size() != 36 || text[14] != '4') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool digit = std::string_view("0123456789abcdef").find(text[i]) != std::string_view::npos;
    if (dash ? text[i] != '-' : !digit) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("each call goes with an id of its own, a UUID") {
  stateful_bench b;
  std::set<std::string> ids;
  for (int i = 0; i < 10; ++i) {
    b.script.reply(test::answer(200));
    CHECK(b.client.get("/x"));
    ids.insert(id_of(b.script.requests().back()));
  }
  CHECK(ids.size() == 10);
  CHECK(std::all_of(ids.begin(), ids.end(), is_uuid));
}

TEST_CASE("the id is the same for all attempts of a call, its replay and the exchanges on its behalf") {
  stateful_bench b(t3api::credentials_auth{jane});
  b.script.reply(test::token_answer(test::jwt("a")))
      .reply(test::answer(503))
      .reply(test::answer(401))
      .reply(test::token_answer(test::jwt("b")))
      .reply(test::answer(404));
  const auto outcome = b.client.get("/x");
  REQUIRE_FALSE(outcome);
  const auto sent = b.script.requests();
  REQUIRE(sent.size() == 5);
  CHECK(is_uuid(outcome.error().request_id));
  for (const auto& message : sent) CHECK(id_of(message) == outcome.error().request_id);
}

TEST_CASE("the caller's own id is kept, sent once, and stands in the error") {
  for (const bool in_config : {false, true}) {
    CAPTURE(in_config);
    t3api::client_config config;
    t3api::request message{.path = "/x"};
    (in_config ? config.headers : message.headers).add("x-REQUEST-id", "mine-1");
    stateful_bench b(t3api::credentials_auth{jane}, config);
    b.script.reply(test::token_answer(test::jwt("a"))).reply(test::answer(404));
    const auto outcome = b.client.send(message);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().request_id == "mine-1");
    for (const auto& sent : b.script.requests()) {
      CHECK(id_of(sent) == "mine-1");
      CHECK(std::count_if(sent.headers.begin(), sent.headers.end(), [](const auto& field) {
              return t3api::detail::iequals(field.first, "X-Request-Id");
            }) == 1);
    }
  }
}

TEST_CASE("an id of the caller's that is too long, or no text, is shown shortened and printable") {
  stateful_bench b;
  b.script.reply(test::answer(404)).reply(test::answer(404));
  const auto id =
      b.client.send({.path = "/x", .headers = {{"X-Request-Id", std::string(5000, 'a')}}}).error().request_id;
  CHECK(id.size() <= 103);
  CHECK(id.starts_with("aaaa"));
  const auto bytes =
      b.client.send({.path = "/x", .headers = {{"X-Request-Id", "a\x85\xFF"}}}).error().request_id;
  CHECK(bytes.find('\x85') == bytes.npos);
}

TEST_CASE("every failing call names its id, however it fails") {
  stateful_bench b;
  const auto check = [&](const t3api::result<t3api::response>& outcome, error_category category) {
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().category == category);
    CHECK(is_uuid(outcome.error().request_id));
  };
  std::stop_source stop;
  stop.request_stop();
  b.script.reply(test::answer(404)).reply(test::answer(401));
  check(b.client.get("/x"), error_category::http);
  check(b.client.get("/x"), error_category::authentication);
  check(b.client.get("/x"), error_category::transport);
  check(b.client.get("/x", {}, {.stop = stop.get_token()}), error_category::cancelled);
  check(b.client.get("no slash"), error_category::argument);
  check(b.client.get("/x", {}, {.timeout = 0ms}), error_category::argument);
  b.script.reply_with([&](const t3api::request&) {
    b.clock->advance(1h);
    return t3api::error{.category = error_category::timeout};
  });
  check(b.client.get("/x"), error_category::timeout);
  CHECK(b.client.send({.path = "bad", .headers = {{"X-Request-Id", "mine"}}}).error().request_id == "mine");
  CHECK(is_uuid(b.client.authenticate({.timeout = 0ms}).error().request_id));
  CHECK(b.client.post("/x", "no object").error().request_id.empty());
}

TEST_CASE("the answer's id is told when it is another than the call's") {
  stateful_bench b;
  b.script.reply(test::answer(404, "", {{"X-Request-Id", "theirs"}}))
      .reply_with([](const t3api::request& sent) {
        return test::answer(404, "", {{"X-Request-Id", id_of(sent)}});
      })
      .reply(test::answer(404));
  CHECK(b.client.get("/x").error().service_request_id == "theirs");
  CHECK(b.client.get("/x").error().service_request_id.empty());
  CHECK(b.client.get("/x").error().service_request_id.empty());
}

TEST_CASE("authenticate gets the token ahead of the first call, under the call's options") {
  const t3api::credentials_auth auth(jane);
  stateful_bench b(auth);
  std::stop_source stop;
  stop.request_stop();
  CHECK(b.client.authenticate({.stop = stop.get_token()}).error().category == error_category::cancelled);
  CHECK(b.client.authenticate({.timeout = -1ms}).error().category == error_category::argument);
  CHECK(b.script.requests().empty());
  b.script.reply(test::token_answer(test::jwt("a"))).reply(test::answer(200));
  CHECK(b.client.authenticate().value() == 1);
  CHECK(b.client.authenticate().value() == 1);
  REQUIRE(b.script.requests().size() == 1);
  CHECK(is_uuid(id_of(b.script.requests()[0])));
  CHECK(b.client.get("/x"));
  CHECK(b.script.requests()[1].path == "/x");
  CHECK(b.client.auth().tokens_obtained() == 1);
}

TEST_CASE("authenticate retries what never left, and tells how it failed") {
  stateful_bench b(t3api::credentials_auth{jane});
  b.script.reply(test::never_sent()).reply(test::token_answer(test::jwt("a")));
  CHECK(b.client.authenticate());
  stateful_bench refused(t3api::credentials_auth{jane});
  refused.script.reply(test::answer(401));
  const auto outcome = refused.client.authenticate();
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().category == error_category::authentication);
  CHECK(outcome.error().attempts == 1);
  CHECK(outcome.error().request_id == id_of(refused.script.requests()[0]));
}

TEST_CASE("authenticate sends no credentials unencrypted, and nothing at all when there are none") {
  const t3api::client_config plain{.host = "http://api.example.com"};
  stateful_bench b(t3api::credentials_auth{jane}, plain);
  CHECK(b.client.authenticate().error().category == error_category::argument);
  CHECK(b.script.requests().empty());
  stateful_bench open(t3api::no_auth(), plain);
  CHECK(open.client.authenticate());
  CHECK(open.script.requests().empty());
}

TEST_CASE("auth() is the client's own auth method") {
  stateful_bench b(t3api::credentials_auth{jane});
  const auto copy = b.client;
  CHECK(&b.client.auth() == &copy.auth());
  CHECK(b.client.auth().tokens_obtained() == 0);
}
