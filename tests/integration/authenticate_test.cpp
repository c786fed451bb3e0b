// The lines of docs/from-python.md, run against the sandbox. A block of C++ in the guide stands here word for
// word; the last test looks.

#include <t3api/t3api.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/sandbox_server.hpp"
#include "tests/unit/authenticate/surroundings.hpp"

#include <t3api/detail/base32.hpp>
#include <t3api/sandbox/metrc/totp.hpp>

namespace {

/// A sandbox that `T3_API_HOST` points to.
struct guide {
  t3api::test::surroundings around{};
  t3api::test::sandbox_server box{};

  guide() { around.set("T3_API_HOST", box.url()); }

  static std::string owner(const t3api::authenticated_client& client) {
    return t3api::whoami(client).value().username;
  }
  static std::string owner(const t3api::secret& token) {
    return owner(t3api::create_jwt_authenticated_client({.jwt_token = token}));
  }
};

struct california : guide {
  std::string username = "demo-ca";
  t3api::secret password = "demo-ca-password";
  std::string host = box.url();
};

struct with_api_key : guide {
  t3api::secret api_key = "demo-api-key";
};

std::string text_of(const std::string& path) {
  std::ifstream file(std::string(T3API_SOURCE_DIR) + "/" + path, std::ios::binary);
  REQUIRE(file.is_open());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string without_blanks(std::string text) {
  std::erase_if(text, [](unsigned char c) { return std::isspace(c) != 0; });
  return text;
}

}  // namespace

TEST_CASE_FIXTURE(with_api_key, "guide: get_authenticated_client_or_error") {
  around.write_file("API_KEY=demo-api-key\nAPI_STATE_CODE=CA\n");
  {
    auto client = t3api::get_authenticated_client_or_error();
    CHECK(owner(client) == "demo-ca");
  }
  {
    auto client =
        t3api::get_authenticated_client_or_error({.order = {t3api::way_in::jwt, t3api::way_in::api_key}});
    std::puts(client.auth().description().c_str());
    CHECK(client.auth().description() == "using the API key from API_KEY in .t3.env line 1, at " + box.url() +
                                             " (T3_API_HOST in the environment)");
  }
  {
    auto client = t3api::get_authenticated_client_or_error_async().get();
    CHECK(owner(client) == "demo-ca");
  }
}

TEST_CASE_FIXTURE(california, "guide: with Metrc credentials") {
  {
    auto client = t3api::create_credentials_authenticated_client_or_error(
        {.hostname = "ca.metrc.com", .username = username, .password = password});
    CHECK(owner(client) == "demo-ca");
  }
  {
    auto client = t3api::create_credentials_authenticated_client_or_error(
        {.hostname = "ca.metrc.com", .username = username, .password = password, .renew = true});
    box.service.metrc().end_sessions("ca.metrc.com", "demo-ca");
    CHECK(owner(client) == "demo-ca");
  }
  {
    t3api::secret token = t3api::authenticate_and_get_token(
        {.hostname = "ca.metrc.com", .username = username, .password = password, .host = host});
    CHECK(owner(token) == "demo-ca");
  }
  {
    t3api::auth_response_data response = t3api::authenticate_and_get_response(
        {.hostname = "ca.metrc.com", .username = username, .password = password});
    auto token = response.access_token;
    auto expires_in = response.further.value("expiresIn", 0);
    CHECK(owner(token) == "demo-ca");
    CHECK(expires_in == 3600);
  }
  {
    auto response = t3api::authenticate_and_get_response_async(
                        {.hostname = "ca.metrc.com", .username = username, .password = password})
                        .get();
    CHECK(owner(response.access_token) == "demo-ca");
  }
}

TEST_CASE_FIXTURE(guide, "guide: Colorado's e-mail address, in the background") {
  const std::string username = "demo-co", email = "demo@example.com";
  const t3api::secret password = "demo-co-password";
  auto future = t3api::create_credentials_authenticated_client_or_error_async(
      {.hostname = "co.metrc.com", .username = username, .password = password, .email = email});
  auto client = future.get();
  CHECK(owner(client) == "demo-co");
}

TEST_CASE_FIXTURE(guide, "guide: Michigan's one-time password, in the background") {
  const std::string username = "demo-mi";
  const t3api::secret password = "demo-mi-password";
  const t3api::secret otp =
      t3api::sandbox::totp_code(*t3api::detail::base32_decode("JBSWY3DPEHPK3PXP"),
                                t3api::sandbox::totp_step(std::chrono::system_clock::now()));
  auto token = t3api::authenticate_and_get_token_async(
                   {.hostname = "mi.metrc.com", .username = username, .password = password, .otp = otp})
                   .get();
  CHECK(owner(token) == "demo-mi");
}

TEST_CASE_FIXTURE(with_api_key, "guide: with an API key") {
  {
    auto client = t3api::create_api_key_authenticated_client({.api_key = api_key, .state_code = "CA"});
    CHECK(box.exchanges() == 0);
    CHECK(owner(client) == "demo-ca");
  }
  {
    auto client =
        t3api::create_api_key_authenticated_client_or_error({.api_key = api_key, .state_code = "CA"});
    CHECK(owner(client) == "demo-ca");
  }
  {
    auto client =
        t3api::create_api_key_authenticated_client_or_error_async({.api_key = api_key, .state_code = "CA"})
            .get();
    CHECK(owner(client) == "demo-ca");
  }
  {
    auto token = t3api::authenticate_and_get_token_with_api_key({.api_key = api_key, .state_code = "CA"});
    CHECK(owner(token) == "demo-ca");
  }
  {
    auto token =
        t3api::authenticate_and_get_token_with_api_key_async({.api_key = api_key, .state_code = "CA"}).get();
    CHECK(owner(token) == "demo-ca");
  }
  {
    auto response =
        t3api::authenticate_and_get_response_with_api_key({.api_key = api_key, .state_code = "CA"});
    CHECK(owner(response.access_token) == "demo-ca");
  }
  {
    auto response =
        t3api::authenticate_and_get_response_with_api_key_async({.api_key = api_key, .state_code = "CA"})
            .get();
    CHECK(owner(response.access_token) == "demo-ca");
  }
}

TEST_CASE_FIXTURE(california, "guide: with a JWT and all the arguments there are") {
  const auto jwt = t3api::authenticate_and_get_token(
      {.hostname = "ca.metrc.com", .username = username, .password = password});
  auto client = t3api::create_jwt_authenticated_client(
      {.jwt_token = jwt,
       .config = t3api::client_config{.host = host, .timeout = std::chrono::seconds(10)},
       .retry_policy = t3api::backoff_options{.max_attempts = 2},
       .logging_hooks = t3api::logging_hooks::from_env(),
       .headers = {{"X-Team", "blue"}}});
  CHECK(owner(client) == "demo-ca");
  CHECK(box.server.last_request().headers.get("X-Team").value_or("") == "blue");
}

TEST_CASE_FIXTURE(guide, "guide: exceptions") {
  const t3api::secret api_key = "wrong";
  try {
    auto client =
        t3api::create_api_key_authenticated_client_or_error({.api_key = api_key, .state_code = "CA"});
  } catch (const t3api::authentication_error& failure) {
    std::printf("%s (status %d)\n", failure.what(), failure.details().status);
    try {
      std::rethrow_if_nested(failure);
    } catch (const t3api::timeout_error&) {
      std::puts("the service was too slow: try later");
    } catch (const std::exception& cause) {
      std::printf("because: %s\n", cause.what());
    }
  }
  CHECK(box.exchanges() == 1);
}

TEST_CASE(
    "each block of C++ in the guide stands in this file, and the guide names every function and setting") {
  const auto text = text_of("docs/from-python.md");
  const auto here = without_blanks(text_of("tests/integration/authenticate_test.cpp"));
  const std::string start = "```cpp\n";
  std::size_t blocks = 0;
  std::string cpp;
  for (auto at = text.find(start); at != text.npos; at = text.find(start, at)) {
    at += start.size();
    const auto block = text.substr(at, text.find("```", at) - at);
    CAPTURE(block);
    CHECK(here.find(without_blanks(block)) != here.npos);
    cpp += block;
    ++blocks;
  }
  CHECK(blocks >= 16);
  for (const std::string name :
       {"create_credentials_authenticated_client_or_error_async",
        "create_credentials_authenticated_client_or_error", "authenticate_and_get_token_async",
        "authenticate_and_get_token", "authenticate_and_get_response_async", "authenticate_and_get_response",
        "create_jwt_authenticated_client", "create_api_key_authenticated_client",
        "create_api_key_authenticated_client_or_error_async", "create_api_key_authenticated_client_or_error",
        "authenticate_and_get_token_with_api_key_async", "authenticate_and_get_token_with_api_key",
        "authenticate_and_get_response_with_api_key_async", "authenticate_and_get_response_with_api_key",
        "get_authenticated_client_or_error", "get_authenticated_client_or_error_async"}) {
    CAPTURE(name);
    CHECK(cpp.find("t3api::" + name + "(") != cpp.npos);
  }
  for (const auto& name : t3api::test::setting_names) {
    CAPTURE(name);
    CHECK(text.find("`" + name + "`") != text.npos);
  }
}
