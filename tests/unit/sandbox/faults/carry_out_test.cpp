#include <t3api/sandbox/faults/carry_out.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include <t3api/core/http_date.hpp>
#include <tests/unit/sandbox/support.hpp>

using namespace std::chrono_literals;
using sandbox_test::body_of;
using sandbox_test::message_of;
using sandbox_test::method;
using sandbox_test::sandbox;
using t3api::sandbox::retry_after_form;

TEST_CASE("the third page fails twice") {
  sandbox s;
  const auto token = s.token();
  s.service.faults().add(
      {.path = "/v2/packages/active", .query = {{"page", "3"}}, .times = 2, .status = 500});
  const auto page = [&](int number) {
    const std::string path = "/v2/packages/active?licenseNumber=LIC-00001&page=" + std::to_string(number);
    return s.get_with_token(path, token).status;
  };
  CHECK(page(2) == 200);
  CHECK(page(3) == 500);
  CHECK(page(1) == 200);
  CHECK(page(3) == 500);
  CHECK(page(3) == 200);
}

TEST_CASE("an ordered answer is T3's error body, or the body and headers that were given") {
  sandbox s;
  s.service.faults().add({.path = "/v2/states", .status = 502});
  const auto failed = s.get("/v2/states");
  CHECK(failed.status == 502);
  CHECK(body_of(failed)["error"]["type"] == "bad_gateway");
  CHECK(body_of(failed)["error"]["url"] == "/v2/states");
  CHECK(failed.headers.contains("X-Request-Id"));
  CHECK(failed.headers.get("Cache-Control") == "no-store");
  s.service.faults().add({.status = 502, .headers = {{"Content-Type", "text/html"}}, .body = "<h1>"});
  const auto html = s.get("/v2/states");
  CHECK(html.body == "<h1>");
  CHECK(html.headers.get("Content-Type") == "text/html");
  s.service.faults().add({.status = 200, .body = "{}"});
  CHECK(s.get("/nowhere").json());
  s.service.faults().add({.status = 204});
  CHECK(s.get("/v2/states").body.empty());
}

TEST_CASE("each form of Retry-After") {
  sandbox s;
  const auto value = [&](retry_after_form form) {
    s.service.faults().add({.status = 429, .retry_after = form});
    return std::string(s.get("/v2/states").headers.get("Retry-After").value());
  };
  CHECK(value(retry_after_form::seconds) == "2");
  CHECK(value(retry_after_form::http_date) == "Fri, 17 May 2024 12:00:12 GMT");
  CHECK(value(retry_after_form::garbage) == "soon");
  CHECK(value(retry_after_form::zero) == "0");
  CHECK(value(retry_after_form::negative) == "-1");
  CHECK(value(retry_after_form::hour) == "3600");
}

TEST_CASE("faults strike logins, before anything is done for them and before any limit") {
  sandbox s({.requests_per_minute = 2, .failed_logins_per_account = 1});
  s.service.faults().add({.method = method::post, .times = 3, .status = 401});
  for (int i = 0; i < 3; ++i) {
    const auto answer = s.post("/v2/auth/credentials", sandbox::california());
    CHECK(answer.status == 401);
    CHECK(answer.headers.get("WWW-Authenticate") == "Bearer");
  }
  CHECK(s.service.metrc().attempts() == 0);
  const auto token = s.token();
  s.service.faults().add({.status = 500});
  CHECK(s.get_with_token("/v2/licenses", token).status == 500);
  CHECK(s.get_with_token("/v2/licenses", token).status == 200);
}

TEST_CASE("a delayed request waits on the clock, and is answered at the time after it") {
  sandbox s;
  s.service.faults().add({.delay = 20s});
  const auto answer = s.get("/v2/states");
  CHECK(answer.status == 200);
  CHECK(s.clock->waits() == std::vector<t3api::manual_clock::duration>{20s});
  CHECK(answer.headers.get("Date") == "Fri, 17 May 2024 12:00:30 GMT");
  s.service.faults().add({.delay = 1s, .status = 500});
  CHECK(body_of(s.get("/v2/states"))["error"]["timestamp"] == "2024-05-17T12:00:31.000Z");
  CHECK(s.clock->waits().size() == 2);
}

TEST_CASE("clearing the faults lets go who waits") {
  t3api::sandbox::service service;
  service.faults().add({.delay = 1h, .status = 503});
  std::jthread caller([&] { CHECK(service.handle({.path = "/v2/states"}).status == 503); });
  while (service.faults().list().at(0).struck == 0) std::this_thread::yield();
  service.faults().clear();
}

TEST_CASE("a server that stops lets go who waits") {
  t3api::sandbox::service service;
  service.faults().add({.delay = 1h, .status = 503});
  std::stop_source server;
  std::jthread caller([&] {
    const auto made = service.serve({.path = "/v2/states"}, {.stop = server.get_token()});
    CHECK(made.answer.status == 503);
  });
  while (service.faults().list().at(0).struck == 0) std::this_thread::yield();
  server.request_stop();
  caller.join();
  service.faults().add({.delay = 1h, .status = 503});
  CHECK(service.serve({.path = "/v2/states"}, {.stop = server.get_token()}).answer.status == 503);
}

TEST_CASE("a fault for an account that Metrc does not have is refused, if Metrc can tell") {
  struct telling_metrc {
    bool has_account(std::string_view, std::string_view username) const { return username == "ann"; }
    t3api::sandbox::metrc_answer login(const t3api::sandbox::metrc_login&) { return {}; }
    std::optional<t3api::sandbox::metrc_session> find_session(std::string_view) { return std::nullopt; }
  };
  t3api::sandbox::basic_service<telling_metrc> service({.admin = true}, {}, std::make_shared<telling_metrc>(),
                                                       std::make_shared<t3api::manual_clock>());
  const auto status = [&](const char* username) {
    return service
        .handle({.method = method::post,
                 .path = "/sandbox/faults",
                 .headers = {{"Content-Type", "application/json"}},
                 .body = R"({"endSessions":true,"account":{"hostname":"ca.metrc.com","username":")" +
                         std::string(username) + R"("}})"})
        .status;
  };
  CHECK(status("ann") == 201);
  CHECK(status("nobody") == 422);
}

TEST_CASE("the simulated Metrc can tell which accounts it has") {
  sandbox s({.admin = true});
  const auto status = [&](const char* path, const char* hostname, const char* username) {
    return s
        .post(path, {{"endSessions", true}, {"account", {{"hostname", hostname}, {"username", username}}}})
        .status;
  };
  CHECK(status("/sandbox/faults", "CA.metrc.com", "demo-ca") == 201);
  CHECK(status("/sandbox/faults", "ca.metrc.com", "nobody") == 422);
  CHECK(status("/sandbox/faults", "co.metrc.com", "demo-ca") == 422);
  CHECK(s.service.faults().list().size() == 1);
  CHECK(s.get("/v2/states").status == 200);
}

TEST_CASE("what becomes of the bytes goes to the server, with the answer that there would be") {
  sandbox s;
  s.service.faults().add({.path = "/v2/states", .wire = t3api::sandbox::wire_fault{.cut_after = 100}});
  const auto cut = s.service.serve({.path = "/v2/states"}, {});
  CHECK(cut.answer.status == 200);
  REQUIRE(cut.wire);
  CHECK(cut.wire->cut_after == 100);
  CHECK_FALSE(s.service.serve({.path = "/v2/states"}, {}).wire);
  s.service.faults().add({.status = 503, .wire = t3api::sandbox::wire_fault{.reset = true}});
  const auto reset = s.service.serve({.path = "/v2/states"}, {});
  CHECK(reset.answer.status == 503);
  CHECK(reset.wire->reset);
}

TEST_CASE("the sessions of an account end in the middle: tokens stop, secret keys go on") {
  sandbox s;
  const auto token = s.token(), key = s.secret_key(), other = s.token(sandbox::colorado());
  s.service.faults().add(
      {.skip = 1, .account = {{.hostname = "ca.metrc.com", .username = "demo-ca"}}, .end_sessions = true});
  CHECK(s.get_with_token("/v2/licenses", token).status == 200);
  CHECK(s.get_with_token("/v2/licenses", token).status == 401);
  CHECK(s.get_with_key("/v2/licenses", key).status == 200);
  CHECK(s.get_with_token("/v2/licenses", other).status == 200);
}

TEST_CASE("the password of an account becomes another") {
  sandbox s;
  const auto key = s.secret_key();
  s.service.faults().add({.path = "/v2/licenses",
                          .account = {{.hostname = "ca.metrc.com", .username = "demo-ca"}},
                          .new_password = "another"});
  CHECK(s.get_with_key("/v2/licenses", key).status == 401);
  auto body = sandbox::california();
  CHECK(s.post("/v2/auth/credentials", body).status == 401);
  body["password"] = "another";
  CHECK(s.post("/v2/auth/credentials", body).status == 200);
  s.service.faults().add({.account = {{"ca.metrc.com", "nobody"}}, .new_password = "canary"});
  const auto answer = s.get("/v2/states");
  CHECK(answer.status == 501);
  CHECK(answer.body.find("canary") == answer.body.npos);
  s.service.faults().add({.account = {{"ca.metrc.com", "nobody"}}, .end_sessions = true});
  CHECK(s.get("/v2/states").status == 501);
}

TEST_CASE("a Metrc that cannot be upset says so") {
  struct plain_metrc {
    t3api::sandbox::metrc_answer login(const t3api::sandbox::metrc_login&) { return {}; }
    std::optional<t3api::sandbox::metrc_session> find_session(std::string_view) { return std::nullopt; }
  };
  t3api::sandbox::basic_service<plain_metrc> service({}, {}, std::make_shared<plain_metrc>(),
                                                     std::make_shared<t3api::manual_clock>());
  service.faults().add({.account = {{"ca.metrc.com", "ann"}}, .end_sessions = true});
  service.faults().add({.account = {{"ca.metrc.com", "ann"}}, .new_password = "x"});
  CHECK(message_of(service.handle({.path = "/v2/states"})).find("cannot do") != std::string::npos);
  CHECK(service.handle({.path = "/v2/states"}).status == 501);
  CHECK(service.handle({.path = "/v2/states"}).status == 200);
}
