#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/token.hpp>

using namespace std::chrono_literals;
using t3api::read_token_times;

namespace {

std::string with_payload(std::string_view payload) {
  return "e30." + t3api::detail::base64url_encode(payload) + ".sig";
}

}  // namespace

TEST_CASE("issue and expiry are read without looking at the signature") {
  const auto times = read_token_times(test::jwt_of({{"iat", 100}, {"exp", 3700}}));
  CHECK(times.issued_at == 100s);
  CHECK(times.expires_at == 3700s);
  CHECK(read_token_times(with_payload(R"({"exp":7})")).expires_at == 7s);
  CHECK(read_token_times(".eyJleHAiOjd9.").expires_at == 7s);
}

TEST_CASE("a time that is missing or no number is not there") {
  for (const char* payload : {"{}", R"({"exp":null})", R"({"exp":"3700"})", R"({"exp":true})",
                              R"({"exp":[1]})", R"({"exp":{}})", R"({"EXP":1})"}) {
    CAPTURE(payload);
    CHECK_FALSE(read_token_times(with_payload(payload)).expires_at);
    CHECK_FALSE(read_token_times(with_payload(payload)).issued_at);
  }
}

TEST_CASE("odd numbers become seconds that can be reckoned with") {
  const auto expiry = [](const char* number) {
    return read_token_times(with_payload("{\"exp\":" + std::string(number) + "}")).expires_at;
  };
  CHECK(expiry("3700.9") == 3700s);
  CHECK(expiry("1e3") == 1000s);
  CHECK(expiry("0") == 0s);
  CHECK(expiry("-5") == -5s);
  CHECK(expiry("-1e300") == -100'000'000'000s);
  CHECK(expiry("1e300") == 100'000'000'000s);
  CHECK(expiry("9223372036854775807") == 100'000'000'000s);
  CHECK(expiry("18446744073709551615") == 100'000'000'000s);
  CHECK(expiry("99999999999999999999999") == 100'000'000'000s);
  CHECK_FALSE(expiry("1e999"));
}

TEST_CASE("what is no JWT has no times") {
  const std::string payload = t3api::detail::base64url_encode(R"({"exp":7})");
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."), std::string("abc"), payload, "e30." + payload,
        "e30." + payload + ".sig.more", "e30." + payload + "!.sig", "e30." + payload.substr(1) + ".sig",
        with_payload("[1]"), with_payload("7"), with_payload(""), with_payload("{\"exp\":7"),
        with_payload(std::string(1'000'000, '[')), std::string("6f1f2c9e-0000-4000-8000-000000000000")}) {
    CHECK_FALSE(read_token_times(text).expires_at);
  }
}

TEST_CASE("a bearer token goes into the header Authorization in place of any other") {
  t3api::request message{.headers = {{"authorization", "Basic x"}}};
  t3api::detail::set_bearer_token(message, "abc");
  CHECK(message.headers.size() == 1);
  CHECK(message.headers.get("Authorization") == "Bearer abc");
}

TEST_CASE("a time before 1970 lies in the second before") {
  CHECK(t3api::detail::since_1970(t3api::wall_time(-1ms)) == -1s);
  CHECK(t3api::detail::since_1970(t3api::wall_time(1999ms)) == 1s);
}
