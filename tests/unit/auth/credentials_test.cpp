#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/credentials.hpp>

using namespace std::chrono_literals;
using t3api::credentials;
using t3api::credentials_auth;
using t3api::error_category;

namespace {

constexpr const char* michigan_seed = "JBSWY3DPEHPK3PXP";

credentials demo_user() {
  return {.hostname = "ca.metrc.com", .username = "demo-ca", .password = "demo-ca-password"};
}

credentials demo_with_seed() {
  return {.hostname = "mi.metrc.com",
          .username = "demo-mi",
          .password = "demo-mi-password",
          .otp_seed = michigan_seed};
}

std::string body_sent_for(credentials user) {
  t3api::scripted_transport script;
  script.reply(test::token_answer("token-1")).reply(test::answer(200));
  const test::scripted_client<credentials_auth> client(script, credentials_auth(std::move(user)),
                                                       test::patient_config(test::make_clock()));
  REQUIRE(client.get("/x"));
  const auto sent = script.requests().at(0);
  CHECK(sent.method == t3api::method::post);
  CHECK(sent.path == "/v2/auth/credentials");
  CHECK(sent.headers.get("Content-Type") == "application/json");
  CHECK_FALSE(sent.headers.contains("Authorization"));
  return sent.body;
}

std::string refusal_of(const std::function<void(credentials&)>& spoil) {
  credentials user = demo_user();
  spoil(user);
  try {
    credentials_auth method(std::move(user));
  } catch (const std::invalid_argument& refusal) {
    return refusal.what();
  }
  return "accepted";
}

/// The answer to the request for the time; it tells none, so the local clock counts.
t3api::response states() { return test::answer(200, "[]"); }

std::string otp_in(const t3api::request& sent) { return nlohmann::json::parse(sent.body).value("otp", ""); }

std::string code_at(std::chrono::seconds since_start) {
  return std::string(
      t3api::totp(michigan_seed, t3api::totp_step_at(t3api::wall_time(test::start_of_time + since_start)))
          .reveal());
}

}  // namespace

TEST_CASE("credentials are exchanged with exactly the body that T3 documents") {
  CHECK(body_sent_for(demo_user()) ==
        R"({"hostname":"ca.metrc.com","username":"demo-ca","password":"demo-ca-password"})");
  CHECK(
      body_sent_for({.hostname = "co.metrc.com",
                     .username = "demo-co",
                     .password = "demo-co-password",
                     .email = "demo@example.com"}) ==
      R"({"hostname":"co.metrc.com","username":"demo-co","password":"demo-co-password","email":"demo@example.com"})");
  CHECK(body_sent_for({.hostname = "mi.metrc.com",
                       .username = "demo-mi",
                       .password = "demo-mi-password",
                       .otp = "123456"}) ==
        R"({"hostname":"mi.metrc.com","username":"demo-mi","password":"demo-mi-password","otp":"123456"})");
}

TEST_CASE("white space goes from all but the password, and every text arrives as it was given") {
  CHECK(body_sent_for({.hostname = " ca.metrc.com ",
                       .username = " demo ",
                       .password = " pass \"word\\ \xF0\x9F\x8C\xBF ",
                       .otp = " 123456 ",
                       .email = " a@b "}) ==
        "{\"hostname\":\"ca.metrc.com\",\"username\":\"demo\",\"password\":\" pass \\\"word\\\\ "
        "\xF0\x9F\x8C\xBF "
        "\",\"otp\":\"123456\",\"email\":\"a@b\"}");
}

TEST_CASE("a password cannot add members of its own") {
  auto user = demo_user();
  user.password = R"(x","admin":"yes)";
  const auto body = nlohmann::json::parse(body_sent_for(user));
  CHECK(body.size() == 3);
  CHECK(body["password"] == R"(x","admin":"yes)");
}

TEST_CASE("each missing or malformed member is refused by its name") {
  CHECK(refusal_of([](auto& user) { user.hostname = ""; }) == "the Metrc hostname is empty: give one");
  CHECK(refusal_of([](auto& user) { user.hostname = " \t"; }) == "the Metrc hostname is empty: give one");
  CHECK(refusal_of([](auto& user) { user.username = " "; }) == "the Metrc user name is empty: give one");
  CHECK(refusal_of([](auto& user) { user.password = {}; }) == "the Metrc password is empty: give one");
  CHECK(refusal_of([](auto& user) { user.password = "  "; }) == "the Metrc password is empty: give one");
  CHECK(refusal_of([](auto& user) { user.otp = " "; }) == "the one-time password is empty: give one");
  CHECK(refusal_of([](auto& user) { user.email = " "; }) == "the e-mail address is empty: give one");
  CHECK(refusal_of([](auto& user) { user.otp_seed = "0189"; }) ==
        "the one-time password seed is not Base32: it has the letters A-Z and the digits 2-7 only");
  CHECK(refusal_of([](auto& user) { user.otp_seed = " "; }) ==
        "the one-time password seed is not Base32: it has the letters A-Z and the digits 2-7 only");
  CHECK(refusal_of([](auto& user) {
          user.otp = "123456";
          user.otp_seed = michigan_seed;
        }) == "both a one-time password and its seed are given: give one of them");
}

TEST_CASE("a one-time password of anything but 4 to 10 digits is refused, without its value") {
  for (const char* good : {"1234", "123456", "1234567890", " 123456 ", "000000"})
    CHECK(refusal_of([&](auto& user) { user.otp = good; }) == "accepted");
  for (const char* bad : {"123", "12345678901", "123 456", "123-456", "12345a", "+12345", "-12345", "12.456",
                          "0x1234", michigan_seed, "\xD9\xA1\xD9\xA2\xD9\xA3\xD9\xA4"}) {
    CAPTURE(bad);
    CHECK(refusal_of([&](auto& user) { user.otp = bad; }) ==
          "the one-time password is not made of 4 to 10 digits: give the digits alone (a seed goes "
          "into "
          "otp_seed)");
  }
}

TEST_CASE("control bytes and broken UTF-8 are refused in every member, without its value") {
  const std::vector<std::function<void(credentials&, const std::string&)>> members = {
      [](auto& user, const auto& text) { user.hostname = text; },
      [](auto& user, const auto& text) { user.username = text; },
      [](auto& user, const auto& text) { user.password = text; },
      [](auto& user, const auto& text) { user.otp = text; },
      [](auto& user, const auto& text) { user.email = text; }};
  for (const auto& set : members) {
    for (const std::string& bad :
         {std::string("hunter2\n"), std::string("hunter2\r\nX: y"), std::string("hun\0ter2", 8),
          std::string("hunter2\x7F"), std::string("hunter2\xFF")}) {
      const auto message = refusal_of([&](credentials& user) { set(user, bad); });
      CAPTURE(message);
      CHECK(message != "accepted");
      CHECK(message.find("hunter") == message.npos);
    }
  }
}

TEST_CASE("a one-time password is made from the seed and the time of the exchange") {
  t3api::scripted_transport script;
  script.reply(states()).reply(test::token_answer("token-1")).reply(test::answer(200));
  const auto clock = test::make_clock();
  const test::scripted_client<credentials_auth> client(script, credentials_auth(demo_with_seed()),
                                                       test::patient_config(clock));
  clock->advance(95s);
  REQUIRE(client.get("/x"));
  const auto sent = script.requests();
  REQUIRE(sent.size() == 3);
  CHECK(sent[0].method == t3api::method::get);
  CHECK(sent[0].path == "/v2/states");
  CHECK(sent[0].body.empty());
  CHECK_FALSE(sent[0].headers.contains("Authorization"));
  CHECK(sent[1].body ==
        R"({"hostname":"mi.metrc.com","username":"demo-mi","password":"demo-mi-password","otp":")" +
            code_at(95s) + "\"}");
  CHECK(clock->waits().empty());
}

TEST_CASE("the same one-time password is never sent twice: the second exchange waits for the next step") {
  t3api::scripted_transport script;
  script.reply(states())
      .reply(test::token_answer("token-1"))
      .reply(test::answer(401))
      .reply(states())
      .reply(test::token_answer("token-2"))
      .reply(test::answer(200));
  const auto clock = test::make_clock();  // its first second is the eleventh of a step
  const test::scripted_client<credentials_auth> client(script, credentials_auth(demo_with_seed()),
                                                       test::patient_config(clock));
  REQUIRE(client.get("/x"));
  const auto sent = script.requests();
  REQUIRE(sent.size() == 6);
  CHECK(otp_in(sent[1]) == code_at(0s));
  CHECK(otp_in(sent[4]) == code_at(30s));
  CHECK(otp_in(sent[1]) != otp_in(sent[4]));
  CHECK(clock->waits() == std::vector<t3api::manual_clock::duration>{20s});
}

TEST_CASE("an exchange in the next step waits for nothing") {
  t3api::scripted_transport script;
  script.reply(states())
      .reply(test::token_answer("token-1"))
      .reply(test::answer(200))
      .reply(test::answer(401))
      .reply(states())
      .reply(test::token_answer("token-2"))
      .reply(test::answer(200));
  const auto clock = test::make_clock();
  const test::scripted_client<credentials_auth> client(script, credentials_auth(demo_with_seed()),
                                                       test::patient_config(clock));
  REQUIRE(client.get("/x"));
  clock->advance(20s);
  REQUIRE(client.get("/x"));
  CHECK(clock->waits().empty());
  CHECK(otp_in(script.requests().at(5)) == code_at(30s));
}

TEST_CASE(
    "a call whose deadline is nearer than the next one-time password says so, and a later one gets through") {
  t3api::scripted_transport script;
  script.reply(states()).reply(test::token_answer("token-1")).reply(test::answer(401)).reply(states());
  const auto clock = test::make_clock();
  const test::scripted_client<credentials_auth> client(script, credentials_auth(demo_with_seed()),
                                                       test::patient_config(clock));
  const auto late = client.get("/x", {}, {.timeout = 20s});
  REQUIRE_FALSE(late);
  CHECK(late.error().category == error_category::timeout);
  CHECK(late.error().retryable);
  CHECK(late.error().message.find("the one-time password of this half minute has been used") !=
        std::string::npos);
  CHECK(clock->waits().empty());
  script.reply(states()).reply(test::token_answer("token-2")).reply(test::answer(200));
  CHECK(client.get("/x", {}, {.timeout = 21s}));
}

TEST_CASE("a call that is cancelled while it waits for the next one-time password sends nothing more") {
  t3api::scripted_transport script;
  std::stop_source stop;
  script.reply(states())
      .reply(test::token_answer("token-1"))
      .reply(test::answer(401))
      .reply_with([&](const t3api::request&) {
        stop.request_stop();
        return states();
      });
  const test::scripted_client<credentials_auth> client(script, credentials_auth(demo_with_seed()),
                                                       test::patient_config(test::make_clock()));
  const auto cancelled = client.get("/x", {}, {.stop = stop.get_token()});
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().category == error_category::cancelled);
  CHECK(cancelled.error().message.find("waited for the next one-time password") != std::string::npos);
  CHECK(script.requests().size() == 4);
}

TEST_CASE("a one-time password that was given is sent once: after a 401 the call fails and says what to do") {
  t3api::scripted_transport script;
  script.reply(test::token_answer("token-1")).reply(test::answer(401));
  auto user = demo_user();
  user.otp = "123456";
  const test::scripted_client<credentials_auth> client(script, credentials_auth(user),
                                                       test::patient_config(test::make_clock()));
  for (int i = 0; i < 3; ++i) {
    const auto refused = client.get("/x");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().category == error_category::authentication);
    CHECK(refused.error().message.find(
              "the one-time password has been used: give a fresh one, or its seed") != std::string::npos);
  }
  CHECK(script.requests().size() == 2);
}

TEST_CASE("no secret of the credentials is in any error, even when the service repeats them all") {
  for (const int status : {200, 204, 302, 400, 401, 403, 404, 429, 500, 503}) {
    const std::string echo = std::string("demo-mi-password and ") + michigan_seed;
    for (const nlohmann::json& said :
         {nlohmann::json{{"error", {{"message", echo}}}}, nlohmann::json{{"message", echo}},
          nlohmann::json{{"detail", echo}}, nlohmann::json{{"errors", {echo, echo}}}, nlohmann::json(echo),
          nlohmann::json{{"accessToken", echo + "\n"}}}) {
      auto user = demo_with_seed();
      t3api::scripted_transport script;
      script.reply(states()).reply(test::answer(
          status, said.dump(), {{"X-Request-Id", michigan_seed}, {"Content-Type", "x/demo-mi-password"}}));
      const test::scripted_client<credentials_auth> client(script, credentials_auth(user),
                                                           test::patient_config(test::make_clock()));
      const auto failed = client.get("/x");
      REQUIRE_FALSE(failed);
      CHECK(script.requests().size() == 2);
      for (const auto& text :
           {failed.error().message, failed.error().service_message, failed.error().service_request_id}) {
        CHECK(text.find("demo-mi-password") == text.npos);
        CHECK(text.find(michigan_seed) == text.npos);
      }
    }
  }
}

TEST_CASE("a one-time password in an exchange that never left is still good") {
  const auto clock = test::make_clock();
  t3api::scripted_transport script;
  credentials user = demo_user();
  SUBCASE("one that was given") { user.otp = "123456"; }
  SUBCASE("one from a seed") {
    user.otp_seed = michigan_seed;
    script.reply(states());
  }
  script.reply(test::never_sent());
  if (!user.otp_seed.empty()) script.reply(states());
  script.reply(test::token_answer("token-1")).reply(test::answer(200));
  const test::scripted_client<credentials_auth> client(script, credentials_auth(user),
                                                       test::patient_config(clock));
  const auto first = client.get("/x");
  REQUIRE_FALSE(first);
  CHECK(first.error().category == error_category::transport);
  REQUIRE(client.get("/x"));
  std::vector<std::string> codes;
  for (const auto& sent : script.requests()) {
    if (sent.method == t3api::method::post) codes.push_back(otp_in(sent));
  }
  CHECK(codes == std::vector<std::string>(2, user.otp.empty() ? code_at(0s) : "123456"));
}

TEST_CASE("a state that wants more than a password is refused before anything is sent") {
  const std::string otp_wanted =
      "mi.metrc.com wants a one-time password: give its seed (otp_seed), or one for this once (otp)";
  const std::string email_wanted = "co.metrc.com wants the account's e-mail address: give it (email)";
  CHECK(refusal_of([](auto& user) { user.hostname = "mi.metrc.com"; }) == otp_wanted);
  CHECK(refusal_of([](auto& user) { user.hostname = "co.metrc.com"; }) == email_wanted);
  CHECK(refusal_of([](auto& user) {
          user.hostname = "mi.metrc.com";
          user.email = "a@b";
        }) == otp_wanted);
  CHECK(refusal_of([](auto& user) {
          user.hostname = "co.metrc.com";
          user.otp = "123456";
        }) == email_wanted);
  CHECK(refusal_of([](auto& user) {
          user.hostname = " MI.Metrc.com ";
          user.otp = "123456";
        }) == "accepted");
  CHECK(refusal_of([](auto& user) {
          user.hostname = "mi.metrc.com";
          user.otp_seed = michigan_seed;
        }) == "accepted");
}

TEST_CASE("the states' rules can be replaced") {
  auto user = demo_user();
  CHECK_THROWS_WITH_AS(
      credentials_auth(user, {.rules = {.otp_hostnames = {"CA.metrc.com"}}}),
      "ca.metrc.com wants a one-time password: give its seed (otp_seed), or one for this once (otp)",
      std::invalid_argument);
  CHECK_THROWS_WITH_AS(credentials_auth(user, {.rules = {.email_hostnames = {"ca.metrc.com"}}}),
                       "ca.metrc.com wants the account's e-mail address: give it (email)",
                       std::invalid_argument);
  user.hostname = "mi.metrc.com";
  CHECK_NOTHROW(credentials_auth(user, {.rules = {.otp_hostnames = {}}}));
}

TEST_CASE("a one-time password is not shown, neither one that was given nor one that was made") {
  auto user = demo_user();
  std::string code;
  t3api::scripted_transport script;
  SUBCASE("given") {
    user.otp = " 123456 ";
    code = "123456";
  }
  SUBCASE("made") {
    user.otp_seed = michigan_seed;
    code = code_at(0s);
    script.reply(states());
  }
  SUBCASE("made, and the transport throws it") {
    user.otp_seed = michigan_seed;
    code = code_at(0s);
    script.reply(states()).reply_with(
        [&](const t3api::request&) -> t3api::outcome { throw std::runtime_error("cannot send " + code); });
  }
  script.reply(test::answer(401, nlohmann::json{{"message", "wrong code " + code}}.dump()));
  const test::scripted_client<credentials_auth> client(script, credentials_auth(user),
                                                       test::patient_config(test::make_clock()));
  const auto refused = client.get("/x");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("***") != std::string::npos);
  CHECK(refused.error().message.find(code) == std::string::npos);
  CHECK(refused.error().service_message.find(code) == std::string::npos);
}

TEST_CASE("a refused one-time password tells about the clock that made it") {
  const auto refusal = [](t3api::response time, t3api::response refused) {
    t3api::scripted_transport script;
    script.reply(std::move(time)).reply(std::move(refused));
    const test::scripted_client<credentials_auth> client(script, credentials_auth(demo_with_seed()),
                                                         test::patient_config(test::make_clock()));
    const auto failed = client.get("/x");
    REQUIRE_FALSE(failed);
    CHECK(failed.error().category == error_category::authentication);
    CHECK(test::count_posts(script) == 1);
    CHECK_FALSE(client.get("/x"));
    CHECK(test::count_posts(script) == 1);
    return failed.error().message;
  };
  const auto at = [](int status, std::chrono::seconds since_start) {
    return test::answer(status, "[]", {{"Date", test::date_after(since_start)}});
  };
  const std::string refused =
      "no access token could be obtained: POST /v2/auth/credentials was answered with status 401: check the "
      "credentials";
  const std::string off = "; the one-time password may be wrong because the clock that it was made by is ";
  CHECK(refusal(states(), at(401, 1h)) == refused + off + "3600 s behind the service's: set it");
  CHECK(refusal(states(), at(401, -90s)) == refused + off + "90 s ahead of the service's: set it");
  CHECK(refusal(at(200, 24h), at(401, 0s)) == refused + off + "86400 s ahead of the service's: set it");
  CHECK(refusal(states(), test::answer(401)) ==
        refused + "; if the one-time password is wrong, the clock that it was made by may be off");
  CHECK(refusal(states(), at(401, 5s)) == refused);
  CHECK(refusal(at(200, 24h), at(401, 24h)) == refused);
}

TEST_CASE("a refusal without a one-time password tells nothing about clocks") {
  t3api::scripted_transport script;
  script.reply(test::answer(401, "", {{"Date", test::date_after(24h)}}));
  const test::scripted_client<credentials_auth> client(script, credentials_auth(demo_user()),
                                                       test::patient_config(test::make_clock()));
  const auto refused = client.get("/x");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("clock") == std::string::npos);
}

TEST_CASE("two auth objects with one store and the same credentials share one token") {
  const auto clock = test::make_clock();
  const t3api::memory_store kept(clock);
  t3api::scripted_transport script;
  script.reply(test::token_answer(test::jwt("shared"))).reply(test::answer(200)).reply(test::answer(200));
  auto same = demo_user();
  same.hostname = " ca.metrc.com ";
  for (const auto& user : {demo_user(), same}) {
    const test::scripted_client<credentials_auth> client(script, credentials_auth(user, kept),
                                                         test::patient_config(clock));
    REQUIRE(client.get("/x"));
    CHECK(client.auth().tokens_obtained() == 1);
  }
  CHECK(test::count_posts(script) == 1);
  CHECK(test::authorization_of(script.requests().back()) == "Bearer " + test::jwt("shared"));
}

TEST_CASE("a token is shared with nobody whose password, user, state or service is another") {
  const auto clock = test::make_clock();
  const t3api::memory_store kept(clock);
  t3api::scripted_transport script;
  const auto exchanges_of = [&](const credentials& user, const std::string& host) {
    const int before = test::count_posts(script);
    script.reply(test::token_answer(test::jwt("a"))).reply(test::answer(200));
    auto config = test::patient_config(clock);
    config.host = host;
    const test::scripted_client<credentials_auth> client(script, credentials_auth(user, kept), config);
    CHECK(client.get("/x"));
    return test::count_posts(script) - before;
  };
  const std::string here = "https://api.example.com";
  CHECK(exchanges_of(demo_user(), here) == 1);
  CHECK(exchanges_of(demo_user(), "https://other.example.com") == 1);
  CHECK(exchanges_of(demo_user(), here + "/t3") == 1);
  const std::vector<std::function<void(credentials&)>> changes = {
      [](auto& user) { user.password = "another"; }, [](auto& user) { user.username = "another"; },
      [](auto& user) { user.hostname = "mo.metrc.com"; }, [](auto& user) { user.email = "a@b"; }};
  for (const auto& change : changes) {
    auto user = demo_user();
    change(user);
    CHECK(exchanges_of(user, here) == 1);
  }
}

TEST_CASE("a wrong password is posted once, also by two auth objects while their store remembers it") {
  const auto clock = test::make_clock();
  const t3api::memory_store kept(clock);
  t3api::scripted_transport script;
  script.reply(test::answer(401, R"({"error":{"message":"wrong"}})"));
  const auto config = test::patient_config(clock);
  const test::scripted_client<credentials_auth> one(script, credentials_auth(demo_user(), kept), config);
  const test::scripted_client<credentials_auth> other(script, credentials_auth(demo_user(), kept), config);
  for (int i = 0; i < 3; ++i) {
    for (const auto* client : {&one, &other}) {
      const auto refused = client->get("/x");
      REQUIRE_FALSE(refused);
      CHECK(refused.error().category == error_category::authentication);
      CHECK(refused.error().status == 401);
      CHECK(refused.error().message.find("wrong") != std::string::npos);
    }
    clock->advance(25s);
  }
  CHECK(script.requests().size() == 1);
  clock->advance(24h);
  CHECK_FALSE(one.get("/x"));
  CHECK(script.requests().size() == 1);
  // The other has only heard of it, and may try for itself when nobody remembers.
  script.reply(test::answer(401, R"({"error":{"message":"wrong"}})"));
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(other.get("/x"));
    clock->advance(24h);
  }
  CHECK(script.requests().size() == 2);
  auto corrected = demo_user();
  corrected.password = "right";
  script.reply(test::token_answer("token-1")).reply(test::answer(200));
  const test::scripted_client<credentials_auth> third(script, credentials_auth(corrected, kept), config);
  CHECK(third.get("/x"));
}

TEST_CASE("a refusal does not count against another seed or another one-time password") {
  const auto clock = test::make_clock();
  const t3api::memory_store kept(clock);
  const auto posts_of = [&](const std::string& otp, const std::string& otp_seed, t3api::response answer) {
    auto user = demo_user();
    user.otp = otp;
    user.otp_seed = otp_seed;
    t3api::scripted_transport script;
    if (!otp_seed.empty()) script.reply(states());
    script.reply(std::move(answer)).reply(test::answer(200));
    const test::scripted_client<credentials_auth> client(script, credentials_auth(user, kept),
                                                         test::patient_config(clock));
    (void)client.get("/x");
    return test::count_posts(script);
  };
  CHECK(posts_of("", michigan_seed, test::answer(401)) == 1);
  CHECK(posts_of("", "jbsw y3dp ehpk 3pxp", test::answer(401)) == 0);
  CHECK(posts_of("123456", "", test::answer(401)) == 1);
  CHECK(posts_of(" 123456 ", "", test::answer(401)) == 0);
  CHECK(posts_of("654321", "", test::answer(401)) == 1);
  CHECK(posts_of("", "GEZDGNBVGY3TQOJQ", test::token_answer("token-1")) == 1);
}

TEST_CASE("two auth objects that share a store never send the same one-time password") {
  const auto clock = test::make_clock();
  const t3api::memory_store kept(clock);
  t3api::scripted_transport script;
  auto other_user = demo_with_seed();
  other_user.email = "a@b";  // so that the token itself is not shared
  const auto config = test::patient_config(clock);
  for (const auto& user : {demo_with_seed(), other_user}) {
    script.reply(states()).reply(test::token_answer("token-1")).reply(test::answer(200));
    const test::scripted_client<credentials_auth> client(script, credentials_auth(user, kept), config);
    REQUIRE(client.get("/x"));
  }
  const auto sent = script.requests();
  REQUIRE(sent.size() == 6);
  CHECK(otp_in(sent[1]) == code_at(0s));
  CHECK(otp_in(sent[4]) == code_at(30s));
}

TEST_CASE("a used one-time password fails the call at once when that is wanted") {
  const auto clock = test::make_clock();
  t3api::scripted_transport script;
  script.reply(states()).reply(test::token_answer("token-1")).reply(test::answer(401)).reply(states());
  const test::scripted_client<credentials_auth> client(
      script, credentials_auth(demo_with_seed(), {.when_otp_is_used = t3api::used_otp::fail}),
      test::patient_config(clock));
  const auto used = client.get("/x");
  REQUIRE_FALSE(used);
  CHECK(used.error().category == error_category::timeout);
  CHECK(used.error().retryable);
  CHECK(clock->waits().empty());
}

TEST_CASE("without keep_credentials a client ends with its token and says what to do") {
  const auto clock = test::make_clock();
  t3api::scripted_transport script;
  script.reply(test::token_answer(test::jwt("only", 1h))).reply(test::answer(200)).reply(test::answer(200));
  const test::scripted_client<credentials_auth> client(
      script, credentials_auth(demo_user(), {.renewal = {.keep_credentials = false}}),
      test::patient_config(clock));
  CHECK(client.get("/x"));
  clock->advance(1h - 1s);
  CHECK(client.get("/x"));
  clock->advance(1s);
  for (int i = 0; i < 2; ++i) {
    const auto ended = client.get("/x");
    REQUIRE_FALSE(ended);
    CHECK(ended.error().category == error_category::authentication);
    CHECK(ended.error().message.find("log in again, or ask for renewal when the client is made") !=
          std::string::npos);
  }
  CHECK(script.requests().size() == 3);
}
