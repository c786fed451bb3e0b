#include <t3api/authenticate/configured.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/files.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/authenticate/support.hpp"
#include "tests/unit/authenticate/surroundings.hpp"
#include "tests/unit/environment/support.hpp"

#include <t3api/api/auth.hpp>
#include <t3api/api/secret_keys.hpp>
#include <t3api/auth/none.hpp>

using namespace t3api;
using namespace t3api::test;
using namespace std::chrono_literals;

namespace {

/// What is set, in the environment and in a file.
struct configuration {
  variables set{};
  std::string file{};
};

/// What the service was asked for first, and by which way in; `given` goes before what is configured.
std::string way_of(const configuration& what, configured_arguments given = {}) {
  const recording_server service(obliging_service);
  const temporary_folder folder;
  given.host = service.url();
  given.environment = options_of(what.set, folder.write("settings", what.file));
  const auto client = get_authenticated_client_or_error(given);
  use(client);
  const auto first = service.requests().front();
  if (const auto key = first.headers.get("X-T3-API-Key")) return "secret key " + std::string(*key);
  if (const auto token = first.headers.get("Authorization")) return "JWT " + std::string(token->substr(7));
  return first.path + " " + first.body;
}

const variables everything = {{"T3_SECRET_KEY", "s"},
                              {"JWT_TOKEN", "j"},
                              {"API_KEY", "a"},
                              {"API_STATE_CODE", "CA"},
                              {"METRC_PASSWORD", "p"},
                              {"METRC_USERNAME", "u"},
                              {"METRC_HOSTNAME", "ca.metrc.com"}};

variables without(const std::vector<std::string>& names) {
  auto rest = everything;
  for (const auto& name : names) rest.erase(name);
  return rest;
}

const std::string by_api_key = R"(/v2/auth/apikey {"apiKey":"a","stateCode":"CA"})";
const std::string by_password =
    R"(/v2/auth/credentials {"hostname":"ca.metrc.com","username":"u","password":"p"})";

}  // namespace

TEST_CASE("the order is secret key, JWT, API key, credentials; `order` overrides it") {
  CHECK(way_of({.set = everything}) == "secret key s");
  CHECK(way_of({.set = without({"T3_SECRET_KEY"})}) == "JWT j");
  CHECK(way_of({.set = without({"T3_SECRET_KEY", "JWT_TOKEN"})}) == by_api_key);
  CHECK(way_of({.set = without({"T3_SECRET_KEY", "JWT_TOKEN", "API_KEY"})}) == by_password);
  CHECK(way_of({.set = everything}, {.order = {way_in::credentials, way_in::secret_key}}) == by_password);
  CHECK(way_of({.set = everything}, {.order = {way_in::jwt}}) == "JWT j");
}

TEST_CASE("arguments before the environment before the file, for ways in and for values") {
  CHECK(way_of({.set = everything}, {.api_key = "a", .state_code = "CA"}) == by_api_key);
  CHECK(way_of({.set = {{"JWT_TOKEN", "j"}}, .file = "T3_SECRET_KEY=s"}) == "JWT j");
  CHECK(way_of({.set = {{"T3_SECRET_KEY", "mine"}}, .file = "T3_SECRET_KEY=s"}) == "secret key mine");
  CHECK(way_of({.set = {{"T3_SECRET_KEY", "  "}}, .file = "T3_SECRET_KEY=s"}) == "secret key s");
  CHECK(way_of({.set = {{"METRC_PASSWORD", "p"}, {"METRC_USERNAME", "other"}},
                .file = "METRC_HOSTNAME=ca.metrc.com\nMETRC_USERNAME=third"},
               {.username = "u"}) == by_password);
}

TEST_CASE("all that is configured reaches the login: e-mail, seed, white lists, T3_API_HOST") {
  const sandbox_server box;
  const temporary_folder folder;
  const auto login = [&](variables set, configured_arguments given = {}) {
    set["T3_API_HOST"] = box.url();
    given.environment = options_of(std::move(set));
    return whoami(get_authenticated_client_or_error(given)).value().username;
  };
  CHECK(login({{"METRC_HOSTNAME", "co.metrc.com"},
               {"METRC_USERNAME", "demo-co"},
               {"METRC_PASSWORD", "demo-co-password"},
               {"METRC_EMAIL", "demo@example.com"}}) == "demo-co");
  CHECK(login({{"METRC_HOSTNAME", "mi.metrc.com"},
               {"METRC_USERNAME", "demo-mi"},
               {"METRC_PASSWORD", "demo-mi-password"},
               {"OTP_SEED", "JBSWY3DPEHPK3PXP"}}) == "demo-mi");
  const credentials california_user{
      .hostname = "ca.metrc.com", .username = "demo-ca", .password = "demo-ca-password"};
  const auto key =
      create_secret_key(default_client<no_auth>{no_auth(), {.host = box.url()}}, california_user).value();
  CHECK(login({{"T3_SECRET_KEY", std::string(key.reveal())}}) == "demo-ca");
  const auto failure = failure_of([&] {
    login({{"METRC_HOSTNAME", "ca.metrc.com"},
           {"METRC_USERNAME", "demo-ca"},
           {"METRC_PASSWORD", "demo-ca-password"},
           {"OTP_WHITELIST", "ca.metrc.com"}});
  });
  CHECK(failure.says("ca.metrc.com wants a one-time password"));
}

TEST_CASE("the way in is described by the client and told to the log, never a value") {
  const recording_server service(obliging_service);
  const temporary_folder folder;
  std::vector<std::string> notices;
  configured_arguments given{.host = service.url()};
  given.logging_hooks = t3api::logging_hooks{
      .on_notice = [&notices](std::string_view notice) { notices.emplace_back(notice); }};
  given.environment = options_of({{"METRC_PASSWORD", "canary-password"}},
                                 folder.write("settings", "\nAPI_KEY=canary-key\nAPI_STATE_CODE=CA\n"));
  given.hostname = "ca.metrc.com";
  given.username = "canary-user";
  const auto client = get_authenticated_client_or_error(given);
  const std::string expected =
      "using the Metrc credentials from METRC_PASSWORD in the environment, METRC_HOSTNAME and METRC_USERNAME "
      "in the arguments (not used: API key from API_KEY in " +
      folder.path() + "/settings line 2), at " + service.url();
  CHECK(client.auth().description() == expected);
  CHECK(notices == std::vector<std::string>{expected});
}

TEST_CASE("the description ends with the service, who chose it, and that certificates are not checked") {
  const recording_server service(obliging_service);
  const temporary_folder folder;
  const auto file = folder.write(
      "settings", "T3_SECRET_KEY=canary-key\nT3_API_HOST=" + service.url() + "/base/\nVERIFY_SSL=no\n");
  const auto description = [&](configured_arguments given, variables set = {}) {
    given.environment = options_of(std::move(set), file);
    return get_authenticated_client_or_error(given).auth().description();
  };
  const std::string start = "using the secret key from T3_SECRET_KEY in " + file + " line 1, at ";
  const std::string unchecked = "; certificates are NOT checked";
  const auto by_file = unchecked + " (VERIFY_SSL in " + file + " line 3)";
  CHECK(description({}) == start + service.url() + " (T3_API_HOST in " + file + " line 2)" + by_file);
  CHECK(description({}, {{"T3_API_HOST", "https://t3.example:8443"}, {"VERIFY_SSL", "1"}}) ==
        start + "https://t3.example:8443 (T3_API_HOST in the environment)");
  CHECK(description({.host = ""}).ends_with(" line 2)" + by_file));
  CHECK(description({.host = "https://t3.example"}) == start + "https://t3.example" + by_file);
  client_config config{.host = "https://t3.example"};
  CHECK(description({.config = config}) == start + "https://t3.example");
  config.tls.dangerously_accept_any_certificate = true;
  CHECK(description({.config = config}) == start + "https://t3.example" + unchecked);
  CHECK(description({.host = "https://other.example", .config = config}) ==
        start + "https://other.example" + unchecked);
}

TEST_CASE("a secret goes only where a place says that is trusted as much") {
  const recording_server service(obliging_service);
  const temporary_folder folder;
  const auto told = [&](const std::string& file, variables set, configured_arguments given = {}) {
    given.environment = options_of(std::move(set), folder.write("settings", file));
    try {
      use(get_authenticated_client_or_error(given));
    } catch (const std::exception& failure) {
      const std::string message = failure.what();
      CHECK(message.find("canary") == std::string::npos);
      CHECK(message.find("in the environment, or give it as an argument") != std::string::npos);
      return message.substr(message.find("T3_API_HOST"));
    }
    return std::string();
  };
  const auto refused = [&](const std::string& secret) {
    return "T3_API_HOST in " + folder.path() + "/settings line 1 does not decide where to send " + secret +
           ": set T3_API_HOST in the environment, or give it as an argument";
  };
  const std::string host = "T3_API_HOST=" + service.url() + "\n";
  const variables login = {{"METRC_HOSTNAME", "ca.metrc.com"}, {"METRC_USERNAME", "canary"}};
  auto with_password = login;
  with_password["METRC_PASSWORD"] = "canary";
  CHECK(told(host, {{"T3_SECRET_KEY", "canary"}}) == refused("T3_SECRET_KEY in the environment"));
  CHECK(told(host, {{"JWT_TOKEN", "canary"}}) == refused("JWT_TOKEN in the environment"));
  CHECK(told(host, {{"API_KEY", "canary"}, {"API_STATE_CODE", "CA"}}) ==
        refused("API_KEY in the environment"));
  CHECK(told(host, with_password) == refused("METRC_PASSWORD in the environment"));
  CHECK(told(host, {}, {.secret_key = "canary"}) == refused("T3_SECRET_KEY in the arguments"));
  CHECK(told(host + "METRC_PASSWORD=canary\n", login, {.otp = "123456"}) ==
        refused("one-time password in the arguments"));
  CHECK(service.count() == 0);

  CHECK(told(host + "METRC_PASSWORD=canary\n", login).empty());
  CHECK(told(host + "T3_SECRET_KEY=s\n", {}).empty());
  CHECK(told("T3_SECRET_KEY=s\n", {{"T3_API_HOST", service.url()}}).empty());
  CHECK(told("T3_API_HOST=https://evil.example", {{"T3_API_HOST", service.url()}, {"T3_SECRET_KEY", "s"}})
            .empty());
  CHECK(told("T3_API_HOST=https://evil.example", {{"T3_SECRET_KEY", "s"}}, {.host = service.url()}).empty());
  CHECK(service.count("/v2/licenses") == 5);
}

TEST_CASE("the description ends with what there is to warn of") {
  const recording_server service(obliging_service);
  const temporary_folder folder;
  const auto description = [&](const std::string& more, mode_t mode, variables set = {}) {
    const auto file = folder.write("settings", "T3_SECRET_KEY=s\nT3_API_HOST=" + service.url() + "\n" + more);
    REQUIRE(::chmod(file.c_str(), mode) == 0);
    return get_authenticated_client_or_error({.environment = options_of(std::move(set), file)})
        .auth()
        .description();
  };
  CHECK(description("", 0600).ends_with(" line 2)"));
  CHECK(description("", 0644).ends_with("; others may read " + folder.path() +
                                        "/settings, which holds secrets: run chmod 600 on it"));
  CHECK(description("", 0666).find("; others may change ") != std::string::npos);
  const auto log = folder.path() + "/t3.log";
  CHECK(description("T3_LOG_HTTP=1\nT3_LOG_FILE=" + log + "\n", 0600).ends_with(" line 2)"));
  CHECK(mode_of(log) == 0600);
  REQUIRE(::chmod(log.c_str(), 0664) == 0);
  const auto size = content_of(log).size();
  CHECK(description("T3_LOG_HTTP=1\nT3_LOG_FILE=" + log + "\n", 0600)
            .ends_with(
                "; the log goes to standard error in place of '" + log +
                "': others than its owner may use it (mode 0664): run chmod 600 on it, or name a new file"));
  CHECK(content_of(log).size() == size);
  CHECK(description("T3_LOG_HTTP=1\nT3_LOG_FILE=/tmp/t3.log\n", 0600)
            .ends_with("names log files only in its own folder: set T3_LOG_FILE in the environment"));
}

TEST_CASE("a user name that is given is never ignored for an API key that is found") {
  const recording_server service(obliging_service);
  const auto failure = failure_of([&] {
    get_authenticated_client_or_error(
        {.hostname = "ca.metrc.com",
         .username = "alice",
         .host = service.url(),
         .environment = options_of({{"API_KEY", "a"}, {"API_STATE_CODE", "CA"}})});
  });
  CHECK(failure.says("is not enough: METRC_PASSWORD must be set too"));
  CHECK(service.count() == 0);
}

TEST_CASE("a seed that is configured is of no account where the state wants none") {
  variables set = without({"T3_SECRET_KEY", "JWT_TOKEN", "API_KEY"});
  set["OTP_SEED"] = "no seed at all!";
  CHECK(way_of({.set = set}) == by_password);
  set["OTP_WHITELIST"] = "ca.metrc.com";
  CHECK(failure_of([&] { way_of({.set = set}); }).says("OTP_SEED in the environment: "));
}

TEST_CASE("configured clients with one store share one token") {
  const sandbox_server box;
  configured_arguments given{.host = box.url()};
  given.store = t3api::memory_store();
  given.environment = options_of({{"METRC_HOSTNAME", "mi.metrc.com"},
                                  {"METRC_USERNAME", "demo-mi"},
                                  {"METRC_PASSWORD", "demo-mi-password"},
                                  {"OTP_SEED", "JBSWY3DPEHPK3PXP"}});
  for (int client = 0; client < 3; ++client)
    CHECK(whoami(get_authenticated_client_or_error(given)).value().username == "demo-mi");
  CHECK(box.exchanges() == 1);
  given.environment = options_of({{"API_KEY", "demo-api-key"}, {"API_STATE_CODE", "CA"}});
  for (int client = 0; client < 3; ++client)
    CHECK(whoami(get_authenticated_client_or_error(given)).value().username == "demo-ca");
  CHECK(box.exchanges() == 2);
}

TEST_CASE("nothing configured, or not all of it: told with the names, and nothing is sent") {
  const recording_server service(obliging_service);
  const auto failure_with = [&](variables set) {
    return failure_of([&] {
      get_authenticated_client_or_error({.host = service.url(), .environment = options_of(std::move(set))});
    });
  };
  auto failure = failure_with({});
  CHECK(failure.is_from<std::invalid_argument>());
  CHECK(failure.message() ==
        "the T3 API login with what is configured failed: no credentials are configured: looked in the "
        "arguments and the environment for T3_SECRET_KEY, or JWT_TOKEN, or API_KEY with API_STATE_CODE, or "
        "METRC_PASSWORD with METRC_HOSTNAME and METRC_USERNAME; set one of these");
  failure = failure_with({{"API_KEY", "canary"}});
  CHECK(
      failure.says("the API key from API_KEY in the environment is not enough: API_STATE_CODE must be set"));
  CHECK_FALSE(failure.says("canary"));
  failure = failure_with({{"API_KEY", "canary"}, {"API_STATE_CODE", "California"}});
  CHECK(failure.says("API_STATE_CODE in the environment: the state code is not two letters"));
  failure = failure_with({{"METRC_USERNAME", "canary"}});
  CHECK(failure.says(
      "METRC_USERNAME is set in the environment, but METRC_PASSWORD and METRC_HOSTNAME are not"));
  CHECK_FALSE(failure.says("canary"));
  CHECK(service.count() == 0);
}

TEST_CASE("an expired JWT is an authentication_error, nested in one, and nothing is sent") {
  const recording_server service(obliging_service);
  const std::string expired = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln";  // {"exp": 1}
  const auto failure = failure_of([&] {
    get_authenticated_client_or_error(
        {.host = service.url(), .environment = options_of({{"JWT_TOKEN", expired}})});
  });
  CHECK(failure.is_from<authentication_error>());
  CHECK(failure.says("JWT_TOKEN in the environment: the JWT has expired"));
  CHECK(service.count() == 0);
}

TEST_CASE("a file that is malformed or cannot be read is told with its name and line, never a value") {
  const recording_server service(obliging_service);
  const temporary_folder folder;
  const auto check = [&](const std::string& file, const std::string& words) {
    CAPTURE(file);
    const auto failure = failure_of([&] {
      get_authenticated_client_or_error(
          {.secret_key = "given", .host = service.url(), .environment = options_of({}, file)});
    });
    CHECK(failure.is_from<std::invalid_argument>());
    CHECK(failure.outer.details().category == error_category::argument);
    CHECK(failure.says(file + words));
    CHECK_FALSE(failure.says("canary"));
  };
  check(folder.write("quote", "# one\n\nMETRC_PASSWORD=\"canary\n"),
        " line 3 (METRC_PASSWORD) opens a quote");
  check(folder.write("twice", "API_KEY=canary\nJWT_TOKEN=canary\nAPI_KEY=canary2\n"),
        " line 3 (API_KEY) sets what line 1 has set");
  check(folder.write("words", "JWT_TOKEN=a.b.c\ncanary canary\n"), " line 2 is no KEY=VALUE");
  check(folder.write("large", std::string(10'000'000, '#')), " is larger than");
  check(folder.path(), " is a directory");
  check(folder.write("file", "") + "/below", " cannot be read");
  if (::geteuid() != 0) {
    const auto locked = folder.write("locked", "JWT_TOKEN=canary");
    REQUIRE(::chmod(locked.c_str(), 0) == 0);
    check(locked, " cannot be read");
  }
  CHECK(service.count() == 0);
}

TEST_CASE("without arguments the process environment and .t3.env in the working directory are read") {
  const surroundings around;
  const recording_server service(obliging_service);
  around.set("T3_API_HOST", service.url());
  CHECK(failure_of([] { get_authenticated_client_or_error(); }).says("the environment and .t3.env for"));
  around.write_file("API_KEY=a\nAPI_STATE_CODE=CA\n");
  const auto expected = "using the API key from API_KEY in .t3.env line 1, at " + service.url() +
                        " (T3_API_HOST in the environment)";
  CHECK(get_authenticated_client_or_error().auth().description() == expected);
  CHECK(get_authenticated_client_or_error_async().get().auth().description() == expected);
  CHECK(service.count("/v2/auth/apikey") == 2);
  around.write_file("API_KEY=\"a\n");
  CHECK(failure_of([] { get_authenticated_client_or_error(); }).says(".t3.env line 1 (API_KEY)"));
}

TEST_CASE("a configured client renews by itself, unless that is forbidden") {
  for (const bool renew : {true, false}) {
    for (const bool by_key : {true, false}) {
      CAPTURE(renew);
      CAPTURE(by_key);
      const auto clock = std::make_shared<manual_clock>();
      const sandbox_server box({.jwt_ttl = 1h}, clock);
      configured_arguments given{.config = client_config{.host = box.url(), .clock = clock}};
      given.environment = options_of(by_key ? variables{{"API_KEY", "demo-api-key"}, {"API_STATE_CODE", "CA"}}
                                            : variables{{"METRC_HOSTNAME", "ca.metrc.com"},
                                                        {"METRC_USERNAME", "demo-ca"},
                                                        {"METRC_PASSWORD", "demo-ca-password"}});
      if (!renew) given.renew = false;
      const auto client = get_authenticated_client_or_error(given);
      CHECK(box.exchanges() == 1);
      clock->advance(2h);
      CHECK(client.get("/v2/auth/whoami").has_value() == renew);
      CHECK(box.exchanges() == (renew ? 2 : 1));
    }
  }
}
