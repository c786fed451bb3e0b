#include <doctest/doctest.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/api_key.hpp>
#include <t3api/auth/bearer.hpp>
#include <t3api/auth/none.hpp>
#include <t3api/auth/secret_key.hpp>
#include <t3api/client.hpp>
#include <t3api/retry/exponential_backoff.hpp>
#include <t3api/retry/none.hpp>

using namespace std::chrono_literals;
using t3api::client_config;
using t3api::error_category;
using t3api::exponential_backoff;
using t3api::no_auth;
using t3api::no_retry;
using t3api::scripted_transport;
using waits = std::vector<t3api::manual_clock::duration>;

namespace {

/// Tries again at once, as often as told, whatever happened.
struct stubborn_retry {
  int more = 0;
  std::chrono::milliseconds pause{0};
  std::optional<std::chrono::milliseconds> next_delay(const t3api::attempt& failed,
                                                      const t3api::error&) const {
    if (failed.number > more) return std::nullopt;
    return pause;
  }
};

/// Writes the number of the authorisation into each request.
struct counting_auth {
  std::shared_ptr<std::atomic<int>> count = std::make_shared<std::atomic<int>>(0);
  bool renewable = true;
  t3api::result<t3api::token_generation> authorize(t3api::request& message, t3api::exchange&) {
    const int number = ++*count;
    message.headers.add("X-Authorisation", std::to_string(number));
    return static_cast<t3api::token_generation>(number);
  }
  bool on_unauthorized(t3api::token_generation) const { return renewable; }
};

template <class Auth = no_auth, class Retry = no_retry>
struct bench {
  explicit bench(Auth auth = {}, Retry retry = {}, client_config config = {})
      : client(script, std::move(auth), std::move(retry), complete(std::move(config), clock)) {}

  static client_config complete(client_config config, std::shared_ptr<t3api::manual_clock> clock) {
    config.clock = std::move(clock);
    return config;
  }

  std::shared_ptr<t3api::manual_clock> clock = test::make_clock();
  scripted_transport script{};
  t3api::client<scripted_transport, Auth, Retry> client;
};

exponential_backoff retry_with(double random, int attempts = 3) {
  return exponential_backoff({.max_attempts = attempts, .random = [random] { return random; }});
}

std::string refusal_of(const client_config& config) {
  try {
    const test::scripted_client<no_auth> client(scripted_transport(), no_auth(), config);
  } catch (const std::invalid_argument& refusal) {
    return refusal.what();
  }
  return "accepted";
}

/// Has nothing secret to send, and always something new.
struct renewing {
  static constexpr bool sends_credentials = false;
  t3api::result<t3api::token_generation> authorize(t3api::request&, t3api::exchange&) { return 1U; }
  bool on_unauthorized(t3api::token_generation) { return true; }
};

}  // namespace

TEST_CASE("an answer comes back as it was received") {
  bench b;
  b.script.reply(test::answer(201, "body", {{"X-A", "1"}}));
  const auto outcome = b.client.get("/v2/x");
  REQUIRE(outcome);
  CHECK(outcome->status == 201);
  CHECK(outcome->body == "body");
  CHECK(outcome->headers.get("x-a") == "1");
}

TEST_CASE("each short form sends its method, path, query and body") {
  bench b;
  for (int i = 0; i < 4; ++i) b.script.reply(test::answer(200));
  CHECK(b.client.get("/g?a=1", {{"a", "2"}}));
  CHECK(b.client.post("/p", {{"x", 1}}));
  CHECK(b.client.put("/u?q=1", nlohmann::json::array({1})));
  CHECK(b.client.del("/d"));
  const auto sent = b.script.requests();
  CHECK(sent[0].method == t3api::method::get);
  CHECK(sent[0].path == "/g");
  CHECK(sent[0].query == t3api::query_params{{"a", "1"}, {"a", "2"}});
  CHECK(sent[0].body.empty());
  CHECK_FALSE(sent[0].headers.contains("Content-Type"));
  CHECK(sent[1].method == t3api::method::post);
  CHECK(sent[1].body == "{\"x\":1}");
  CHECK(sent[1].headers.get("Content-Type") == "application/json");
  CHECK(sent[2].method == t3api::method::put);
  CHECK(sent[2].body == "[1]");
  CHECK(sent[2].query == t3api::query_params{{"q", "1"}});
  CHECK(sent[3].method == t3api::method::delete_);
  CHECK(sent[3].path == "/d");
}

TEST_CASE("a body that is no JSON object or array sends nothing") {
  bench b;
  CHECK(b.client.post("/p", "text").error().category == error_category::argument);
  CHECK(b.client.put("/p", {{"a", "\xFF"}}).error().category == error_category::argument);
  CHECK(b.script.requests().empty());
}

TEST_CASE("a raw body is sent as it is") {
  bench b;
  b.script.reply(test::answer(200));
  CHECK(b.client.send({.method = t3api::method::patch,
                       .path = "/x",
                       .headers = {{"Content-Type", "text/csv"}},
                       .body = std::string("a\0b\xFF", 4)}));
  CHECK(b.script.requests()[0].body == std::string("a\0b\xFF", 4));
  CHECK(b.script.requests()[0].headers.get("Content-Type") == "text/csv");
}

TEST_CASE("requests say who asks and what is wanted, unless the caller says otherwise") {
  bench b;
  b.script.reply(test::answer(200)).reply(test::answer(200));
  CHECK(b.client.get("/x"));
  CHECK(b.client.send({.path = "/x", .headers = {{"user-agent", "mine"}, {"ACCEPT", "text/csv"}}}));
  const auto sent = b.script.requests();
  CHECK(sent[0].headers.get("User-Agent") == "t3api/" + std::string(t3api::version_string));
  CHECK(sent[0].headers.get("Accept") == "application/json");
  CHECK(sent[0].headers.size() == 3);
  CHECK(sent[1].headers.get("User-Agent") == "mine");
  CHECK(sent[1].headers.get("Accept") == "text/csv");
  CHECK(sent[1].headers.size() == 3);
}

TEST_CASE(
    "the client's own headers go with every request, repeated ones too, unless the request has its own") {
  bench b(no_auth(), no_retry(),
          {.headers = {{"X-Tag", "1"}, {"x-tag", "2"}, {"X-Team", "blue"}, {"Accept", "text/csv"}},
           .user_agent = "mine/1"});
  b.script.reply(test::answer(200)).reply(test::answer(200));
  CHECK(b.client.get("/x"));
  CHECK(b.client.send({.path = "/x", .headers = {{"X-TAG", "own"}}}));
  const auto sent = b.script.requests();
  std::vector<std::string> tags;
  for (const auto& [name, value] : sent[0].headers) {
    if (t3api::detail::iequals(name, "x-tag")) tags.push_back(value);
  }
  CHECK(tags == std::vector<std::string>{"1", "2"});
  CHECK(sent[0].headers.get("X-Team") == "blue");
  CHECK(sent[0].headers.get("Accept") == "text/csv");
  CHECK(sent[0].headers.get("User-Agent") == "mine/1");
  CHECK(sent[1].headers.get("X-Tag") == "own");
  CHECK(sent[1].headers.size() == 5);
}

TEST_CASE("a setting that cannot be used is refused when the client is made") {
  CHECK(refusal_of({}) == "accepted");
  CHECK(refusal_of({.host = ""}).starts_with("the host is empty"));
  CHECK(refusal_of({.host = "api.example.com"}).find("has no scheme") != std::string::npos);
  CHECK(refusal_of({.host = "ftp://h"}).find("unknown scheme") != std::string::npos);
  CHECK(refusal_of({.host = "https://jane:hunter2@h"}).find("hunter2") == std::string::npos);
  CHECK(refusal_of({.host = "https://h\r\nX: y"}).find("control character") != std::string::npos);
  CHECK(refusal_of({.user_agent = "a\r\nX-Evil: 1"}).find("User-Agent") != std::string::npos);
  for (const auto none : {0ms, -1ms}) {
    CHECK(refusal_of({.timeout = none}) == "the time-outs of client_config must be longer than nothing");
    CHECK(refusal_of({.connect_timeout = none}) ==
          "the time-outs of client_config must be longer than nothing");
    CHECK(refusal_of({.read_timeout = none}) == "the time-outs of client_config must be longer than nothing");
  }
  CHECK_THROWS_AS((t3api::headers{{"X", "a\nb"}}), std::invalid_argument);
}

TEST_CASE("a request that must not be sent is not, and costs no authorisation") {
  counting_auth auth;
  const auto count = auth.count;
  bench<counting_auth> b(auth);
  for (const char* path :
       {"", "x", "//evil.example/x", "https://evil.example/x", "/x#y", "/x\\y", "/x\r\nX: y", "/x?a=%0A"}) {
    CAPTURE(path);
    const auto outcome = b.client.get(path);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().category == error_category::argument);
    CHECK(outcome.error().attempts == 0);
    CHECK_THROWS_AS(outcome.value(), std::invalid_argument);
  }
  CHECK(b.client.get("/x", {{"a", std::string(1, '\0')}}).error().category == error_category::argument);
  t3api::request smuggled{.path = "/x"};
  smuggled.headers.add_received("X-A", "1\r\nX-B: 2");
  CHECK(b.client.send(smuggled).error().category == error_category::argument);
  for (const auto timeout : {0ms, -1ms}) {
    CHECK(b.client.get("/x", {}, {.timeout = timeout}).error().message ==
          "the call's timeout must be longer than nothing");
  }
  CHECK(b.script.requests().empty());
  CHECK(*count == 0);
}

TEST_CASE("a status that was not expected is an error, one that was named is none") {
  bench b;
  b.script.reply(test::answer(404))
      .reply(test::answer(404))
      .reply(test::answer(200))
      .reply(test::answer(299));
  CHECK(b.client.get("/x").error().status == 404);
  CHECK(b.client.get("/x", {}, {.expected = {200, 404}})->status == 404);
  const auto unexpected = b.client.get("/x", {}, {.expected = {404}});
  REQUIRE_FALSE(unexpected);
  CHECK(unexpected.error().category == error_category::http);
  CHECK(unexpected.error().status == 200);
  CHECK(b.client.get("/x")->status == 299);
}

TEST_CASE("a redirect is an error that says so, and nothing is sent to the other host") {
  for (const int status : {301, 302, 303, 307, 308}) {
    bench b(no_auth(), retry_with(0));
    b.script.reply(test::answer(status, "", {{"Location", "https://evil.example/"}}));
    const auto outcome = b.client.get("/x");
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().category == error_category::http);
    CHECK(outcome.error().status == status);
    CHECK(outcome.error().message.find("t3api never follows a redirect") != std::string::npos);
    CHECK(b.script.requests().size() == 1);
  }
}

TEST_CASE("idempotent requests are retried after every status that may change, and counted") {
  for (const int status : {408, 425, 429, 500, 502, 503, 504}) {
    CAPTURE(status);
    bench b(no_auth(), retry_with(0.5));
    b.script.reply(test::answer(status)).reply(test::answer(status)).reply(test::answer(200));
    CHECK(b.client.get("/x"));
    CHECK(b.script.requests().size() == 3);
    CHECK(b.clock->waits() == waits{250ms, 500ms});
    for (int i = 0; i < 3; ++i) b.script.reply(test::answer(status));
    const auto outcome = b.client.get("/x");
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().attempts == 3);
    CHECK(outcome.error().status == status);
    CHECK(outcome.error().retryable);
  }
}

TEST_CASE("a status that will not change is not retried") {
  for (const int status : {300, 302, 400, 401, 403, 404, 405, 409, 410, 413, 422, 451, 501, 505, 511}) {
    CAPTURE(status);
    bench b(no_auth(), retry_with(0));
    b.script.reply(test::answer(status));
    const auto outcome = b.client.get("/x");
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().attempts == 1);
    CHECK_FALSE(outcome.error().retryable);
    CHECK(b.script.requests().size() == 1);
  }
}

TEST_CASE("a write is not sent twice after a status or a cut, but is when it never left") {
  struct row {
    const char* what;
    std::function<t3api::outcome()> reply;
    bool repeated;
  };
  for (const auto& [what, reply, repeated] :
       {row{"503", [] { return test::answer(503); }, false},
        row{"429", [] { return test::answer(429); }, false}, row{"cut", [] { return test::cut(); }, false},
        row{"never sent", [] { return test::never_sent(); }, true}}) {
    for (const auto how : {t3api::method::post, t3api::method::patch}) {
      const auto shown = what;
      CAPTURE(shown);
      bench b(no_auth(), retry_with(0));
      b.script.reply(reply()).reply(test::answer(200));
      CHECK(b.client.send({.method = how, .path = "/x", .body = "{}"}).has_value() == repeated);
      CHECK(b.script.requests().size() == (repeated ? 2 : 1));
    }
  }
}

TEST_CASE("GET, HEAD, PUT and DELETE are sent again after a cut") {
  for (const auto how :
       {t3api::method::get, t3api::method::head, t3api::method::put, t3api::method::delete_}) {
    bench b(no_auth(), retry_with(0));
    b.script.reply(test::cut()).reply(test::answer(200));
    CHECK(b.client.send({.method = how, .path = "/x"}));
  }
}

TEST_CASE("the caller may say that a write may arrive twice, or that a read may not") {
  bench b(no_auth(), retry_with(0));
  b.script.reply(test::answer(503)).reply(test::cut()).reply(test::answer(200));
  CHECK(b.client.post("/x", {{"a", 1}}, {.idempotent = true}));
  CHECK(b.script.requests().size() == 3);
  b.script.reply(test::answer(503));
  CHECK(b.client.get("/x", {}, {.idempotent = false}).error().attempts == 1);
}

TEST_CASE("the transport hears whether a request may arrive twice, and the limits of the client") {
  struct spy {
    std::shared_ptr<std::vector<bool>> idempotent = std::make_shared<std::vector<bool>>();
    t3api::outcome send(const t3api::request&, const t3api::send_options& options) {
      idempotent->push_back(options.idempotent);
      CHECK(options.host.origin() == "https://h:1");
      CHECK(options.connect_timeout == 1s);
      CHECK(options.read_timeout == 2s);
      CHECK(options.max_header_bytes == 3);
      CHECK(options.max_body_bytes == 4);
      return test::answer(200);
    }
  };
  const spy carrier;
  const t3api::client<spy, no_auth, no_retry> client(carrier, no_auth(),
                                                     {.host = "https://h:1",
                                                      .connect_timeout = 1s,
                                                      .read_timeout = 2s,
                                                      .max_header_bytes = 3,
                                                      .max_body_bytes = 4});
  CHECK(client.get("/x"));
  CHECK(client.post("/x", {{"a", 1}}));
  CHECK(client.post("/x", {{"a", 1}}, {.idempotent = true}));
  CHECK(client.get("/x", {}, {.idempotent = false}));
  CHECK(*carrier.idempotent == std::vector<bool>{true, false, true, false});
}

TEST_CASE("one deadline covers all attempts and the pauses between them") {
  bench b(no_auth(), stubborn_retry{.more = 100, .pause = 10s}, {.timeout = 25s});
  for (int i = 0; i < 10; ++i) b.script.reply(test::answer(503));
  const auto outcome = b.client.get("/x");
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().status == 503);
  CHECK(outcome.error().attempts == 3);
  CHECK(b.clock->waits() == waits{10s, 10s});
}

TEST_CASE("a pause that would end with the deadline is not begun") {
  bench b(no_auth(), stubborn_retry{.more = 100, .pause = 10s});
  b.script.reply(test::answer(503)).reply(test::answer(503)).reply(test::answer(503));
  CHECK(b.client.get("/x", {}, {.timeout = 10s}).error().attempts == 1);
  CHECK(b.client.get("/x", {}, {.timeout = 10'001ms}).error().attempts == 2);
}

TEST_CASE("a Retry-After that the deadline does not allow ends the call at once with the answer") {
  bench b(no_auth(), retry_with(0), {.timeout = 30s});
  b.script.reply(test::answer(429, "", {{"Retry-After", "3600"}}));
  const auto outcome = b.client.get("/x");
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().status == 429);
  CHECK(outcome.error().retry_after == 1h);
  CHECK(b.clock->waits().empty());
}

TEST_CASE("a Retry-After that the deadline allows is waited for") {
  bench b(no_auth(), retry_with(0), {.timeout = 30s});
  b.script.reply(test::answer(429, "", {{"Retry-After", "7"}})).reply(test::answer(200));
  CHECK(b.client.get("/x"));
  CHECK(b.clock->waits() == waits{7s});
}

TEST_CASE("time that an attempt takes counts, and nothing is sent after the deadline") {
  bench b(no_auth(), stubborn_retry{.more = 100}, {.timeout = 25s});
  for (int i = 0; i < 10; ++i) {
    b.script.reply_with([&](const t3api::request&) {
      b.clock->advance(10s);
      return test::answer(503);
    });
  }
  const auto outcome = b.client.get("/x");
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().attempts == 3);
  CHECK(b.script.requests().size() == 3);
}

TEST_CASE("a call whose time runs out while it is authorised is not sent") {
  struct slow_auth {
    std::shared_ptr<t3api::manual_clock> clock;
    t3api::result<t3api::token_generation> authorize(t3api::request&, t3api::exchange& via) {
      CHECK(via.deadline() - via.clock().now() == 5s);
      clock->advance(5s);
      return t3api::token_generation{0};
    }
    bool on_unauthorized(t3api::token_generation) { return false; }
  };
  const auto clock = test::make_clock();
  scripted_transport script;
  const test::scripted_client<slow_auth> client(script, slow_auth{clock}, {.timeout = 5s, .clock = clock});
  const auto outcome = client.get("/x");
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().category == error_category::timeout);
  CHECK(outcome.error().message == "the call's deadline passed before it was sent");
  CHECK_FALSE(outcome.error().sent);
  CHECK(script.requests().empty());
}

TEST_CASE("odd pauses of a retry policy are borne: negative ones are none, endless ones end the call") {
  for (const auto pause : {-1ms, -1'000'000ms, std::chrono::milliseconds::min()}) {
    bench b(no_auth(), stubborn_retry{.more = 1, .pause = pause});
    b.script.reply(test::answer(503)).reply(test::answer(200));
    CHECK(b.client.get("/x"));
    CHECK(b.clock->waits() == waits{0ms});
  }
  bench b(no_auth(), stubborn_retry{.more = 1, .pause = std::chrono::milliseconds::max()});
  b.script.reply(test::answer(503));
  CHECK(b.client.get("/x").error().attempts == 1);
  CHECK(b.clock->waits().empty());
}

TEST_CASE("deadlines of any length can be reckoned with") {
  bench b(no_auth(), stubborn_retry{.more = 1, .pause = 1s}, {.timeout = std::chrono::milliseconds::max()});
  b.script.reply(test::answer(503)).reply(test::answer(200));
  CHECK(b.client.get("/x"));
  b.script.reply(test::answer(200));
  CHECK(b.client.get("/x", {}, {.timeout = std::chrono::milliseconds::max()}));
}

TEST_CASE("a call that was cancelled before it began sends nothing") {
  bench b(no_auth(), stubborn_retry{.more = 5});
  std::stop_source stop;
  stop.request_stop();
  const auto outcome = b.client.get("/x", {}, {.stop = stop.get_token()});
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().category == error_category::cancelled);
  CHECK_FALSE(outcome.error().sent);
  CHECK(b.script.requests().empty());
  CHECK_THROWS_AS(outcome.value(), t3api::cancelled_error);
}

TEST_CASE("a call that is cancelled between two attempts ends there and says what failed before") {
  bench b(no_auth(), stubborn_retry{.more = 5, .pause = 1s});
  std::stop_source stop;
  b.script.reply_with([&](const t3api::request&) {
    stop.request_stop();
    return test::answer(503);
  });
  const auto outcome = b.client.get("/x", {}, {.stop = stop.get_token()});
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().category == error_category::cancelled);
  CHECK(outcome.error().message.starts_with(
      "the call was cancelled between two attempts; the last one failed: "));
  CHECK(outcome.error().attempts == 1);
  CHECK(outcome.error().sent);
  CHECK(b.script.requests().size() == 1);
  CHECK(b.clock->waits().empty());
}

TEST_CASE("the error remembers that an earlier attempt may have arrived") {
  bench b(no_auth(), stubborn_retry{.more = 1});
  b.script.reply(test::cut()).reply(test::never_sent());
  const auto outcome = b.client.get("/x");
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().attempts == 2);
  CHECK(outcome.error().sent);
  b.script.reply(test::never_sent()).reply(test::never_sent());
  CHECK_FALSE(b.client.get("/x").error().sent);
}

TEST_CASE("every attempt starts clean and is authorised afresh") {
  bench b(counting_auth(), stubborn_retry{.more = 2});
  b.script.reply(test::answer(503)).reply(test::cut()).reply(test::answer(200));
  CHECK(b.client.get("/x?a=1"));
  const auto sent = b.script.requests();
  REQUIRE(sent.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(sent[i].headers.get("X-Authorisation") == std::to_string(i + 1));
    CHECK(sent[i].headers.size() == sent[0].headers.size());
    CHECK(sent[i].query.size() == 1);
  }
}

TEST_CASE("a 401 is answered with one replay when the auth method can renew, and with none when it cannot") {
  {
    bench<counting_auth> b;
    b.script.reply(test::answer(401)).reply(test::answer(200));
    CHECK(b.client.post("/x", {{"a", 1}}));
    CHECK(b.script.requests()[1].headers.get("X-Authorisation") == "2");
  }
  {
    bench<counting_auth> b;
    b.script.reply(test::answer(401)).reply(test::answer(401));
    CHECK(b.client.get("/x").error().category == error_category::authentication);
    CHECK(b.script.requests().size() == 2);
  }
  bench<counting_auth> b(counting_auth{.renewable = false});
  b.script.reply(test::answer(401));
  CHECK(b.client.get("/x").error().category == error_category::authentication);
  CHECK(b.script.requests().size() == 1);
}

TEST_CASE("only a 401 renews: a 403 does not") {
  bench<counting_auth> b;
  b.script.reply(test::answer(403));
  CHECK(b.client.get("/x").error().category == error_category::http);
  CHECK(b.script.requests().size() == 1);
}

TEST_CASE("a 401 that is expected is given as it is, without a renewal") {
  bench<counting_auth> b;
  b.script.reply(test::answer(401));
  CHECK(b.client.get("/x", {}, {.expected = {200, 401}})->status == 401);
  CHECK(b.script.requests().size() == 1);
}

TEST_CASE("credentials do not travel over plain http to another machine") {
  const auto config = client_config{.host = "http://api.example.com"};
  const auto refused = [](const auto& outcome) {
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().category == error_category::argument);
    CHECK(outcome.error().message ==
          "credentials must not travel unencrypted: use https:// for http://api.example.com");
  };
  bench<t3api::secret_key_auth> key(t3api::secret_key_auth("demo-key"), no_retry(), config);
  refused(key.client.get("/x"));
  CHECK(key.script.requests().empty());
  bench<t3api::api_key_auth> api_key(t3api::api_key_auth("demo-key", "CA"), no_retry(), config);
  refused(api_key.client.get("/x"));
  CHECK(api_key.script.requests().empty());
  bench<t3api::bearer_auth> bearer(t3api::bearer_auth("demo-token"), no_retry(), config);
  refused(bearer.client.get("/x"));
  bench<counting_auth> own(counting_auth(), no_retry(), config);
  refused(own.client.get("/x"));

  bench<> open(no_auth(), no_retry(), config);
  refused(open.client.send({.path = "/x", .headers = {{"authorization", "Bearer x"}}}));
  refused(open.client.send({.path = "/x", .headers = {{"x-t3-api-key", "x"}}}));
  refused(open.client.send({.path = "/x", .headers = {{"Cookie", "x"}}}));
  refused(open.client.get("/x?secretKey=x"));
  refused(open.client.get("/x", {{"SECRETKEY", "x"}}));
  refused(open.client.get("/x?secret%4Bey=x"));
  CHECK(open.script.requests().empty());
  auto with_header = config;
  with_header.headers = {{"Authorization", "Bearer x"}};
  bench<> by_default(no_auth(), no_retry(), with_header);
  refused(by_default.client.get("/x"));
}

TEST_CASE("no_auth may talk plain http to another machine") {
  bench<> b(no_auth(), no_retry(), {.host = "http://api.example.com"});
  b.script.reply(test::answer(200));
  CHECK(b.client.get("/v2/states", {{"secret", "not a key"}}));
}

TEST_CASE("credentials may travel over plain http on this machine, and to another when the user insists") {
  for (const char* host : {"http://localhost:1", "http://127.0.0.1", "http://[::1]:8080"}) {
    bench<t3api::secret_key_auth> b(t3api::secret_key_auth("demo-key"), no_retry(), {.host = host});
    b.script.reply(test::answer(200));
    CHECK(b.client.get("/x"));
  }
  bench<t3api::secret_key_auth> b(t3api::secret_key_auth("demo-key"), no_retry(),
                                  {.host = "http://api.example.com", .dangerously_allow_plain_http = true});
  b.script.reply(test::answer(200));
  CHECK(b.client.get("/x"));
}

TEST_CASE("hosts that only look like this machine get no credentials over plain http") {
  for (const char* host :
       {"http://127.evil.com", "http://127.0.0.1.example.com", "http://localhost.example.com",
        "http://localhost.", "http://0.0.0.0", "http://127.0.0.256"}) {
    CAPTURE(host);
    bench<t3api::secret_key_auth> b(t3api::secret_key_auth("demo-key"), no_retry(), {.host = host});
    CHECK(b.client.get("/x").error().category == error_category::argument);
    CHECK(b.script.requests().empty());
  }
}

TEST_CASE("credentials that the caller put into a request are not shown when the service repeats them") {
  bench<> b;
  for (int i = 0; i < 3; ++i) b.script.reply(test::answer(400, R"({"message":"what is hunter2?"})"));
  CHECK(b.client.send({.path = "/x", .headers = {{"Authorization", "Bearer hunter2"}}})
            .error()
            .service_message == "what is ***?");
  CHECK(b.client.send({.path = "/x", .headers = {{"X-T3-API-Key", "hunter2"}}}).error().service_message ==
        "what is ***?");
  CHECK(b.client.get("/x?secretKey=hunter2").error().service_message == "what is ***?");
}

TEST_CASE("copies of a client share transport, token and retry budget") {
  scripted_transport script;
  const test::scripted_client<counting_auth> first(script, counting_auth(),
                                                   test::patient_config(test::make_clock()));
  const auto second = first;
  script.reply(test::answer(200)).reply(test::answer(200));
  CHECK(first.get("/x"));
  CHECK(second.get("/x"));
  CHECK(script.requests()[1].headers.get("X-Authorisation") == "2");
  CHECK(&first.config() == &second.config());
}

TEST_CASE("a retry policy hears of calls that went well, if it wants to") {
  struct listening_retry {
    std::shared_ptr<int> successes = std::make_shared<int>(0);
    std::optional<std::chrono::milliseconds> next_delay(const t3api::attempt&, const t3api::error&) {
      return std::nullopt;
    }
    void succeeded() { ++*successes; }
  };
  const listening_retry retry;
  bench<no_auth, listening_retry> b(no_auth(), retry);
  b.script.reply(test::answer(200)).reply(test::answer(503));
  CHECK(b.client.get("/x"));
  CHECK_FALSE(b.client.get("/x"));
  CHECK(*retry.successes == 1);
}

TEST_CASE(
    "in a total outage a client sends little more than one request a call once its retry budget is spent") {
  bench b(no_auth(), retry_with(0));
  constexpr std::size_t calls = 2000;
  constexpr std::size_t burst = 100;
  for (std::size_t i = 0; i < 3 * calls; ++i) b.script.reply(test::answer(503));
  for (std::size_t i = 0; i < calls; ++i) CHECK_FALSE(b.client.get("/x"));
  CHECK(b.script.requests().size() <= calls + calls / 10 + burst);
}

TEST_CASE("many threads share one client") {
  bench<counting_auth> b;
  constexpr int threads = 8;
  constexpr int calls = 50;
  for (int i = 0; i < threads * calls; ++i) b.script.reply(test::answer(200));
  std::atomic<int> good = 0;
  {
    std::barrier start(threads);
    std::vector<std::jthread> callers;
    for (int i = 0; i < threads; ++i) {
      callers.emplace_back([&, copy = b.client] {
        start.arrive_and_wait();
        for (int k = 0; k < calls; ++k) good += copy.get("/x") ? 1 : 0;
      });
    }
  }
  CHECK(good == threads * calls);
}

TEST_CASE("credentials do not travel unencrypted through a proxy, not even to this machine") {
  const client_config config{.host = "http://127.0.0.1:8080",
                             .proxy = t3api::proxy_options{.host = "proxy.example"}};
  bench<t3api::secret_key_auth> b(t3api::secret_key_auth("demo-key"), no_retry(), config);
  CHECK(b.client.get("/x").error().category == error_category::argument);
  CHECK(b.script.requests().empty());
}

TEST_CASE("credentials in a body do not travel unencrypted, wherever the base path ends") {
  for (const char* host : {"http://api.example.com", "http://api.example.com/v2"}) {
    CAPTURE(host);
    bench<t3api::no_auth> b(t3api::no_auth(), no_retry(), client_config{.host = host});
    const std::string path =
        std::string(host).ends_with("/v2") ? "/auth/credentials" : "/v2/auth/credentials";
    CHECK(b.client.post(path, {{"password", "canary"}}).error().category == error_category::argument);
    CHECK(b.script.requests().empty());
  }
}

TEST_CASE("one rule says which bodies hold credentials, however the path is spelled") {
  for (const char* path : {"/v2/AUTH/x", "/v2/%61uth/x", "/v2//auth/x", "/v2/./auth/x", "/v2/auth;a=1/x",
                           "/v2/%2561uth/x", "/v2/%2Fauth/x"}) {
    CAPTURE(path);
    bench<renewing> plain(renewing(), no_retry(), client_config{.host = "http://api.example.com"});
    CHECK(plain.client.post(path, {{"a", "b"}}).error().category == error_category::argument);
    CHECK(plain.script.requests().empty());
    bench<renewing> refused(renewing(), no_retry(), client_config{.host = "https://api.example.com"});
    refused.script.reply(test::answer(401)).reply(test::answer(200));
    CHECK(refused.client.post(path, {{"a", "b"}}).error().status == 401);
    CHECK(refused.script.requests().size() == 1);
  }
  bench<renewing> other(renewing(), no_retry(), client_config{.host = "https://api.example.com"});
  other.script.reply(test::answer(401)).reply(test::answer(200));
  CHECK(other.client.post("/v2/author/x", {{"a", "b"}}));
}

TEST_CASE("headers that frame a message or name its host are refused") {
  for (const char* name : {"Host", "content-length", "Transfer-Encoding", "Connection", "TE", "Upgrade",
                           "Expect", "Proxy-Authorization"}) {
    CAPTURE(name);
    bench<t3api::no_auth> b;
    const auto outcome =
        b.client.send({.method = t3api::method::post, .path = "/x", .headers = {{name, "0"}}, .body = "{}"});
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().category == error_category::argument);
    CHECK(b.script.requests().empty());
    CHECK_THROWS_AS(
        bench<t3api::no_auth>(t3api::no_auth(), no_retry(), client_config{.headers = {{name, "0"}}}),
        std::invalid_argument);
  }
}
