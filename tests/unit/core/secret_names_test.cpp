#include <doctest/doctest.h>

#include <string>

#include <t3api/core/redactor.hpp>
#include <t3api/core/secret_names.hpp>

using t3api::detail::names_secret;
using t3api::detail::redactor;

TEST_CASE("names of secrets are known in any case and punctuation") {
  for (const char* name : {"password",
                           "PassWord",
                           "pass_word",
                           "pass-word",
                           "p.a.s.s.w.o.r.d",
                           "userPasswd",
                           "db_pwd",
                           "secretKey",
                           "accessToken",
                           "apiKey",
                           "X-T3-API-Key",
                           "API_KEY",
                           "otp",
                           "otpSeed",
                           "Authorization",
                           "credentials",
                           "Set-Cookie",
                           "jwt",
                           "JSESSIONID",
                           "pass\xE2\x80\x8Bword",
                           "X-Auth",
                           "sig",
                           "PIN",
                           "private_key",
                           "X-Amz-Signature",
                           "Ocp-Apim-Subscription-Key",
                           "X-CSRF-Token",
                           "client.secret",
                           "pass.phrase"}) {
    CAPTURE(name);
    CHECK(names_secret(name));
  }
  for (const char* name : {"", "name", "label", "labTestPassed", "licenseNumber", "authMode", "quantity",
                           "key", "Idempotency-Key", "design"}) {
    CAPTURE(name);
    CHECK_FALSE(names_secret(name));
  }
}

TEST_CASE("free text loses what stands behind the name of a secret") {
  for (const char* text : {
           "password=CANARY1",
           "password = CANARY1",
           "PASSWORD: CANARY1",
           "the password:CANARY1",
           "https://h/v2/x?secretKey=CANARY1",
           "https://h/v2/x?page=1&secretKey=CANARY1&sort=a",
           R"({"password": "CANARY1"})",
           R"({\"password\": \"CANARY1\"})",
           R"({'otp': 'CANARY1'})",
           R"("password": "with \" inside CANARY1")",
           R"(password: "open CANARY1)",
           "headers['password'] = CANARY1",
           R"("credentials": {"user": "jane", "word": "CANARY1"})",
           "tokens: [1, CANARY1]",
           "Authorization: Bearer CANARY1",
           "authorization: Basic CANARY1",
           "the header Bearer CANARY1-x is bad",
           "Cookie: a=CANARY1; b=CANARY1",
           "Set-Cookie: a=b; c=CANARY1",
           "X-T3-API-Key: CANARY1",
           "http://jane:CANARY1@proxy:3128/",
           "http://CANARY1@proxy",
           "token:\n  CANARY1",
           "not accepted: eyJhbGciOiJIUzI1NiJ9.CANARY1.c2ln",
       }) {
    CAPTURE(text);
    const auto shown = redactor().hide(text);
    CHECK(shown.find("CANARY1") == shown.npos);
    CHECK(shown.find("***") != shown.npos);
  }
}

TEST_CASE("free text keeps what is no secret") {
  for (const char* text : {"", "=", ":", "://", "password",
                           "password=", "GET /v2/licenses was answered with status 500: try again later",
                           "the host 'https://h:8443/x' is unknown", "filter=label__eq:1A4",
                           "mail jane@example.com", "eyJ is short", "no Bearer", "Bearer x"}) {
    CHECK(redactor().hide(text) == text);
  }
  CHECK(redactor().hide("https://h/?secretKey=abc&page=2") == "https://h/?secretKey=***&page=2");
  CHECK(redactor().hide(R"({"otp": "1", "page": 2})") == R"({"otp": "***", "page": 2})");
}
