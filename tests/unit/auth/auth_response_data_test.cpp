#include <doctest/doctest.h>

#include <string>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/auth_response_data.hpp>

using t3api::detail::read_auth_response;

namespace {

t3api::result<t3api::auth_response_data> read(const std::string& body) {
  return read_auth_response("/v2/auth/credentials", test::answer(200, body));
}

}  // namespace

TEST_CASE("the answer to an exchange is the token and all that came with it") {
  const auto data =
      read(R"({"refreshToken":"r-1","accessToken":"token-1","user":{"id":7},"accessTokens":2})");
  REQUIRE(data);
  CHECK(data->access_token.reveal() == "token-1");
  CHECK(data->further == nlohmann::json{{"refreshToken", "r-1"}, {"user", {{"id", 7}}}, {"accessTokens", 2}});
}

TEST_CASE("without further members there is an empty object") {
  CHECK(read(R"({"accessToken":"token-1"})")->further == nlohmann::json::object());
  CHECK(t3api::auth_response_data{}.further == nlohmann::json::object());
}

TEST_CASE("an answer without a usable token is a protocol error that names the path and none of it") {
  for (const char* body : {R"({})", R"({"accesstoken":"hunter2"})", R"({"accessToken":""})",
                           R"({"accessToken":" hunter2"})", R"({"accessToken":"hunter2\n"})",
                           R"({"accessToken":"hun\u0000ter2"})", R"({"accessToken":["hunter2"]})",
                           R"({"accessToken":false})", R"("hunter2")", R"(["hunter2"])", R"(null)"}) {
    CAPTURE(body);
    const auto data = read(body);
    REQUIRE_FALSE(data);
    CHECK(data.error().category == t3api::error_category::protocol);
    CHECK(data.error().status == 200);
    CHECK(data.error().message ==
          "the answer to /v2/auth/credentials holds no usable accessToken: is the host setting right?");
  }
  for (const char* body : {"", "hunter2", R"({"accessToken":"hunter2)"}) {
    CAPTURE(body);
    const auto data = read(body);
    REQUIRE_FALSE(data);
    CHECK(data.error().category == t3api::error_category::protocol);
    CHECK(data.error().message.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("a token may be as long as a header can carry, and no longer") {
  constexpr std::size_t longest = 16'384;
  const std::string fits(longest, 't');
  const auto data = read(test::token_answer(fits).body);
  REQUIRE(data);
  CHECK(data->access_token.size() == longest);
  for (const std::size_t size : {longest + 1, std::size_t{60'000}}) {
    const auto refused = read(test::token_answer(std::string(size, 't')).body);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == "the answer to /v2/auth/credentials holds an accessToken of " +
                                         std::to_string(size) +
                                         " bytes, which no header can carry: is the host setting right?");
  }
}

TEST_CASE("an answer that is too large for a login is refused before it is read") {
  std::string body = "{\"accessToken\":\"t\",\"further\":[";
  while (body.size() < 70'000) body += "{},";
  const auto refused = read(body + "0]}");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().category == t3api::error_category::protocol);
  CHECK(refused.error().message == "the answer to /v2/auth/credentials has " +
                                       std::to_string(body.size() + 3) +
                                       " bytes, too many for a login: is the host setting right?");
}
