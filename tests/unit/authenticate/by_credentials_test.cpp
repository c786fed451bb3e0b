#include <t3api/authenticate/by_credentials.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/unit/authenticate/support.hpp"
#include "tests/unit/authenticate/surroundings.hpp"

#include <t3api/api/auth.hpp>
#include <t3api/detail/base32.hpp>
#include <t3api/sandbox/metrc/totp.hpp>

using namespace t3api;
using namespace t3api::test;
using namespace std::chrono_literals;

namespace {

/// Who the function logs in; the token is tried out at the service.
struct login_function {
  std::string name;
  std::function<std::string(const credentials_arguments&)> username;
};

std::string owner(const authenticated_client& client) { return whoami(client).value().username; }
std::string owner(const secret& token, const credentials_arguments& given) {
  return owner(
      create_jwt_authenticated_client({.jwt_token = token, .host = given.host, .config = given.config}));
}

using arguments = const credentials_arguments&;

const std::vector<login_function> functions = {
    {"create_credentials_authenticated_client_or_error",
     [](arguments a) { return owner(create_credentials_authenticated_client_or_error(a)); }},
    {"create_credentials_authenticated_client_or_error_async",
     [](arguments a) { return owner(create_credentials_authenticated_client_or_error_async(a).get()); }},
    {"authenticate_and_get_token", [](arguments a) { return owner(authenticate_and_get_token(a), a); }},
    {"authenticate_and_get_token_async",
     [](arguments a) { return owner(authenticate_and_get_token_async(a).get(), a); }},
    {"authenticate_and_get_response",
     [](arguments a) { return owner(authenticate_and_get_response(a).access_token, a); }},
    {"authenticate_and_get_response_async",
     [](arguments a) { return owner(authenticate_and_get_response_async(a).get().access_token, a); }}};

credentials_arguments michigan() {
  return {.hostname = "mi.metrc.com", .username = "demo-mi", .password = "demo-mi-password"};
}
credentials_arguments colorado() {
  return {.hostname = "co.metrc.com", .username = "demo-co", .password = "demo-co-password"};
}

std::set<std::string> members_of(const nlohmann::json& body) {
  std::set<std::string> names;
  for (const auto& [name, value] : body.items()) names.insert(name);
  return names;
}

}  // namespace

TEST_CASE("each function posts the credentials once, and nothing that was not given") {
  const surroundings clean;
  for (const auto& function : functions) {
    CAPTURE(function.name);
    const sandbox_server box;
    CHECK(function.username(california({.host = box.url()})) == "demo-ca");
    CHECK(box.exchanges() == 1);
    const auto posted = box.server.requests().front();
    CHECK(posted.method == method::post);
    CHECK(posted.path == "/v2/auth/credentials");
    CHECK_FALSE(posted.headers.contains("Authorization"));
    const auto body = parse_json(posted.body).value();
    CHECK(members_of(body) == std::set<std::string>{"hostname", "username", "password"});
    CHECK(body["password"] == "demo-ca-password");
  }
}

TEST_CASE("a hostname is sent as it was given") {
  const surroundings clean;
  const sandbox_server box;
  auto given = california({.host = box.url()});
  given.hostname = "api-ca";
  CHECK(owner(create_credentials_authenticated_client_or_error(given)) == "demo-ca");
  CHECK(parse_json(box.server.requests().front().body).value()["hostname"] == "api-ca");
}

TEST_CASE("Colorado: with the e-mail address; Michigan: with a one-time password, or its seed") {
  const surroundings clean;
  for (const auto& function : functions) {
    CAPTURE(function.name);
    const sandbox_server box;
    auto given = colorado();
    given.host = box.url();
    given.email = "demo@example.com";
    CHECK(function.username(given) == "demo-co");

    given = michigan();
    given.host = box.url();
    given.otp_seed = "JBSWY3DPEHPK3PXP";
    CHECK(function.username(given) == "demo-mi");
  }
  for (const auto& function : functions) {
    CAPTURE(function.name);
    const auto clock = std::make_shared<manual_clock>();
    const sandbox_server box({}, clock);
    auto given = michigan();
    given.host = box.url();
    given.otp =
        sandbox::totp_code(*detail::base32_decode("JBSWY3DPEHPK3PXP"), sandbox::totp_step(clock->wall_now()));
    CHECK(function.username(given) == "demo-mi");
  }
}

TEST_CASE("what is missing or malformed is told before anything is sent, without its value") {
  const surroundings clean;
  const recording_server service(obliging_service);
  struct row {
    std::string words;
    credentials_arguments given;
  };
  const auto changed = [](credentials_arguments base, auto change) {
    change(base);
    return base;
  };
  const auto rows = std::vector<row>{
      {"the Metrc hostname is empty", changed(california(), [](auto& a) { a.hostname = " "; })},
      {"the Metrc user name is empty", changed(california(), [](auto& a) { a.username = ""; })},
      {"the Metrc password is empty", changed(california(), [](auto& a) { a.password = "\t "; })},
      {"the Metrc password holds a control character",
       changed(california(), [](auto& a) { a.password = "canary\n1"; })},
      {"mi.metrc.com wants a one-time password", michigan()},
      {"MI.metrc.com wants a one-time password",
       changed(michigan(), [](auto& a) { a.hostname = "MI.metrc.com"; })},
      {"co.metrc.com wants the account's e-mail address", colorado()},
      {"seed", changed(michigan(), [](auto& a) { a.otp_seed = "canary 1"; })},
      {"both a one-time password and its seed are given", changed(michigan(), [](auto& a) {
         a.otp = "123456";
         a.otp_seed = "JBSWY3DPEHPK3PXP";
       })}};
  for (const auto& row : rows) {
    for (const auto& function : functions) {
      CAPTURE(row.words);
      CAPTURE(function.name);
      auto given = row.given;
      given.host = service.url();
      const auto failure = failure_of([&] { function.username(given); });
      CHECK(failure.is_from<std::invalid_argument>());
      CHECK(failure.says("the T3 API login with Metrc credentials failed: "));
      CHECK(failure.says(row.words));
      CHECK_FALSE(failure.says("canary"));
    }
  }
  CHECK(service.count() == 0);
}

TEST_CASE("OTP_WHITELIST and EMAIL_WHITELIST say which states want more") {
  const surroundings around;
  const recording_server service(obliging_service);
  for (const auto& function : functions_of_credentials) {
    CAPTURE(function.name);
    around.set("OTP_WHITELIST", "xx.metrc.com, CA.metrc.com");
    CHECK(failure_of([&] { function.run({.host = service.url()}); }).says("wants a one-time password"));
    around.unset("OTP_WHITELIST");
    around.write_file("EMAIL_WHITELIST=ca.metrc.com");
    CHECK(failure_of([&] { function.run({.host = service.url()}); }).says("wants the account's e-mail"));
    around.write_file("");
    CHECK_NOTHROW(function.run({.host = service.url()}));
  }
  around.set("OTP_WHITELIST", ",");
  auto given = michigan();
  given.host = service.url();
  CHECK_NOTHROW(authenticate_and_get_token(given));
}

TEST_CASE("a wrong password is posted once and shown nowhere") {
  const surroundings clean;
  for (const auto& function : functions) {
    CAPTURE(function.name);
    const sandbox_server box;
    auto given = california({.host = box.url()});
    given.password = "canary-password";
    const auto failure = failure_of([&] { function.username(given); });
    CHECK(failure.outer.details().status == 401);
    CHECK(failure.outer.details().attempts == 1);
    CHECK(failure.says("Metrc refused the login"));
    CHECK_FALSE(failure.says("canary"));
    CHECK(failure.is_from<authentication_error>());
    CHECK(box.exchanges() == 1);
  }
}

TEST_CASE("the response keeps every further member") {
  const surroundings clean;
  const nlohmann::json sent = {{"accessToken", "the-token"},
                               {"refreshToken", "the-refresh-token"},
                               {"expiresIn", 3600},
                               {"user", {{"name", "A"}, {"roles", {"x", nullptr, 1.5}}}}};
  const recording_server service([&sent](const request&) { return json_response(200, sent); });
  for (const bool async : {false, true}) {
    CAPTURE(async);
    const auto given = california({.host = service.url()});
    const auto data =
        async ? authenticate_and_get_response_async(given).get() : authenticate_and_get_response(given);
    CHECK(data.access_token.reveal() == "the-token");
    auto further = sent;
    further.erase("accessToken");
    CHECK(data.further == further);
    CHECK(data.further["refreshToken"] == "the-refresh-token");
  }
}

TEST_CASE("with renew a client outlives its token; without it it says what to do, and logs in no more") {
  const surroundings clean;
  for (const bool renew : {false, true}) {
    for (const bool async : {false, true}) {
      CAPTURE(renew);
      CAPTURE(async);
      const auto clock = std::make_shared<manual_clock>();
      const sandbox_server box({.jwt_ttl = 1h}, clock);
      auto given = california({.config = client_config{.host = box.url(), .clock = clock}});
      given.renew = renew;
      const auto client = async ? create_credentials_authenticated_client_or_error_async(given).get()
                                : create_credentials_authenticated_client_or_error(given);
      CHECK(owner(client) == "demo-ca");
      clock->advance(2h);
      const auto answer = client.get("/v2/auth/whoami");
      CHECK(box.exchanges() == (renew ? 2 : 1));
      CHECK(answer.has_value() == renew);
      if (renew || answer) continue;
      CHECK(answer.error().category == error_category::authentication);
      CHECK(answer.error().message.find("log in again, or ask for renewal when the client is made") !=
            std::string::npos);
    }
  }
  CHECK_FALSE(credentials_arguments().renew);
}

TEST_CASE("with one store several logins are one, and a one-time password is used once") {
  const surroundings clean;
  const sandbox_server box;
  const memory_store store;
  const auto given = [&] {
    auto one = michigan();
    one.host = box.url();
    one.otp_seed = "JBSWY3DPEHPK3PXP";
    one.store = store;
    return one;
  };
  const auto first = authenticate_and_get_token(given());
  CHECK(authenticate_and_get_token(given()).reveal() == first.reveal());
  CHECK(owner(first, given()) == "demo-mi");
  for (const auto& function : functions) {
    CAPTURE(function.name);
    CHECK(function.username(given()) == "demo-mi");
  }
  CHECK(box.exchanges() == 1);
  const auto data = authenticate_and_get_response(given());
  CHECK(data.access_token.reveal() == first.reveal());
  CHECK(data.further.empty());
}

TEST_CASE("without renew a token that the service refuses ends the client too") {
  const surroundings clean;
  sandbox_server box;
  const auto client = create_credentials_authenticated_client_or_error(california({.host = box.url()}));
  box.service.metrc().end_sessions("ca.metrc.com", "demo-ca");
  CHECK_THROWS_AS(client.get("/v2/licenses").value(), authentication_error);
  CHECK(box.exchanges() == 1);
}
