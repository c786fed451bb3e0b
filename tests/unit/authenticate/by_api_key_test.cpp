#include <t3api/authenticate/by_api_key.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/unit/authenticate/support.hpp"
#include "tests/unit/authenticate/surroundings.hpp"

#include <t3api/api/auth.hpp>

using namespace t3api;
using namespace t3api::test;
using namespace std::chrono_literals;

namespace {

/// Who the function logs in; the token is tried out at the service.
struct api_key_function {
  std::string name;
  std::function<std::string(const api_key_arguments&)> username;
};

std::string key_owner_of(const authenticated_client& client) { return whoami(client).value().username; }
std::string key_owner_of(const secret& token, const api_key_arguments& given) {
  return key_owner_of(create_jwt_authenticated_client({.jwt_token = token, .host = given.host}));
}

using key_arguments = const api_key_arguments&;

const std::vector<api_key_function> api_key_functions = {
    {"create_api_key_authenticated_client_or_error",
     [](key_arguments a) { return key_owner_of(create_api_key_authenticated_client_or_error(a)); }},
    {"create_api_key_authenticated_client_or_error_async",
     [](key_arguments a) {
       return key_owner_of(create_api_key_authenticated_client_or_error_async(a).get());
     }},
    {"authenticate_and_get_token_with_api_key",
     [](key_arguments a) { return key_owner_of(authenticate_and_get_token_with_api_key(a), a); }},
    {"authenticate_and_get_token_with_api_key_async",
     [](key_arguments a) { return key_owner_of(authenticate_and_get_token_with_api_key_async(a).get(), a); }},
    {"authenticate_and_get_response_with_api_key",
     [](key_arguments a) {
       return key_owner_of(authenticate_and_get_response_with_api_key(a).access_token, a);
     }},
    {"authenticate_and_get_response_with_api_key_async", [](key_arguments a) {
       return key_owner_of(authenticate_and_get_response_with_api_key_async(a).get().access_token, a);
     }}};

}  // namespace

TEST_CASE("each function posts key and state code once, without blanks around them") {
  const surroundings clean;
  for (const auto& function : api_key_functions) {
    CAPTURE(function.name);
    const sandbox_server box;
    CHECK(function.username({.api_key = " demo-api-key\n", .state_code = " ca ", .host = box.url()}) ==
          "demo-ca");
    CHECK(box.exchanges() == 1);
    const auto posted = box.server.requests().front();
    CHECK(posted.method == method::post);
    CHECK(posted.path == "/v2/auth/apikey");
    CHECK_FALSE(posted.headers.contains("Authorization"));
    CHECK(parse_json(posted.body).value() == nlohmann::json{{"apiKey", "demo-api-key"}, {"stateCode", "ca"}});
  }
}

TEST_CASE("create_api_key_authenticated_client sends nothing by itself, and logs in with its first call") {
  const surroundings clean;
  const sandbox_server box;
  const auto client = create_api_key_authenticated_client(demo_key({.host = box.url()}));
  CHECK(box.server.count() == 0);
  CHECK(key_owner_of(client) == "demo-ca");
  CHECK(key_owner_of(client) == "demo-ca");
  CHECK(box.exchanges() == 1);
}

TEST_CASE("create_api_key_authenticated_client gives the error of a refused key to the call") {
  const surroundings clean;
  const sandbox_server box;
  const auto client =
      create_api_key_authenticated_client({.api_key = "canary-key", .state_code = "CA", .host = box.url()});
  for (int call = 0; call < 3; ++call) {
    const auto answer = client.get("/v2/licenses");
    REQUIRE_FALSE(answer);
    CHECK(answer.error().category == error_category::authentication);
    CHECK(answer.error().status == 401);
    CHECK(answer.error().message.find("canary") == std::string::npos);
  }
  CHECK(box.exchanges() == 1);
}

TEST_CASE("a blank or malformed key or state code is told before anything is sent, without its value") {
  const surroundings clean;
  const recording_server service(obliging_service);
  struct row {
    std::string words;
    api_key_arguments given;
  };
  const std::vector<row> rows = {
      {"the API key is empty", {.api_key = "", .state_code = "CA"}},
      {"the API key is empty", {.api_key = " \t\r\n", .state_code = "CA"}},
      {"the state code is empty", {.api_key = "canary", .state_code = ""}},
      {"the state code is empty", {.api_key = "canary", .state_code = "  "}},
      {"the API key holds a control character", {.api_key = "canary\r\nX: y", .state_code = "CA"}},
      {"the state code is not two letters", {.api_key = "canary", .state_code = "California"}},
      {"the state code is not two letters", {.api_key = "canary", .state_code = "C1"}}};
  for (const auto& row : rows) {
    CAPTURE(row.words);
    auto given = row.given;
    given.host = service.url();
    CHECK_THROWS_WITH_AS(create_api_key_authenticated_client(given), doctest::Contains(row.words.c_str()),
                         std::invalid_argument);
    for (const auto& function : api_key_functions) {
      CAPTURE(function.name);
      const auto failure = failure_of([&] { function.username(given); });
      CHECK(failure.is_from<std::invalid_argument>());
      CHECK(failure.says("the T3 API login with an API key failed: " + row.words));
      CHECK_FALSE(failure.says("canary"));
    }
  }
  CHECK(service.count() == 0);
}

TEST_CASE("with one store several calls share one token") {
  const surroundings clean;
  const sandbox_server box;
  const memory_store store;
  for (const auto& function : api_key_functions) {
    CAPTURE(function.name);
    auto given = demo_key({.host = box.url()});
    given.store = store;
    CHECK(function.username(given) == "demo-ca");
    CHECK(box.exchanges() == 1);
  }
}

TEST_CASE("a wrong key is posted once and shown nowhere") {
  const surroundings clean;
  for (const auto& function : api_key_functions) {
    CAPTURE(function.name);
    const sandbox_server box;
    const auto failure = failure_of(
        [&] { function.username({.api_key = "canary-key", .state_code = "CA", .host = box.url()}); });
    CHECK(failure.outer.details().status == 401);
    CHECK(failure.is_from<authentication_error>());
    CHECK(failure.says("the API key is not known for this state"));
    CHECK_FALSE(failure.says("canary"));
    CHECK(box.exchanges() == 1);
  }
}

TEST_CASE("the response to an API key keeps every further member") {
  const surroundings clean;
  const nlohmann::json sent = {
      {"accessToken", "the-token"}, {"refreshToken", "r"}, {"expiresIn", 60}, {"more", {{"deep", {1, 2}}}}};
  const recording_server service([&sent](const request&) { return json_response(200, sent); });
  for (const bool async : {false, true}) {
    CAPTURE(async);
    const auto given = demo_key({.host = service.url()});
    const auto data = async ? authenticate_and_get_response_with_api_key_async(given).get()
                            : authenticate_and_get_response_with_api_key(given);
    CHECK(data.access_token.reveal() == "the-token");
    auto further = sent;
    further.erase("accessToken");
    CHECK(data.further == further);
  }
}

TEST_CASE("an API key client: with renew it outlives its token, without it it says what to do") {
  const surroundings clean;
  using function = std::function<authenticated_client(const api_key_arguments&)>;
  const std::vector<function> makers = {
      [](key_arguments a) { return create_api_key_authenticated_client(a); },
      [](key_arguments a) { return create_api_key_authenticated_client_or_error(a); },
      [](key_arguments a) { return create_api_key_authenticated_client_or_error_async(a).get(); }};
  for (const auto& make : makers) {
    for (const bool renew : {false, true}) {
      CAPTURE(renew);
      const auto clock = std::make_shared<manual_clock>();
      const sandbox_server box({.jwt_ttl = 1h}, clock);
      auto given = demo_key({.config = client_config{.host = box.url(), .clock = clock}});
      given.renew = renew;
      const auto client = make(given);
      CHECK(key_owner_of(client) == "demo-ca");
      clock->advance(2h);
      const auto answer = client.get("/v2/auth/whoami");
      CHECK(box.exchanges() == (renew ? 2 : 1));
      CHECK(answer.has_value() == renew);
      if (!answer) CHECK(answer.error().message.find("ask for renewal") != std::string::npos);
    }
  }
  CHECK_FALSE(api_key_arguments().renew);
}
