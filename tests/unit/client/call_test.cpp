#include <t3api/client/call.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/api_key.hpp>
#include <t3api/auth/credentials.hpp>
#include <t3api/auth/none.hpp>
#include <t3api/auth/secret_key.hpp>
#include <t3api/client.hpp>
#include <t3api/logging/sinks.hpp>
#include <t3api/retry/exponential_backoff.hpp>

using namespace std::chrono_literals;
using t3api::error_category;
using t3api::exponential_backoff;

namespace {

const t3api::credentials california{
    .hostname = "ca.metrc.com", .username = "jane", .password = "canary-password"};
const t3api::credentials michigan{.hostname = "mi.metrc.com",
                                  .username = "jane",
                                  .password = "canary-password",
                                  .otp_seed = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"};

/// Keeps all events, in the order in which they came.
struct listener {
  std::vector<std::string> order;
  std::vector<t3api::request_event> requests;
  std::vector<t3api::response_event> responses;
  std::vector<t3api::retry_event> retries;
  std::vector<t3api::renewal_event> renewals;

  t3api::logging_hooks hooks() {
    return {.on_request = [this](const auto& event) { keep("request", requests, event); },
            .on_response = [this](const auto& event) { keep("response", responses, event); },
            .on_retry = [this](const auto& event) { keep("retry", retries, event); },
            .on_renewal = [this](const auto& event) { keep("renewal", renewals, event); }};
  }

  template <class Event>
  void keep(const char* name, std::vector<Event>& events, const Event& event) {
    order.emplace_back(name);
    events.push_back(event);
  }
};

template <class Auth>
struct bench {
  bench(Auth auth, t3api::logging_hooks hooks)
      : client(script, std::move(auth), exponential_backoff({.random = [] { return 0.5; }}),
               config(std::move(hooks))) {}

  t3api::client_config config(t3api::logging_hooks hooks) const {
    auto made = test::patient_config(clock);
    made.logging = std::move(hooks);
    return made;
  }

  std::shared_ptr<t3api::manual_clock> clock = test::make_clock();
  t3api::scripted_transport script{};
  t3api::client<t3api::scripted_transport, Auth, exponential_backoff> client;
};

t3api::response json_answer(int status, std::string body) {
  return test::answer(status, std::move(body), {{"Content-Type", "application/json"}});
}

/// Does what `act` says, which may throw; the first so many times.
struct mine_field {
  std::shared_ptr<int> left = std::make_shared<int>(0);

  void step() const {
    if (*left > 0 && --*left == 0) throw std::runtime_error("from a policy");
  }
};

}  // namespace

TEST_CASE("hooks hear of each request, answer, retry and renewal, in order, under one id") {
  listener heard;
  bench b(t3api::credentials_auth(california), heard.hooks());
  b.script.reply(test::token_answer(test::jwt("a")))
      .reply(test::answer(503, "busy"))
      .reply(test::answer(401))
      .reply(test::token_answer(test::jwt("b")))
      .reply(test::answer(200, "[1]"));
  CHECK(b.client.get("/v2/licenses?page=2"));
  CHECK(heard.order == std::vector<std::string>{"request", "response", "renewal",  // the token
                                                "request", "response", "retry",    // the 503
                                                "request", "response",             // the 401
                                                "request", "response", "renewal",  // another token
                                                "request", "response"});

  const std::string id(b.script.requests()[0].headers.get("X-Request-Id").value_or(""));
  REQUIRE(heard.requests.size() == 5);
  REQUIRE(heard.responses.size() == 5);
  const auto attempts = std::vector{1, 1, 2, 2, 2};
  const auto statuses = std::vector{200, 503, 401, 200, 200};
  for (std::size_t i = 0; i < 5; ++i) {
    CAPTURE(i);
    const bool exchange = i == 0 || i == 3;
    const auto& asked = heard.requests[i];
    const auto& told = heard.responses[i];
    CHECK(asked.request_id == id);
    CHECK(told.request_id == id);
    CHECK(asked.attempt == attempts[i]);
    CHECK(told.attempt == attempts[i]);
    CHECK(asked.method == (exchange ? t3api::method::post : t3api::method::get));
    CHECK(asked.url == (exchange ? "https://api.example.com/v2/auth/credentials"
                                 : "https://api.example.com/v2/licenses?page=2"));
    CHECK(told.url == asked.url);
    CHECK(told.status == statuses[i]);
    CHECK(told.problem.empty());
    CHECK(asked.body_bytes == b.script.requests()[i].body.size());
  }
  CHECK(heard.responses[1].body_bytes == 4);
  REQUIRE(heard.retries.size() == 1);
  CHECK(heard.retries[0].request_id == id);
  CHECK(heard.retries[0].attempt == 1);
  CHECK(heard.retries[0].pause == 250ms);
  CHECK(heard.retries[0].reason.find("503") != std::string::npos);
  REQUIRE(heard.renewals.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(heard.renewals[i].request_id == id);
    CHECK(heard.renewals[i].generation == i + 1);
    CHECK(heard.renewals[i].problem.empty());
  }
}

TEST_CASE("an answer's event tells how long it took") {
  listener heard;
  bench b(t3api::no_auth(), heard.hooks());
  std::chrono::steady_clock::duration spent{};
  b.script.reply_with([&](const t3api::request&) {
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - start < 2ms) {
    }
    spent = std::chrono::steady_clock::now() - start;
    return test::answer(200);
  });
  CHECK(b.client.get("/x"));
  REQUIRE(heard.responses.size() == 1);
  CHECK(heard.responses[0].elapsed >= std::chrono::duration_cast<std::chrono::microseconds>(spent));
}

TEST_CASE("hooks hear of answers that did not come and of tokens that could not be had") {
  listener heard;
  bench b(t3api::credentials_auth(california), heard.hooks());
  b.script.reply(test::answer(401, R"({"message":"wrong canary-password"})"));
  CHECK_FALSE(b.client.get("/x"));
  REQUIRE(heard.renewals.size() == 1);
  CHECK(heard.renewals[0].generation == 0);
  CHECK(heard.renewals[0].problem.find("no access token could be obtained") != std::string::npos);

  listener later;
  bench open(t3api::no_auth(), later.hooks());
  open.script.reply(test::cut()).reply(test::answer(200));
  CHECK(open.client.get("/x"));
  REQUIRE(later.responses.size() == 2);
  CHECK(later.responses[0].status == 0);
  CHECK(later.responses[0].problem == "the connection was cut");
  REQUIRE(later.retries.size() == 1);
  CHECK(later.retries[0].reason == "the connection was cut");
}

TEST_CASE("nothing is told of a request that is not sent") {
  listener heard;
  bench b(t3api::no_auth(), heard.hooks());
  std::stop_source stop;
  stop.request_stop();
  CHECK_FALSE(b.client.get("/x", {}, {.stop = stop.get_token()}));
  CHECK_FALSE(b.client.get("no slash"));
  CHECK(heard.order.empty());
}

TEST_CASE("no secret of a call is in its log with headers and bodies on, nor in its error") {
  std::ostringstream out;
  const auto hooks = t3api::log_to(out, {.headers = true, .body = true});
  std::string errors;
  const auto note = [&](const t3api::result<t3api::response>& outcome) {
    if (outcome) return;
    const auto& cause = outcome.error();
    errors += cause.message + '\n' + cause.service_message + '\n' + cause.service_request_id + '\n';
  };
  const auto token = test::jwt("canary-subject");
  std::string otp;
  const auto log_in = [&](int status) {
    /// Repeats what it was sent, and issues a token if the status is 200.
    struct talkative_service {
      std::function<t3api::outcome(const t3api::request&)> answer;
      t3api::outcome send(const t3api::request& message, const t3api::send_options&) {
        return answer(message);
      }
    };
    talkative_service service{[&, status](const t3api::request& sent) -> t3api::outcome {
      if (sent.path == "/v2/auth/credentials") {
        otp = nlohmann::json::parse(sent.body).at("otp").get<std::string>();
        return json_answer(status, nlohmann::json{{"accessToken", token},
                                                  {"refreshToken", "canary-refresh"},
                                                  {"message", "is it canary-password with " + otp + "?"}}
                                       .dump());
      }
      return json_answer(
          400, nlohmann::json{{"message", "bad token " + token}, {"refresh_token", "canary-refresh"}}.dump());
    }};
    auto config = test::patient_config(test::make_clock());
    config.logging = hooks;
    const t3api::client<talkative_service, t3api::credentials_auth, t3api::no_retry> client(
        service, t3api::credentials_auth(michigan), config);
    note(client.post("/v2/x", {{"password", "canary-password"}, {"nested", {{"otpSeed", "canary-seed"}}}}));
  };
  log_in(200);
  log_in(401);
  {
    bench b(t3api::api_key_auth("canary-key-1", "CA"), hooks);
    b.script.reply(json_answer(403, R"({"message":"no canary-key-1"})"));
    note(b.client.get("/x"));
  }
  for (const auto place : {t3api::secret_key_place::header, t3api::secret_key_place::query}) {
    bench b(t3api::secret_key_auth("canary-key-2", place), hooks);
    b.script.reply(test::answer(503, "busy", {{"X-Request-Id", "for canary-key-2"}}))
        .reply(json_answer(400, R"({"message":"no canary-key-2"})"));
    note(b.client.get("/x", {}, {}));
  }
  CHECK(otp.size() == 6);
  const auto log = out.str();
  CAPTURE(log);
  CAPTURE(errors);
  for (const std::string& text : {log, errors}) {
    CHECK_FALSE(text.empty());
    CHECK(text.find("canary") == text.npos);
    CHECK(text.find("JBSWY3DP") == text.npos);
    CHECK(text.find(token) == text.npos);
    CHECK(text.find(token.substr(token.find('.') + 1, 20)) == text.npos);
  }
  CHECK(log.find(otp) == log.npos);
  CHECK(errors.find(otp) == errors.npos);
}

TEST_CASE("a write that is refused after an attempt whose outcome is unknown may have been done") {
  const auto refusal = [](auto call, std::vector<t3api::outcome> answers) {
    bench b(t3api::no_auth(), {});
    for (auto& answer : answers) b.script.reply(std::move(answer));
    auto failed = call(b.client);
    REQUIRE_FALSE(failed);
    CHECK(b.script.requests().size() == answers.size());
    return failed.error();
  };
  const auto del = [](const auto& client) { return client.del("/x/1"); };
  const auto put = [](const auto& client) { return client.put("/x/1", nlohmann::json::object()); };
  const auto get = [](const auto& client) { return client.get("/x/1"); };
  for (const t3api::outcome& lost :
       {t3api::outcome(test::answer(502)), t3api::outcome(test::answer(504)), t3api::outcome(test::cut())}) {
    const auto gone = refusal(del, {lost, test::answer(404)});
    CHECK(gone.status == 404);
    CHECK(gone.attempts == 2);
    CHECK(gone.maybe_done);
    CHECK(gone.message ==
          "DELETE /x/1 was answered with status 404: an earlier attempt, whose outcome is unknown, may have "
          "done "
          "it already: look before you repeat it");
    CHECK(refusal(put, {lost, test::answer(412)}).maybe_done);
    CHECK(refusal(del, {lost, test::answer(429), test::answer(404)}).maybe_done);
    CHECK_FALSE(refusal(get, {lost, test::answer(404)}).maybe_done);
  }
  CHECK_FALSE(refusal(del, {test::answer(404)}).maybe_done);
  CHECK_FALSE(refusal(del, {test::never_sent(), test::answer(404)}).maybe_done);
  CHECK_FALSE(refusal(del, {test::answer(429), test::answer(404)}).maybe_done);
}

TEST_CASE("a call goes as it would when every hook throws") {
  int thrown = 0;
  const auto fail = [&](const auto&) {
    if (++thrown % 2 == 0) throw 42;
    throw std::runtime_error("from a hook");
  };
  bench b(t3api::credentials_auth(california),
          {.on_request = fail, .on_response = fail, .on_retry = fail, .on_renewal = fail, .on_notice = fail});
  b.script.reply(test::token_answer(test::jwt("a")))
      .reply(test::answer(503))
      .reply(test::answer(200, "good"));
  CHECK(b.client.get("/x").value().body == "good");
  CHECK(thrown == 8);
}

TEST_CASE("a transport that throws leaves the client as good as before") {
  struct carrier {
    mine_field mines;
    t3api::scripted_transport script;
    t3api::outcome send(const t3api::request& message, const t3api::send_options& options) {
      mines.step();
      return script.send(message, options);
    }
  };
  carrier via;
  const t3api::client<carrier, t3api::credentials_auth, exponential_backoff> client(
      via, t3api::credentials_auth(california), exponential_backoff(),
      test::patient_config(test::make_clock()));
  via.script.reply(test::token_answer(test::jwt("a"))).reply(test::answer(200)).reply(test::answer(200));

  *via.mines.left = 1;  // An exchange that throws is a failure of the exchange.
  const auto outcome = client.get("/x");
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().message == "no access token could be obtained: from a policy");
  *via.mines.left = 2;
  CHECK_THROWS_WITH_AS((void)client.get("/x"), "from a policy", std::runtime_error);
  CHECK(client.get("/x"));
  CHECK(client.get("/x"));
  CHECK(via.script.requests().size() == 3);
}

TEST_CASE("an auth method that throws leaves the client as good as before") {
  struct throwing_auth {
    mine_field mines;
    t3api::result<t3api::token_generation> authorize(t3api::request&, t3api::exchange&) {
      mines.step();
      return t3api::token_generation{0};
    }
    bool on_unauthorized(t3api::token_generation) {
      mines.step();
      return true;
    }
  };
  const throwing_auth auth;
  bench b(auth, {});
  *auth.mines.left = 1;
  CHECK_THROWS_WITH_AS((void)b.client.get("/x"), "from a policy", std::runtime_error);
  CHECK(b.script.requests().empty());
  *auth.mines.left = 2;
  b.script.reply(test::answer(401)).reply(test::answer(200));
  CHECK_THROWS_WITH_AS((void)b.client.get("/x"), "from a policy", std::runtime_error);
  CHECK(b.client.get("/x"));
}

TEST_CASE("a retry policy that throws leaves the client as good as before") {
  struct throwing_retry {
    mine_field mines;
    std::optional<std::chrono::milliseconds> next_delay(const t3api::attempt&, const t3api::error&) {
      mines.step();
      return 0ms;
    }
  };
  const throwing_retry retry;
  t3api::scripted_transport script;
  const t3api::client<t3api::scripted_transport, t3api::no_auth, throwing_retry> client(
      script, {}, retry, test::patient_config(test::make_clock()));
  *retry.mines.left = 1;
  script.reply(test::answer(503)).reply(test::answer(503)).reply(test::answer(200));
  CHECK_THROWS_WITH_AS((void)client.get("/x"), "from a policy", std::runtime_error);
  CHECK(client.get("/x"));
}
