#include <t3api/sandbox/web_pages.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <tests/unit/sandbox/support.hpp>

using sandbox_test::method;
using sandbox_test::sandbox;
using t3api::headers;
using t3api::sandbox::is_own_host;

namespace {

const std::string here = "127.0.0.1:8088";

/// A login as a browser sends it for some page, right or wrong.
struct browser {
  sandbox s{{.failed_logins_per_account = 3, .failed_logins_per_address = 3}};

  int log_in(headers fields, const std::string& password = "demo-ca-password",
             const std::string& path = "/v2/auth/credentials") {
    auto body = sandbox::california();
    body["password"] = password;
    return s.service
        .handle({.method = method::post, .path = path, .headers = std::move(fields), .body = body.dump()},
                {.address = "127.0.0.1"})
        .status;
  }
};

headers json_from(headers fields) {
  fields.set("Content-Type", "application/json");
  return fields;
}

}  // namespace

TEST_CASE("a Host is ours when no web site can have it as its name, or when it is named") {
  for (const char* host : {"localhost", "LocalHost:8088", "localhost.", "a.localhost:1", "127.0.0.1",
                           "192.168.1.7:80", "[::1]", "[2001:db8::1]:8088", "sandbox", "sandbox:8088"}) {
    CAPTURE(host);
    CHECK(is_own_host(host, {}));
  }
  for (const char* host : {"", ":80", "evil.example", "evil.example:8088", "evil.example.",
                           "127.0.0.1.evil.example", "localhost.evil.example", ".localhost", "evil.example@",
                           "[evil.example]", "[]", "[", "1.2.3", "notlocalhost.com"}) {
    CAPTURE(host);
    CHECK_FALSE(is_own_host(host, {"sandbox.example"}));
  }
  CHECK(is_own_host("Sandbox.Example:443", {"other", "sandbox.example"}));
  CHECK_FALSE(is_own_host("a.sandbox.example", {"sandbox.example"}));
}

TEST_CASE("what a browser sends for another site neither logs in nor counts as a failed login") {
  browser b;
  const std::vector<headers> foreign = {
      {{"Host", here}},
      {{"Host", here}, {"Content-Type", "text/plain"}},
      {{"Host", here}, {"Content-Type", "application/x-www-form-urlencoded"}},
      {{"Host", here}, {"Content-Type", "application/json"}, {"Content-Type", "text/plain"}},
      {{"Host", here}, {"Content-Type", "text/plain; application/json"}},
      {{"Host", here}, {"Content-Type", "application/json, text/plain"}},
      json_from({{"Host", here}, {"Origin", "http://evil.example"}}),
      json_from({{"Host", here}, {"Origin", "null"}}),
      json_from({{"Host", here}, {"Origin", ""}}),
      json_from({{"Host", here}, {"Origin", "http://127.0.0.1:9999"}}),
      json_from({{"Host", here}, {"Origin", "http://" + here}, {"Origin", "http://evil.example"}}),
      json_from({{"Host", here}, {"Sec-Fetch-Site", "cross-site"}}),
      json_from({{"Host", here}, {"Sec-Fetch-Site", "same-site"}}),
      json_from({{"Host", here}, {"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "cross-site"}}),
      json_from({{"Host", here}, {"Sec-Fetch-Site", "none"}, {"Origin", "https://evil.example"}}),
      json_from(
          {{"Host", "evil.example"}, {"Origin", "http://evil.example"}, {"Sec-Fetch-Site", "same-origin"}}),
      json_from({{"Host", here}, {"Host", "evil.example"}}),
      json_from({{"Host", "evil.example:8088"}}),
  };
  for (const auto& fields : foreign) {
    for (const char* path : {"/v2/auth/credentials", "/v2/auth/secretkey", "/v2/auth/apikey"}) {
      for (const char* password : {"demo-ca-password", "wrong"}) {
        const int status = b.log_in(fields, password, path);
        CHECK((status == 403 || status == 415));
      }
    }
  }
  CHECK(b.s.service.metrc().attempts() == 0);
  CHECK(b.log_in(json_from(
            {{"Host", here}, {"Origin", "http://" + here}, {"Sec-Fetch-Site", "same-origin"}})) == 200);
  CHECK(b.log_in({{"Host", here}, {"Content-Type", "Application/JSON; charset=utf-8"}}) == 200);
  CHECK(b.log_in({}) == 200);
}

TEST_CASE("a name of another site gets nothing at all, and a name that is given gets all") {
  sandbox stranger, named({.names = {"sandbox.example"}});
  for (const char* path : {"/v2/states", "/v2/pages/secret-key", "/v2/licenses", "/nowhere"}) {
    CAPTURE(path);
    for (const auto m : {method::get, method::head, method::post, method::delete_}) {
      CHECK(stranger.service.handle({.method = m, .path = path, .headers = {{"Host", "sandbox.example"}}})
                .status == 403);
    }
  }
  CHECK(named.get("/v2/states", {{"Host", "sandbox.example:8088"}}).status == 200);
  CHECK(named.get("/v2/states", {{"Host", "other.example"}}).status == 403);
}

TEST_CASE("a page of another site deletes no key, and may be a link to the page of keys") {
  sandbox s;
  const auto key = s.secret_key();
  const std::string id = sandbox_test::body_of(s.get_with_key("/v2/auth/secretkey", key))[0]["id"];
  const auto erase = [&](headers fields) {
    fields.set("X-T3-API-Key", key);
    return s.service
        .handle({.method = method::delete_, .path = "/v2/auth/secretkey/" + id, .headers = std::move(fields)})
        .status;
  };
  CHECK(erase({{"Host", here}, {"Origin", "http://evil.example"}}) == 403);
  CHECK(erase({{"Host", here}, {"Sec-Fetch-Site", "same-site"}}) == 403);
  CHECK(erase({{"Host", here}, {"Origin", "http://" + here}, {"Sec-Fetch-Site", "same-origin"}}) == 200);
  CHECK(s.get("/v2/pages/secret-key", {{"Host", here}, {"Sec-Fetch-Site", "cross-site"}}).status == 200);
}
