#include <doctest/doctest.h>

#include <string>

#include <t3api/core/logging_hooks.hpp>
#include <t3api/core/redactor.hpp>
#include <t3api/detail/utf8.hpp>

using t3api::request;

namespace {

/// What a hook is told of a request.
t3api::request_event told_of(const request& sent, const char* host = "https://api.example") {
  const t3api::event_hook<t3api::request_event> hook([](const t3api::request_event&) {});
  const auto where = t3api::parse_url(host).value();
  return hook.make({.host = where,
                    .sent = sent,
                    .known = t3api::detail::redactor(sent, where.base_path),
                    .with_headers = true,
                    .with_body = true});
}

std::string shown(const request& sent, const char* host = "https://api.example") {
  return told_of(sent, host).url;
}

std::string shown_body(const std::string& path, const std::string& type, const std::string& body) {
  request sent{.path = path, .body = body};
  if (!type.empty()) sent.headers.add_received("Content-Type", type);
  return told_of(sent).body;
}

std::string shown_json(const std::string& body) {
  return shown_body("/v2/packages/create", "application/json; charset=utf-8", body);
}

bool has_canary(const std::string& text) { return text.find("CANARY") != text.npos; }

}  // namespace

TEST_CASE("a URL is shown with the parameters that are known to be harmless") {
  CHECK(shown({.path = "/v2/packages/active", .query = {{"licenseNumber", "C-1"}, {"page", "2"}}},
              "https://api.example:8443/t3") ==
        "https://api.example:8443/t3/v2/packages/active?licenseNumber=C-1&page=2");
  CHECK(shown({.path = "/v2/x?PAGESIZE=500&Filter=label__eq:A%201&submit=true"}) ==
        "https://api.example/v2/x?PAGESIZE=500&Filter=label__eq:A%201&submit=true");
  for (const char* name : {"licenseNumber", "page", "pageSize", "sort", "filter", "filterLogic",
                           "strictPagination", "contentType", "fieldnames", "prependCsvMetadata", "submit"}) {
    CHECK(shown({.path = "/", .query = {{name, "v"}}}) == "https://api.example/?" + std::string(name) + "=v");
  }
}

TEST_CASE("any other parameter is shown without its value") {
  for (const request& sent : {
           request{.path = "/v2/x", .query = {{"secretKey", "CANARY"}}},
           request{.path = "/v2/x", .query = {{"SECRETKEY", "CANARY"}}},
           request{.path = "/v2/x", .query = {{"whatever", "CANARY"}}},
           request{.path = "/v2/x?secretKey=CANARY"},
           request{.path = "/v2/x?page=1&secret%4Bey=CANARY"},
           request{.path = "/v2/x?CANARY"},
           request{.path = "/v2/x?CANARY="},
           request{.path = "/v2/x?page=1;secretKey=CANARY"},
           request{.path = "/v2/x?page=1%26secretKey=CANARY"},
           request{.path = "/v2/x?" + std::string(40, 'x') + "CANARY=1"},
           request{.path = "/v2/x#secretKey=CANARY"},
           request{.path = "/v2/x?page=1#CANARY"},
           request{.path = "/v2/x;token=CANARY"},
       }) {
    CAPTURE(sent.path);
    CHECK_FALSE(has_canary(shown(sent)));
  }
  CHECK(shown({.path = "/v2/x?a=1", .query = {{"b", "2"}}}) == "https://api.example/v2/x?a=***&b=***");
}

TEST_CASE("what stands behind /auth/secretkey/ is hidden however it is written") {
  CHECK(shown({.path = "/v2/auth/secretkey/CANARY"}) == "https://api.example/v2/auth/secretkey/***");
  for (const char* path : {"/v2/AUTH/SecretKey/CANARY", "/v2/auth/secretkey/CANARY/more",
                           "/v2/auth//secretkey//CANARY", "/v2/auth/secretke%79/CANARY",
                           "/v2/auth%2Fsecretkey%2fCANARY", "/v2/auth/secretkey/x/CANARY?page=1"}) {
    CAPTURE(path);
    CHECK_FALSE(has_canary(shown({.path = path})));
  }
  CHECK_FALSE(has_canary(shown({.path = "/secretkey/CANARY"}, "https://api.example/v2/auth")));
  CHECK(shown({.path = "/v2/auth/secretkey"}) == "https://api.example/v2/auth/secretkey");
}

TEST_CASE("a path that is none is not shown, since a password may stand in it") {
  for (const char* path : {"https://jane:CANARY@h/", "//jane:CANARY@h/", "CANARY"}) {
    CHECK(shown({.path = path}) == "https://api.example/***");
  }
}

TEST_CASE("a URL is one line of limited length") {
  const auto text = shown({.path = "/a\r\nb\x1B\xE2\x80\xAE", .query = {{"pa\nge", "1"}, {"page", "1\n2"}}});
  CHECK(text == "https://api.example/a%0D%0Ab%1B%E2%80%AE?pa%0Age=***&page=1%0A2");
  CHECK(shown({.path = "/" + std::string(9000, 'x')}).size() == 2003);
}

TEST_CASE("header values are shown when they are known to be harmless") {
  t3api::headers fields{{"Accept", "text/csv"}, {"content-TYPE", "application/json"}, {"ETag", "\"1\""}};
  for (const char* name : {"Authorization", "aUTHORIZATION", "X-T3-API-Key", "Cookie", "Set-Cookie",
                           "Proxy-Authorization", "Location", "Referer", "WWW-Authenticate", "X-Own"}) {
    fields.add_received(name, "CANARY");
  }
  fields.add_received("Server", "said token=CANARY");
  const auto shown_fields = told_of({.path = "/", .headers = fields}).headers;
  REQUIRE(shown_fields.size() == fields.size());
  CHECK(shown_fields.get("Accept") == "text/csv");
  CHECK(shown_fields.get("Content-Type") == "application/json");
  CHECK(shown_fields.get("etag") == "\"1\"");
  CHECK(shown_fields.get("X-Own") == "***");
  for (const auto& field : shown_fields) {
    CAPTURE(field.first);
    CHECK_FALSE(has_canary(field.second));
  }
}

TEST_CASE("names and values of headers fit one line") {
  t3api::headers fields;
  fields.add_received("X\r\nY", "v");
  fields.add_received("Server", "a\r\nb\x1B[1m\xE2\x80\xAE" + std::string(5000, 'x'));
  const auto shown_fields = told_of({.path = "/", .headers = fields}).headers;
  CHECK(shown_fields.begin()[0].first == "X\\u000D\\u000AY");
  CHECK(shown_fields.get("Server").value_or("").starts_with("a\\u000D\\u000Ab\\u001B[1m\\u202Exx"));
  CHECK(shown_fields.get("Server").value_or("").size() < 320);
}

TEST_CASE("JSON members that sound like a secret are hidden at any depth, with all that is in them") {
  for (const char* name :
       {"password", "PASSWD", "pwd", "client_secret", "accessToken", "api-key", "otp", "otpSeed",
        "Authorization", "credentials", "cookie", "jwt", "session_id", "pass\\u0077ord"}) {
    for (const char* value : {R"("CANARY")", R"(["CANARY"])", R"({"a":{"b":"CANARY"}})"}) {
      std::string body = "{\"" + std::string(name) + "\":" + value + "}";
      for (int depth = 0; depth < 25; ++depth) body = "[{\"a\":" + body + "}]";
      CAPTURE(body);
      const auto text = shown_json(body);
      CHECK_FALSE(has_canary(text));
      CHECK(text.find("***") != text.npos);
    }
  }
  CHECK(shown_json(R"({"otp":123456,"label":"1A4","n":[1.5,null,true]})") ==
        R"({"label":"1A4","n":[1.5,null,true],"otp":"***"})");
}

TEST_CASE("JSON texts lose the secrets that stand in them") {
  CHECK(shown_json(R"({"error":{"url":"https://h/v2/x?secretKey=CANARY&page=1","status_code":400}})") ==
        R"({"error":{"status_code":400,"url":"https://h/v2/x?secretKey=***&page=1"}})");
  for (const char* body :
       {R"({"echo":"{\"password\":\"CANARY\"}"})", R"(["Authorization: Bearer CANARY"])",
        R"({"secretKey=CANARY":1})", R"({"name":"password","value":"CANARY"})",
        R"({"detail":[{"loc":["body","password"],"msg":"too short","input":"CANARY"}]})", R"("CANARY")"}) {
    CAPTURE(body);
    CHECK_FALSE(has_canary(shown_json(body)));
  }
}

TEST_CASE("bodies of authentication are not shown at all") {
  for (const char* path :
       {"/v2/auth/credentials", "/v2/AUTH/apikey", "/v2/a%75th/secretkey", "/v2//auth//x", "/v2/auth",
        "/v2/auth?x=1", "auth/x", "/v2/auth/whoami", "/v2/%2561uth/x", "/v2/auth;a/x"}) {
    CAPTURE(path);
    CHECK(shown_body(path, "application/json", R"({"a":"CANARY"})") == "(not shown: authentication)");
    CHECK(shown_body(path, "text/plain", "CANARY") == "(not shown: authentication)");
  }
  CHECK(shown_body("/v2/author", "application/json", "{}") == "{}");
  CHECK(shown_body("/v2/x?y=/auth/", "application/json", "{}") == "{}");
}

TEST_CASE("of what is no JSON only the size is shown") {
  CHECK(shown_body("/v2/x", "text/csv", "CANARY") == "(6 bytes of text/csv)");
  CHECK(shown_body("/v2/x", "", "CANARY") == "(6 bytes of no type)");
  CHECK(shown_body("/v2/x", "application/json", "{\"a\":CANARY") == "(11 bytes of application/json)");
  CHECK(shown_body("/v2/x", "text/html\r\nX: 1", "<p>") == "(3 bytes of text/html\\u000D\\u000AX: 1)");
  CHECK(shown_body("/v2/x", "application/problem+json", "{}") == "{}");
  CHECK(shown_body("/v2/x", "Application/JSON", "[]") == "[]");
  CHECK(shown_body("/v2/x", "application/json", "") == "");
  const auto deep = std::string(65, '[') + std::string(65, ']');
  CHECK(shown_json(deep) == "(130 bytes of application/json; charset=utf-8)");
}

TEST_CASE("a long body is cut between characters, and its size told") {
  std::string body = "[\"";
  while (body.size() < 5000) body += "\xE6\x97\xA5";
  body += "\"]";
  const auto text = shown_json(body);
  CHECK(t3api::detail::is_utf8(text));
  CHECK(text.ends_with("... (" + std::to_string(body.size()) + " bytes in all)"));
  CHECK(text.size() < 2050);
  CHECK(text.size() > 1990);
}

TEST_CASE("a body of many small values is cut like one of a long value") {
  for (const std::string entry : {"0,", "\"\",", "{\"a\":1},", "[[]],"}) {
    std::string body = "[";
    while (body.size() < 20000) body += entry;
    body += "1]";
    const auto text = shown_json(body);
    CHECK(text.ends_with("... (" + std::to_string(body.size()) + " bytes in all)"));
    CHECK(text.starts_with(body.substr(0, 1999)));
  }
  std::string members = "{";
  for (int i = 10000; i < 12000; ++i) members += "\"" + std::to_string(i) + "\":1,";
  members += "\"z\":1}";
  CHECK(shown_json(members).starts_with(members.substr(0, 1999)));
}

TEST_CASE("a body is one line") {
  CHECK(shown_json("{\n \"a\\r\\nb\": \"\\u001b[1m\\u202e\\u2028\\u007f\"\n}") ==
        "{\"a\\r\\nb\":\"\\u001b[1m\\u202E\\u2028\\u007F\"}");
}
