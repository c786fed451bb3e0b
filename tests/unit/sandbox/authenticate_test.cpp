#include <doctest/doctest.h>

#include <tests/unit/sandbox/support.hpp>

using sandbox_test::sandbox;
using t3api::headers;

TEST_CASE("a request without credentials, or with what is none, is refused with a challenge") {
  sandbox s;
  const auto token = s.token();
  for (const headers& fields :
       {headers{}, headers{{"Authorization", ""}}, headers{{"Authorization", "Bearer"}},
        headers{{"Authorization", "Bearer "}}, headers{{"Authorization", token}},
        headers{{"Authorization", "Basic " + token}}, headers{{"Authorization", "Bearer " + token + "x"}},
        headers{{"Authorization", "Bearer " + token + " " + token}}, headers{{"X-T3-API-Key", ""}},
        headers{{"X-T3-API-Key", token}}}) {
    const auto answer = s.get("/v2/licenses", fields);
    CHECK(answer.status == 401);
    CHECK(answer.headers.get("WWW-Authenticate") == "Bearer");
    CHECK(answer.body.find(token) == answer.body.npos);
  }
  CHECK(s.get("/v2/licenses", {{"authorization", "bearer  " + token}}).status == 200);
}

TEST_CASE("a token of another service is refused") {
  sandbox s, other;
  CHECK(s.get_with_token("/v2/licenses", other.token()).status == 401);
}

TEST_CASE("several ways in at once must all be good and agree") {
  sandbox s;
  const auto token = s.token(), key = s.secret_key(), stranger = s.secret_key(sandbox::colorado());
  const headers bearer = {{"Authorization", "Bearer " + token}};
  CHECK(s.get("/v2/licenses", {{"Authorization", "Bearer " + token}, {"X-T3-API-Key", key}}).status == 200);
  CHECK(s.get("/v2/licenses?secretKey=" + key, bearer).status == 200);
  CHECK(s.get("/v2/licenses", {{"Authorization", "Bearer " + token}, {"X-T3-API-Key", stranger}}).status ==
        400);
  CHECK(s.get("/v2/licenses?secretKey=" + stranger, bearer).status == 400);
  CHECK(s.get("/v2/licenses?secretKey=wrong", bearer).status == 401);
  CHECK(s.get("/v2/licenses", {{"Authorization", "Bearer wrong"}, {"X-T3-API-Key", key}}).status == 401);
}

TEST_CASE("the same way in twice is refused") {
  sandbox s;
  const auto token = s.token(), key = s.secret_key();
  CHECK(s.get("/v2/licenses", {{"Authorization", "Bearer " + token}, {"Authorization", "Bearer " + token}})
            .status == 400);
  CHECK(s.get("/v2/licenses", {{"X-T3-API-Key", key}, {"x-t3-api-key", key}}).status == 400);
  CHECK(s.get("/v2/licenses?secretKey=" + key + "&secretKey=" + key).status == 400);
}
