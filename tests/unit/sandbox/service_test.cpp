#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <t3api/core/http_date.hpp>
#include <tests/unit/sandbox/support.hpp>

using sandbox_test::body_of;
using sandbox_test::message_of;
using sandbox_test::method;
using sandbox_test::sandbox;

TEST_CASE("every answer has a date, a request id, no-store and JSON") {
  sandbox s;
  for (const char* path : {"/v2/states", "/nowhere", "/v2/licenses"}) {
    const auto answer = s.get(path);
    CHECK(t3api::server_date(answer.headers) ==
          std::chrono::floor<std::chrono::seconds>(s.clock->wall_now()));
    CHECK(answer.headers.get("X-Request-Id").value().size() == 36);
    CHECK(answer.headers.get("Cache-Control") == "no-store");
    CHECK(answer.headers.get("Content-Type") == "application/json");
    CHECK(answer.json());
  }
  CHECK(s.get("/v2/states").headers.get("X-Request-Id") != s.get("/v2/states").headers.get("X-Request-Id"));
}

TEST_CASE("an error body has T3's members and never a query") {
  sandbox s;
  const auto answer = s.get("/v2/licenses?secretKey=canary");
  CHECK(answer.status == 401);
  const auto error = body_of(answer)["error"];
  CHECK(error["type"] == "unauthorized");
  CHECK(error["status_code"] == 401);
  CHECK(error["url"] == "/v2/licenses");
  CHECK(error["timestamp"] == "2024-05-17T12:00:10.000Z");
  CHECK(error["message"].is_string());
  CHECK(answer.body.find("canary") == answer.body.npos);
}

TEST_CASE("what is not there is 404, a wrong method 405 with what is allowed") {
  sandbox s;
  for (const char* path : {"/", "/v2", "/v2/states/", "/V2/states", "/v2/auth/secretkey/", "/v2//states"}) {
    CAPTURE(path);
    CHECK(s.get(path).status == 404);
  }
  for (const auto m : {method::post, method::put, method::patch, method::delete_}) {
    const auto answer = s.service.handle({.method = m, .path = "/v2/states"});
    CHECK(answer.status == 405);
    CHECK(answer.headers.get("Allow") == "GET, HEAD");
  }
  CHECK(s.get("/v2/auth/credentials").headers.get("Allow") == "POST");
  CHECK(s.service.handle({.method = method::delete_, .path = "/v2/auth/secretkey"}).headers.get("Allow") ==
        "POST, GET, HEAD");
}

TEST_CASE("HEAD is answered as GET is, and nowhere else") {
  sandbox s;
  const auto token = s.token();
  for (const char* path : {"/v2/states", "/v2/licenses", "/v2/auth/whoami", "/v2/pages/secret-key",
                           "/v2/packages/active?licenseNumber=LIC-00001"}) {
    CAPTURE(path);
    const auto answer = s.service.handle(
        {.method = method::head, .path = path, .headers = {{"Authorization", "Bearer " + token}}});
    CHECK(answer.status == 200);
    CHECK(answer.body == s.get_with_token(path, token).body);
  }
  CHECK(s.service.handle({.method = method::head, .path = "/v2/licenses"}).status == 401);
  CHECK(s.service.handle({.method = method::head, .path = "/v2/auth/credentials"}).status == 405);
}

TEST_CASE("a path with a part of its own has exactly one, which is not empty") {
  sandbox s;
  CHECK(s.get("/v2/auth/secretkey/x").status == 405);
  CHECK(s.get("/v2/auth/secretkey/x").headers.get("Allow") == "DELETE");
  for (const char* path : {"/v2/auth/secretkey/", "/v2/auth/secretkey/x/", "/v2/auth/secretkey/x/y",
                           "/v2/auth/secretkey//x", "/v2/auth/secretkeyx", "/v2/states/x"}) {
    CAPTURE(path);
    CHECK(s.service.handle({.method = method::delete_, .path = path}).status == 404);
  }
}

TEST_CASE("paths that could mean something else are refused") {
  sandbox s;
  for (const char* path : {"", "v2/states", "//v2/states", "/v2\\states", "/v2/states#x", "/v2/states\n",
                           "/v2/states?a=%0A", "https://example.com/v2/states"}) {
    CAPTURE(path);
    CHECK(s.get(path).status == 400);
  }
  CHECK(s.get("/\xFF\xFE").status == 404);
}

TEST_CASE("a body that is too large is refused, a login's sooner than another") {
  sandbox s({.admin = true});
  const t3api::headers sent = {{"Authorization", "Bearer " + s.token()},
                               {"Content-Type", "application/json"}};
  const auto status = [&](const char* path, std::size_t size) {
    return s.service
        .handle({.method = method::post, .path = path, .headers = sent, .body = std::string(size, ' ')})
        .status;
  };
  for (const char* path : {"/v2/auth/credentials", "/v2/auth/apikey", "/v2/auth/secretkey", "/sandbox/faults",
                           "/sandbox/metrc"}) {
    CAPTURE(path);
    CHECK(status(path, (16U << 10U) + 1) == 413);
    CHECK(status(path, 16U << 10U) == 400);
  }
  const char* write = "/v2/packages/create?licenseNumber=LIC-00001";
  CHECK(status(write, (1U << 20U) + 1) == 413);
  CHECK(status(write, 1U << 20U) == 400);
}

TEST_CASE("a write is not read before it is known whose it is") {
  sandbox s;
  const t3api::request asked{
      .method = method::post, .path = "/v2/packages/notes?licenseNumber=LIC-00001", .body = "no JSON"};
  CHECK(s.service.handle(asked).status == 401);
}

TEST_CASE("trouble with the keys is told to whoever runs the service, and to callers in one sentence") {
  struct burning_metrc {
    t3api::sandbox::metrc_answer login(const t3api::sandbox::metrc_login& form) {
      if (form.username == "ann") throw t3api::sandbox::database_error("/srv/canary.db burns: put it out");
      throw t3api::sandbox::vault_error("no key 'canary' in the ring");
    }
    std::optional<t3api::sandbox::metrc_session> find_session(std::string_view) { return std::nullopt; }
  };
  std::vector<std::string> told;
  const auto clock = std::make_shared<t3api::manual_clock>();
  t3api::sandbox::basic_service<burning_metrc> service(
      {}, {}, std::make_shared<burning_metrc>(), clock,
      {.on_trouble = [&](const std::string& sentence) { told.push_back(sentence); }});
  const auto log_in = [&](const char* username) {
    auto body = sandbox::california();
    body["username"] = username;
    return service.handle({.method = method::post, .path = "/v2/auth/credentials", .body = body.dump()});
  };
  for (int i = 0; i < 3; ++i) {
    const auto burning = log_in("ann");
    CHECK(burning.status == 503);
    CHECK(burning.headers.get("Retry-After") == "5");
    CHECK(message_of(burning) == "the service's key database cannot be used at the moment: ask who runs it");
  }
  CHECK(told == std::vector<std::string>{"/srv/canary.db burns: put it out"});
  const auto changed = log_in("bob");
  CHECK(changed.status == 500);
  CHECK(message_of(changed) ==
        "the record behind the secret key cannot be opened: ask who runs the service, or make a new key");
  CHECK(told.size() == 2);
  clock->advance(std::chrono::minutes(1));
  log_in("ann");
  CHECK(told.size() == 3);
}

TEST_CASE("states are for everyone") {
  sandbox s;
  const auto answer = s.get("/v2/states");
  CHECK(answer.status == 200);
  bool california = false;
  for (const auto& state : body_of(answer)) {
    CHECK(state.size() == 3);
    california |=
        state ==
        nlohmann::json({{"abbreviation", "CA"}, {"name", "California"}, {"hostname", "ca.metrc.com"}});
  }
  CHECK(california);
}

TEST_CASE("a Metrc of one's own can stand behind the service") {
  struct deaf_metrc {
    t3api::sandbox::metrc_answer login(const t3api::sandbox::metrc_login&) {
      throw std::runtime_error("canary");
    }
    std::optional<t3api::sandbox::metrc_session> find_session(std::string_view) { return std::nullopt; }
  };
  std::vector<std::string> told;
  t3api::sandbox::basic_service<deaf_metrc> service(
      {}, {}, std::make_shared<deaf_metrc>(), std::make_shared<t3api::manual_clock>(),
      {.on_trouble = [&](const std::string& sentence) { told.push_back(sentence); }});
  const auto answer = service.handle(
      {.method = method::post, .path = "/v2/auth/credentials", .body = sandbox::california().dump()});
  CHECK(answer.status == 500);
  CHECK(body_of(answer)["error"]["type"] == "internal_error");
  CHECK(answer.body.find("canary") == answer.body.npos);
  CHECK(told == std::vector<std::string>{"a request could not be answered: canary"});
}

TEST_CASE("a service does not start with API keys that fit no account") {
  auto known = t3api::sandbox::demo_directory();
  known.api_keys[0].username = "nobody";
  CHECK_THROWS_AS(sandbox({}, known), std::invalid_argument);
  known.api_keys[0] = {.key = "k", .state_code = "XX", .username = "demo-ca"};
  CHECK_THROWS_AS(sandbox({}, known), std::invalid_argument);
  known = t3api::sandbox::demo_directory();
  known.api_keys.push_back(known.api_keys[0]);
  CHECK_THROWS_AS(sandbox({}, known), std::invalid_argument);
}
