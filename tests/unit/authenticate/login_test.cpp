// What all the named functions have in common; see by_*_test.cpp for what each way in has besides.

#include <t3api/authenticate/login.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/files.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/unit/authenticate/support.hpp"
#include "tests/unit/authenticate/surroundings.hpp"

using namespace t3api;
using namespace t3api::test;
using namespace std::chrono_literals;

namespace {

settings settings_with(const credentials_arguments& given) { return detail::settings_for(given); }

}  // namespace

TEST_CASE("each function logs in once and uses the token that it got") {
  const surroundings clean;
  for (const auto& function : all_functions()) {
    CAPTURE(function.name);
    const recording_server service(obliging_service);
    function.run({.host = service.url()});
    const bool has_token = function.name == "create_jwt_authenticated_client";
    CHECK(service.count() == (function.gives_client ? 1U : 0U) + (has_token ? 0U : 1U));
    if (!function.gives_client) continue;
    const std::string token = has_token ? "a.b.c" : "token-of-the-service";
    CHECK(service.last_request().headers.get("Authorization").value_or("") == "Bearer " + token);
  }
}

TEST_CASE("the host: argument, then config, then T3_API_HOST, then .t3.env; an empty one counts as none") {
  const surroundings around;
  const recording_server wanted(obliging_service);
  const recording_server other(obliging_service);
  struct row {
    std::string name;
    std::optional<std::string> host;
    bool config_is_wanted, config_is_other;
    std::string environment, file;
  };
  const std::string none;
  const std::vector<row> rows = {
      {"environment alone", std::nullopt, false, false, wanted.url(), none},
      {"environment before file", std::nullopt, false, false, wanted.url(), other.url()},
      {"empty host, no config", "", false, false, wanted.url(), none},
      {"host before environment", wanted.url(), false, false, other.url(), other.url()},
      {"config before environment", std::nullopt, true, false, other.url(), other.url()},
      {"config and the same host", wanted.url(), true, false, other.url(), none},
      {"config and another host", wanted.url(), false, true, other.url(), none},
      {"config and an empty host", "", true, false, other.url(), none}};
  for (const auto& row : rows) {
    around.set("T3_API_HOST", row.environment);
    around.write_file("T3_API_HOST=" + row.file + "\n");
    shared_arguments given{.host = row.host};
    if (row.config_is_wanted || row.config_is_other)
      given.config = client_config{.host = row.config_is_wanted ? wanted.url() : other.url()};
    for (const auto& function : all_functions()) {
      CAPTURE(row.name);
      CAPTURE(function.name);
      const auto before = wanted.count();
      function.run(given);
      CHECK(wanted.count() > before);
    }
  }
  CHECK(other.count() == 0);
}

TEST_CASE("a .t3.env decides neither where a secret that is given goes nor how safely") {
  const surroundings around;
  const recording_server service(obliging_service);
  const auto check = [&](const std::string& file, shared_arguments given, const std::string& words) {
    around.write_file(file);
    for (const auto& function : all_functions()) {
      CAPTURE(function.name);
      std::string told;
      try {
        function.run(given);
      } catch (const std::exception& failure) {
        told = failure.what();
      }
      CHECK(told.find(words) != std::string::npos);
      CHECK(told.find("the environment, or give it as an argument") != std::string::npos);
      CHECK(told.find("demo") == std::string::npos);
    }
  };
  check("T3_API_HOST=" + service.url(), {}, "T3_API_HOST in .t3.env line 1 does not decide where to send ");
  check("\nT3_API_HOST=https://t3.example", {.host = ""}, "T3_API_HOST in .t3.env line 2 does not decide ");
  check("VERIFY_SSL=false", {.host = service.url()},
        "VERIFY_SSL in .t3.env line 1 does not decide whether certificates are checked for ");
  CHECK(service.count() == 0);
}

TEST_CASE("what a .t3.env may decide: T3's own address, and what arguments and the environment go before") {
  const surroundings around;
  const auto host_with = [](const credentials_arguments& given) { return settings_with(given).client.host; };
  around.write_file("T3_API_HOST=" + std::string(default_host) + "/\nVERIFY_SSL=true\n");
  CHECK(host_with({}) == std::string(default_host) + "/");
  around.write_file("T3_API_HOST=https://evil.example\nVERIFY_SSL=false\n");
  CHECK(host_with({.config = client_config{}}) == default_host);
  CHECK_FALSE(settings_with({.config = client_config{}}).client.tls.dangerously_accept_any_certificate);
  around.set("T3_API_HOST", "https://mine.example");
  around.set("VERIFY_SSL", "false");
  CHECK(host_with({}) == "https://mine.example");
  CHECK(settings_with({}).client.tls.dangerously_accept_any_certificate);
}

TEST_CASE("a log file of the Python client, which others may read, stops no login and is not written to") {
  const surroundings around;
  const auto file = around.folder().write("t3_http.log", "old\n");
  REQUIRE(::chmod(file.c_str(), 0644) == 0);
  around.set("T3_LOG_HTTP", "true");
  around.set("T3_LOG_FILE", file);
  for (const auto& function : all_functions()) {
    CAPTURE(function.name);
    const recording_server service(obliging_service);
    CHECK_NOTHROW(function.run({.host = service.url()}));
    CHECK(service.count() > 0);
  }
  CHECK(content_of(file) == "old\n");
  const auto warnings = settings_with({}).warnings;
  REQUIRE(warnings.size() == 1);
  CHECK(warnings.front() ==
        "the log goes to standard error in place of '" + file +
            "': others than its owner may use it (mode 0644): run chmod 600 on it, or name a "
            "new file");
}

TEST_CASE("a .t3.env names no log file for secrets that are given") {
  const surroundings around;
  around.write_file("T3_LOG_HTTP=1\nT3_LOG_FILE=t3.log\n");
  const recording_server service(obliging_service);
  for (const auto& function : all_functions()) CHECK_NOTHROW(function.run({.host = service.url()}));
  CHECK_FALSE(std::filesystem::exists("t3.log"));
  const auto warnings = settings_with({}).warnings;
  REQUIRE(warnings.size() == 1);
  CHECK(warnings.front() ==
        "the log goes to standard error in place of 't3.log': .t3.env names log files only for secrets that "
        "stand in it: set T3_LOG_FILE in the environment");
}

TEST_CASE("with another host everything else of config is kept") {
  const surroundings clean;
  const recording_server service(obliging_service);
  const client_config config{.host = "https://elsewhere.example",
                             .timeout = 71s,
                             .headers = {{"X-Base", "base"}, {"X-Both", "base"}},
                             .user_agent = "kept/1",
                             .tls = {.ca_file = "kept.pem"}};
  const auto client = create_jwt_authenticated_client(
      {.jwt_token = "a.b.c", .host = service.url(), .config = config, .headers = {{"X-Both", "given"}}});
  CHECK(client.config().timeout == 71s);
  CHECK(client.config().tls.ca_file == "kept.pem");
  use(client);
  const auto sent = service.last_request().headers;
  CHECK(sent.get("User-Agent").value_or("") == "kept/1");
  CHECK(sent.get("X-Base").value_or("") == "base");
  CHECK(sent.get("X-Both").value_or("") == "given");
}

TEST_CASE("nothing set: production, 30 seconds, three attempts, no log") {
  const surroundings clean;
  const auto chosen = settings_with({});
  CHECK(chosen.client.host == "https://api.trackandtrace.tools");
  CHECK(chosen.client.timeout == 30s);
  CHECK(chosen.retry.max_attempts == 3);
  CHECK_FALSE(chosen.client.logging.any());
  CHECK_FALSE(chosen.client.rate_limit.has_value());
  CHECK(create_jwt_authenticated_client({.jwt_token = "a.b.c"}).config().host == default_host);
}

TEST_CASE("settings of the environment and the file reach a client without config") {
  const surroundings around;
  around.write_file("HTTP_TIMEOUT=11\nHTTP_READ_TIMEOUT=13\nMAX_WORKERS=7\n");
  for (const auto& [name, value] : std::map<std::string, std::string>{{"HTTP_TIMEOUT", "12"},
                                                                      {"RATE_LIMIT_RPS", "2.5"},
                                                                      {"RATE_LIMIT_BURST", "9"},
                                                                      {"VERIFY_SSL", "false"},
                                                                      {"RETRY_MAX_ATTEMPTS", "4"}}) {
    around.set(name, value);
  }
  const auto chosen = settings_with({});
  CHECK(chosen.client.timeout == 12s);
  CHECK(chosen.client.read_timeout == 13s);
  CHECK(chosen.client.async_threads == 7);
  CHECK(chosen.client.tls.dangerously_accept_any_certificate);
  REQUIRE(chosen.client.rate_limit);
  CHECK(chosen.client.rate_limit->per_second == 2.5);
  CHECK(chosen.client.rate_limit->burst == 9);
  CHECK(chosen.retry.max_attempts == 4);

  const auto with_config = settings_with({.config = client_config{.timeout = 1s}});
  CHECK(with_config.client.timeout == 1s);
  CHECK(with_config.client.read_timeout == 30s);
  CHECK_FALSE(with_config.client.rate_limit.has_value());
  CHECK_FALSE(with_config.client.tls.dangerously_accept_any_certificate);
  CHECK(with_config.retry.max_attempts == 4);
  CHECK(settings_with({.retry_policy = backoff_options{.max_attempts = 2}}).retry.max_attempts == 2);
}

TEST_CASE("headers reach the service with every request") {
  const surroundings clean;
  for (const auto& function : all_functions()) {
    CAPTURE(function.name);
    const recording_server service(obliging_service);
    function.run({.host = service.url(), .headers = {{"X-Team", "blue"}}});
    for (const auto& asked : service.requests()) CHECK(asked.headers.get("X-Team").value_or("") == "blue");
  }
}

TEST_CASE("logging_hooks are called, or those of config, and those of the environment then are not") {
  const surroundings around;
  around.set("T3_LOG_HTTP", "1");
  around.set("T3_LOG_FILE", around.folder().path() + "/t3.log");
  for (const auto& function : all_functions()) {
    CAPTURE(function.name);
    const recording_server service(obliging_service);
    std::size_t told = 0;
    t3api::logging_hooks hooks;
    hooks.on_request = [&told](const request_event&) { ++told; };
    function.run({.host = service.url(), .logging_hooks = hooks});
    CHECK(told == service.count());
    function.run({.config = client_config{.host = service.url(), .logging = hooks}});
    CHECK(told == service.count());
  }
  CHECK_FALSE(std::filesystem::exists(around.folder().path() + "/t3.log"));
}

TEST_CASE("without logging_hooks those of the environment are called, and tell no secret") {
  const surroundings around;
  const auto file = around.folder().path() + "/t3.log";
  around.set("T3_LOG_HTTP", "1");
  around.set("T3_LOG_HEADERS", "1");
  around.set("T3_LOG_BODY", "1");
  around.set("T3_LOG_FILE", file);
  for (const auto& function : all_functions()) {
    CAPTURE(function.name);
    const recording_server service(obliging_service);
    function.run({.host = service.url()});
    const auto log = content_of(file);
    CHECK(log.find(service.url() + service.last_request().path) != std::string::npos);
    for (const char* canary : {"demo-ca-password", "demo-api-key", "token-of-the-service", "a.b.c"}) {
      CHECK(log.find(canary) == std::string::npos);
    }
  }
}

TEST_CASE("a log file that cannot be used is told, and nothing is sent") {
  const surroundings around;
  const recording_server service(obliging_service);
  around.set("T3_LOG_HTTP", "1");
  around.set("T3_LOG_FILE", around.folder().path());
  for (const auto& function : functions_that_log_in()) {
    CAPTURE(function.name);
    const auto failure = failure_of([&] { function.run({.host = service.url()}); });
    CHECK(failure.says(around.folder().path()));
    CHECK(failure.is_from<std::runtime_error>());
  }
  CHECK(service.count() == 0);
}

TEST_CASE("the retry policy is used for the login too; RETRY_MAX_ATTEMPTS where none is given") {
  const surroundings around;
  for (const auto& function : functions_that_log_in()) {
    for (const int attempts : {1, 2, 3, 4}) {
      CAPTURE(function.name);
      CAPTURE(attempts);
      const recording_server service([](const request&) {
        return json_response(503, {{"message", "later"}});
      });
      shared_arguments given{.config = impatient_config(service.url())};
      around.set("RETRY_MAX_ATTEMPTS", "4");
      if (attempts < 3) given.retry_policy = backoff_options{.max_attempts = attempts};
      if (attempts == 3) around.unset("RETRY_MAX_ATTEMPTS");
      const auto failure = failure_of([&] { function.run(given); });
      CHECK(service.count() == static_cast<std::size_t>(attempts));
      CHECK(failure.outer.details().attempts == attempts);
    }
  }
}

TEST_CASE("a status that is no login is an authentication_error that keeps it, with an http_error nested") {
  const surroundings clean;
  for (const auto& function : functions_that_log_in()) {
    for (const int status : {403, 404, 418, 429, 500, 502}) {
      CAPTURE(function.name);
      CAPTURE(status);
      const recording_server service([status](const request&) { return response{.status = status}; });
      const auto failure = failure_of([&] {
        function.run(
            {.config = impatient_config(service.url()), .retry_policy = backoff_options{.max_attempts = 1}});
      });
      CHECK(failure.is_from<http_error>());
      CHECK(failure.outer.details().status == status);
      CHECK(failure.outer.details().attempts == 1);
      CHECK(failure.says("the T3 API login with "));
      CHECK(failure.says(std::to_string(status)));
    }
  }
}

TEST_CASE("a refusal is sent once, keeps status and words, and shows no secret that the service repeats") {
  const surroundings clean;
  for (const auto& function : functions_that_log_in()) {
    for (const int status : {400, 401, 422}) {
      CAPTURE(function.name);
      CAPTURE(status);
      const recording_server service([status](const request& asked) {
        return json_response(status, {{"message", "no entry for " + asked.body}});
      });
      const auto failure = failure_of([&] { function.run({.config = impatient_config(service.url())}); });
      CHECK(failure.is_from<authentication_error>());
      CHECK(failure.outer.details().status == status);
      CHECK(failure.outer.details().category == error_category::authentication);
      CHECK(failure.says("no entry"));
      CHECK_FALSE(failure.says("demo-ca-password"));
      CHECK_FALSE(failure.says("demo-api-key"));
      CHECK(service.count() == 1);
    }
  }
}

TEST_CASE("a cut before the answer: a transport_error is nested, and the login is not sent twice") {
  const surroundings clean;
  for (const auto& function : functions_that_log_in()) {
    CAPTURE(function.name);
    std::atomic<int> asked = 0;
    const raw_server server([&asked](raw_connection& peer) {
      if (!peer.read_request().empty()) ++asked;
    });
    const auto failure = failure_of([&] { function.run({.host = server.url()}); });
    CHECK(failure.is_from<transport_error>());
    CHECK(failure.outer.details().status == 0);
    CHECK(asked == 1);
  }
}

TEST_CASE("silence until the deadline: a timeout_error is nested") {
  const surroundings clean;
  for (const auto& function : functions_that_log_in()) {
    CAPTURE(function.name);
    const raw_server server([](raw_connection& peer) { peer.wait_until_closed(); });
    const auto failure =
        failure_of([&] { function.run({.config = client_config{.host = server.url(), .timeout = 30ms}}); });
    CHECK(failure.is_from<timeout_error>());
    CHECK(failure.outer.details().category == error_category::timeout);
    CHECK(server.connections() <= 1);
  }
}

TEST_CASE("an answer without a usable token: a protocol_error is nested") {
  const surroundings clean;
  const std::vector<std::string> answers = {"{}", "<html>sign in</html>", R"({"accessToken": ""})",
                                            R"({"accessToken": null})", R"(["accessToken"])"};
  for (const auto& function : functions_that_log_in()) {
    for (const auto& text : answers) {
      CAPTURE(function.name);
      CAPTURE(text);
      const recording_server service([&](const request&) { return response{.status = 200, .body = text}; });
      const auto failure = failure_of([&] { function.run({.host = service.url()}); });
      CHECK(failure.is_from<protocol_error>());
      CHECK(failure.outer.details().status == 200);
    }
  }
}

TEST_CASE("settings that make no sense: std::invalid_argument is nested, and nothing is sent") {
  const surroundings around;
  const recording_server service(obliging_service);
  struct row {
    std::string name;
    shared_arguments given;
    const char* words;
  };
  const std::vector<row> rows = {
      {"host", {.host = "api.trackandtrace.tools"}, "api.trackandtrace.tools"},
      {"plain http", {.host = "http://api.trackandtrace.tools"}, "must not travel unencrypted"},
      {"timeout", {.config = client_config{.host = service.url(), .timeout = 0s}}, "time-outs"},
      {"retry policy",
       {.host = service.url(), .retry_policy = backoff_options{.max_attempts = 0}},
       "max_attempts must be at least 1"},
      {"headers", {.host = service.url(), .headers = {{"Content-Length", "1"}}}, "Content-Length"}};
  for (const auto& row : rows) {
    for (const auto& function : functions_that_log_in()) {
      CAPTURE(row.name);
      CAPTURE(function.name);
      const auto failure = failure_of([&] { function.run(row.given); });
      CHECK(failure.is_from<std::invalid_argument>());
      CHECK(failure.outer.details().category == error_category::argument);
      CHECK(failure.says(row.words));
    }
    for (const auto& function : all_functions()) {
      CAPTURE(row.name);
      CAPTURE(function.name);
      if (!function.logs_in) CHECK_THROWS_AS(function.run(row.given), std::invalid_argument);
    }
  }
  CHECK(service.count() == 0);
}

TEST_CASE("a malformed .t3.env or environment is told with its place, and nothing is sent") {
  const surroundings around;
  const recording_server service(obliging_service);
  const auto check = [&](const std::string& words) {
    for (const auto& function : all_functions()) {
      CAPTURE(function.name);
      if (function.logs_in) {
        const auto failure = failure_of([&] { function.run({.host = service.url()}); });
        CHECK(failure.says(words));
        CHECK(failure.is_from<std::invalid_argument>());
      } else {
        CHECK_THROWS_WITH_AS(function.run({.host = service.url()}), doctest::Contains(words.c_str()),
                             std::invalid_argument);
      }
    }
  };
  around.write_file("# settings\nAPI_KEY=\"canary");
  check(".t3.env line 2 (API_KEY) opens a quote that is never closed");
  around.write_file("HTTP_TIMEOUT=soon");
  check("HTTP_TIMEOUT in .t3.env line 1 is 'soon'");
  around.set("HTTP_TIMEOUT", "never");
  check("HTTP_TIMEOUT in the environment is 'never'");
  CHECK(service.count() == 0);
}

TEST_CASE("with a stop token that has asked to stop nothing is sent") {
  const surroundings clean;
  const recording_server service(obliging_service);
  std::stop_source stop;
  stop.request_stop();
  for (const auto& function : functions_that_log_in()) {
    CAPTURE(function.name);
    const auto failure = failure_of([&] { function.run({.host = service.url(), .stop = stop.get_token()}); });
    CHECK(failure.is_from<cancelled_error>());
  }
  CHECK(service.count() == 0);
}

TEST_CASE("a stop token ends a login that the service does not answer") {
  const surroundings clean;
  for (const auto& function : functions_that_log_in()) {
    CAPTURE(function.name);
    std::stop_source stop;
    const raw_server server([&stop](raw_connection& peer) {
      peer.read_request();
      stop.request_stop();
      peer.wait_until_closed();
    });
    const auto failure = failure_of([&] { function.run({.host = server.url(), .stop = stop.get_token()}); });
    CHECK(failure.is_from<cancelled_error>());
    CHECK(failure.outer.details().category == error_category::cancelled);
  }
}

TEST_CASE("the executor of config runs what is asynchronous, and nothing else") {
  const surroundings clean;
  const recording_server service(obliging_service);
  for (const auto& function : functions_that_log_in()) {
    CAPTURE(function.name);
    int jobs = 0;
    client_config config{.host = service.url()};
    config.executor = [&jobs](const std::function<void()>& job) {
      ++jobs;
      job();
    };
    function.run({.config = config});
    CHECK(jobs == (function.name.ends_with("_async") ? 1 : 0));
  }
}

TEST_CASE("what an executor throws is nested in an authentication_error") {
  const surroundings clean;
  const recording_server service(obliging_service);
  for (const auto& function : functions_that_log_in()) {
    CAPTURE(function.name);
    if (!function.name.ends_with("_async")) continue;
    client_config config{.host = service.url()};
    config.executor = [](const std::function<void()>&) { throw std::length_error("the queue is full"); };
    const auto failure = failure_of([&] { function.run({.config = config}); });
    CHECK(failure.says("failed: the executor did not take the call: the queue is full"));
    CHECK(failure.is_from<std::length_error>());
    config.executor = [](const std::function<void()>&) { throw 42; };
    CHECK(failure_of([&] { function.run({.config = config}); }).is_from<int>());
  }
  CHECK(service.count() == 0);
}

TEST_CASE("an executor that drops the job breaks the promise, and nothing is sent") {
  const surroundings clean;
  const recording_server service(obliging_service);
  client_config config{.host = service.url()};
  config.executor = [](const std::function<void()>&) {};
  for (const auto& function : functions_that_log_in()) {
    CAPTURE(function.name);
    if (function.name.ends_with("_async"))
      CHECK_THROWS_AS(function.run({.config = config}), std::future_error);
  }
  CHECK(service.count() == 0);
}

TEST_CASE("hooks that throw break no login") {
  const surroundings clean;
  const recording_server service(obliging_service);
  client_config config{.host = service.url()};
  config.logging = {.on_request = [](const request_event&) { throw 42; },
                    .on_response = [](const response_event&) { throw 42; },
                    .on_renewal = [](const renewal_event&) { throw 42; },
                    .on_notice = [](std::string_view) { throw 42; }};
  for (const auto& function : all_functions()) {
    CAPTURE(function.name);
    CHECK_NOTHROW(function.run({.config = config}));
  }
}

TEST_CASE("a future that nobody waits for, and a client that goes in its own thread, do no harm") {
  const surroundings clean;
  const recording_server service(obliging_service);
  const auto logged_in = std::make_shared<std::promise<void>>();  // Outlives its own set_value.
  credentials_arguments given = california({.host = service.url()});
  t3api::logging_hooks hooks;
  hooks.on_renewal = [logged_in](const renewal_event&) { logged_in->set_value(); };
  given.logging_hooks = std::move(hooks);
  { const auto forgotten = create_credentials_authenticated_client_or_error_async(std::move(given)); }
  logged_in->get_future().wait();
  CHECK(service.count() == 1);
}
