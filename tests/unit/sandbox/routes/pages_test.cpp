#include <doctest/doctest.h>

#include <t3api/sandbox/pages/secret_key_page.hpp>
#include <tests/unit/sandbox/support.hpp>

using sandbox_test::body_of;
using sandbox_test::method;
using sandbox_test::sandbox;

TEST_CASE("the page of secret keys answers GET and HEAD, and nothing else") {
  sandbox s;
  const std::string path = "/v2/pages/secret-key";
  for (const auto m : {method::get, method::head}) {
    const auto page = s.service.handle({.method = m, .path = path});
    CHECK(page.status == 200);
    CHECK(page.headers.get("Content-Type") == "text/html; charset=utf-8");
    CHECK(page.headers.get("Cache-Control") == "no-store");
    CHECK(page.headers.get("X-Request-Id"));
    CHECK(page.body == t3api::sandbox::pages::secret_key_page().body);
  }
  for (const auto m : {method::post, method::put, method::patch, method::delete_}) {
    const auto refused = s.service.handle({.method = m, .path = path});
    CHECK(refused.status == 405);
    CHECK(refused.headers.get("Allow") == "GET, HEAD");
  }
}

TEST_CASE("the page takes nothing from its address, and opening it changes nothing") {
  sandbox s;
  const auto token = s.token();
  s.secret_key();
  const auto keys = [&] { return body_of(s.get_with_token("/v2/auth/secretkey", token)); };
  const auto before = keys();
  const auto id = before[0]["id"].get<std::string>();
  for (const std::string& query :
       {"?delete=" + id, std::string("?username=%3Cscript%3E"), std::string("?secretKey=canary")}) {
    const auto page = s.get_with_token("/v2/pages/secret-key" + query, token);
    CHECK(page.status == 200);
    CHECK(page.body == t3api::sandbox::pages::secret_key_page().body);
  }
  CHECK(keys() == before);
}
