#include <doctest/doctest.h>

#include <t3api/sandbox/jwt.hpp>

using namespace t3api::sandbox;
using nlohmann::json;
using t3api::wall_time;
using t3api::detail::base64url_encode;

namespace {

constexpr const char* key = "a key of no great length";

wall_time at(std::int64_t seconds) { return wall_time(std::chrono::seconds(seconds)); }

std::string signed_text(const std::string& header, const std::string& claims) {
  const std::string input = base64url_encode(header) + "." + base64url_encode(claims);
  return input + "." + base64url_encode(t3api::detail::hmac_sha256(key, input));
}

bool accepted(const std::string& token) { return verify_jwt(token, key, at(1000)).has_value(); }

const std::string good_header = R"({"alg":"HS256","typ":"JWT"})";
const std::string good_claims = R"({"exp":1001})";

}  // namespace

TEST_CASE("the token of RFC 7515 appendix A.1 is accepted until it expires") {
  const std::string token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
      ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
      ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const auto rfc_key = t3api::detail::base64url_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  REQUIRE(rfc_key);
  const auto claims = verify_jwt(token, *rfc_key, at(1300819379));
  REQUIRE(claims);
  CHECK((*claims)["iss"] == "joe");
  CHECK_FALSE(verify_jwt(token, *rfc_key, at(1300819380)));
}

TEST_CASE("what was signed comes back") {
  const json claims = {{"username", "ü"}, {"exp", 2000}};
  CHECK(verify_jwt(sign_jwt(claims, key), key, at(1000)).value() == claims);
  CHECK_FALSE(verify_jwt(sign_jwt(claims, key), "another key", at(1000)));
}

TEST_CASE("only HS256 is accepted, however well the token is signed") {
  REQUIRE(accepted(signed_text(good_header, good_claims)));
  for (const char* header :
       {R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"HS512"})", R"({"alg":"RS256"})",
        R"({"alg":"hs256"})", R"({"alg":["HS256"]})", R"({"typ":"JWT"})", R"({"alg":null})",
        R"({"alg":"HS256","crit":["b64"],"b64":false})", R"("HS256")", "[]", "{", ""}) {
    CAPTURE(header);
    CHECK_FALSE(accepted(signed_text(header, good_claims)));
  }
}

TEST_CASE("a token without a good signature is refused") {
  const std::string unsigned_part =
      base64url_encode(R"({"alg":"none"})") + "." + base64url_encode(good_claims);
  CHECK_FALSE(accepted(unsigned_part + "."));
  CHECK_FALSE(accepted(unsigned_part));
  const std::string token = signed_text(good_header, good_claims);
  for (std::size_t i = 0; i < token.size(); ++i) {
    CAPTURE(i);
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(accepted(changed));
    CHECK_FALSE(accepted(token.substr(0, i)));
  }
  CHECK_FALSE(accepted(token + "="));
  CHECK_FALSE(accepted(token + "."));
  CHECK_FALSE(accepted("." + token));
  CHECK_FALSE(accepted(token + " "));
  CHECK_FALSE(accepted(""));
  CHECK_FALSE(accepted(".."));
  CHECK_FALSE(accepted(std::string(100'000, 'A')));
}

TEST_CASE("an expiry is required, and is a number") {
  for (const char* claims :
       {"{}", R"({"exp":"1001"})", R"({"exp":null})", R"({"exp":[1001]})", R"({"exp":true})", "[]",
        R"({"exp":1000})", R"({"exp":-1})", R"({"exp":999.9})"}) {
    CAPTURE(claims);
    CHECK_FALSE(accepted(signed_text(good_header, claims)));
  }
  CHECK(accepted(signed_text(good_header, R"({"exp":1000.5})")));
}

TEST_CASE("a token that is not good yet is refused") {
  CHECK_FALSE(accepted(signed_text(good_header, R"({"exp":2000,"nbf":1001})")));
  CHECK_FALSE(accepted(signed_text(good_header, R"({"exp":2000,"nbf":"soon"})")));
  CHECK(accepted(signed_text(good_header, R"({"exp":2000,"nbf":1000})")));
}

TEST_CASE("deeply nested parts are refused") {
  const std::string deep = R"({"exp":2000,"a":)" + std::string(100, '[') + std::string(100, ']') + "}";
  CHECK_FALSE(accepted(signed_text(good_header, deep)));
}
