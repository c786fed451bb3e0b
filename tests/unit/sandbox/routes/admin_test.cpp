#include <t3api/sandbox/routes/admin.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <tests/unit/sandbox/support.hpp>

using nlohmann::json;
using sandbox_test::body_of;
using sandbox_test::message_of;
using sandbox_test::method;
using sandbox_test::sandbox;
using t3api::headers;

namespace {

struct admin_sandbox : sandbox {
  admin_sandbox() : sandbox({.admin = true}) {}

  t3api::response remove(const std::string& path) {
    return service.handle(
        {.method = method::delete_, .path = path, .headers = {{"Content-Type", "application/json"}}});
  }
  int order(const json& for_metrc) { return post("/sandbox/metrc", for_metrc).status; }
};

json account(const char* member = nullptr, const char* value = nullptr) {
  json made = {{"hostname", "ca.metrc.com"}, {"username", "demo-ca"}};
  if (member != nullptr) made[member] = value;
  return made;
}

}  // namespace

TEST_CASE("unless asked for, the admin paths are not there") {
  sandbox s;
  const auto nothing = s.get("/nowhere");
  for (const char* path : {"/sandbox/faults", "/sandbox/metrc", "/sandbox/ledger", "/sandbox/faults/1"}) {
    for (const auto m : {method::get, method::post, method::delete_}) {
      const auto answer = s.service.handle(
          {.method = m, .path = path, .headers = {{"Content-Type", "application/json"}}, .body = "{}"});
      CHECK(answer.status == 404);
      CHECK(message_of(answer) == message_of(nothing));
      CHECK_FALSE(answer.headers.contains("Allow"));
    }
  }
}

TEST_CASE("faults are ordered, listed and removed") {
  admin_sandbox s;
  const auto added = s.post("/sandbox/faults", {{"path", "/v2/states"}, {"times", 3}, {"status", 500}});
  CHECK(added.status == 201);
  const auto id = body_of(added)["id"].get<int>();
  CHECK(s.get("/v2/states").status == 500);
  const json expected = {{"id", id},
                         {"matched", 1},
                         {"struck", 1},
                         {"fault", {{"path", "/v2/states"}, {"times", 3}, {"status", 500}}}};
  CHECK(body_of(s.get("/sandbox/faults")) == json::array({expected}));
  CHECK(s.remove("/sandbox/faults/" + std::to_string(id)).status == 200);
  CHECK(s.get("/v2/states").status == 200);
  CHECK(s.remove("/sandbox/faults/" + std::to_string(id)).status == 404);
  CHECK(s.remove("/sandbox/faults/x").status == 404);
  s.post("/sandbox/faults", {{"status", 500}, {"times", 0}});
  CHECK(s.get("/v2/states").status == 500);
  CHECK(s.remove("/sandbox/faults").status == 200);
  CHECK(s.get("/v2/states").status == 200);
  CHECK(body_of(s.get("/sandbox/faults")) == json::array());
}

TEST_CASE("a wrong fault is refused with what is wrong with it") {
  admin_sandbox s;
  const auto wrong = s.post("/sandbox/faults", {{"stauts", 500}});
  CHECK(wrong.status == 422);
  CHECK(message_of(wrong).find("stauts") != std::string::npos);
  CHECK(s.post("/sandbox/faults", json::array()).status == 400);
  for (std::size_t i = 0; i < t3api::sandbox::fault_plan::most_faults; ++i)
    s.service.faults().add({.status = 500});
  CHECK(s.post("/sandbox/faults", {{"status", 500}}).status == 409);
}

TEST_CASE("Metrc takes orders") {
  admin_sandbox s;
  const auto token = s.token(), key = s.secret_key();
  CHECK(body_of(s.get("/sandbox/metrc")) == json({{"attempts", 2}, {"logins", 2}}));
  CHECK(s.order({{"endSessions", account()}}) == 200);
  CHECK(s.get_with_token("/v2/licenses", token).status == 401);
  CHECK(s.get_with_key("/v2/licenses", key).status == 200);
  const auto again = s.token();
  CHECK(s.order({{"endSessions", true}}) == 200);
  CHECK(s.get_with_token("/v2/licenses", again).status == 401);

  CHECK(s.order({{"lock", account()}}) == 200);
  CHECK(s.post("/v2/auth/credentials", sandbox::california()).status == 401);
  CHECK(s.order({{"unlock", account()}}) == 200);
  CHECK(s.order({{"failLogins", 1}}) == 200);
  CHECK(s.post("/v2/auth/credentials", sandbox::california()).status == 503);
  CHECK(s.order({{"delayLogins", 1500}}) == 200);
  const auto before = s.clock->now();
  CHECK(s.post("/v2/auth/credentials", sandbox::california()).status == 200);
  CHECK(s.clock->now() - before == std::chrono::milliseconds(1500));
  CHECK(s.order({{"lockAfter", 5}}) == 200);

  CHECK(s.order({{"changePassword", account("password", "another")}}) == 200);
  CHECK(s.get_with_key("/v2/licenses", key).status == 401);
  CHECK(s.order({{"changeEmail", account("email", "a@example.com")}}) == 200);
  CHECK(s.order({{"changeOtpSeed", account("otpSeed", "")}}) == 200);
  CHECK(s.order({{"changeUsername", account("newUsername", "renamed")}}) == 200);
  auto body = sandbox::california();
  body["username"] = "renamed";
  body["password"] = "another";
  body["email"] = "a@example.com";
  CHECK(s.post("/v2/auth/credentials", body).status == 200);
}

TEST_CASE("Metrc refuses orders that it cannot carry out, and shows nothing of them") {
  admin_sandbox s;
  CHECK(s.order({{"lock", {{"hostname", "ca.metrc.com"}, {"username", "nobody"}}}}) == 422);
  CHECK(s.order({{"endSessions", {{"hostname", "ca.metrc.com"}, {"username", "nobody"}}}}) == 422);
  const auto bad_seed = s.post("/sandbox/metrc", {{"changeOtpSeed", account("otpSeed", "canary 1890")}});
  CHECK(bad_seed.status == 422);
  CHECK(bad_seed.body.find("canary") == std::string::npos);
  const auto unknown = s.post("/sandbox/metrc", {{"changePasswort", account("password", "canary")}});
  CHECK(unknown.status == 422);
  CHECK(unknown.body.find("canary") == std::string::npos);
  CHECK(s.post("/sandbox/metrc", {{"changePassword", account("password", "canary")}}).body == "{}");
}

TEST_CASE("a Metrc of one's own need not take orders") {
  struct plain_metrc {
    t3api::sandbox::metrc_answer login(const t3api::sandbox::metrc_login&) { return {}; }
    std::optional<t3api::sandbox::metrc_session> find_session(std::string_view) { return std::nullopt; }
  };
  t3api::sandbox::basic_service<plain_metrc> service({.admin = true}, {}, std::make_shared<plain_metrc>(),
                                                     std::make_shared<t3api::manual_clock>());
  CHECK(service.handle({.path = "/sandbox/metrc"}).status == 501);
  CHECK(service
            .handle({.method = method::post,
                     .path = "/sandbox/metrc",
                     .headers = {{"Content-Type", "application/json"}},
                     .body = R"({"endSessions":true})"})
            .status == 501);
}

TEST_CASE("the ledger of writes can be read and emptied") {
  admin_sandbox s;
  s.service.ledger().add({.path = "/v2/packages/create", .body = "[]"});
  CHECK(body_of(s.get("/sandbox/ledger"))["entries"][0]["path"] == "/v2/packages/create");
  CHECK(s.remove("/sandbox/ledger").status == 200);
  CHECK(body_of(s.get("/sandbox/ledger"))["entries"].empty());
}

TEST_CASE("web pages can neither read nor change anything") {
  admin_sandbox s;
  const std::string type = "application/json", host = "127.0.0.1:8088";
  const auto status = [&](headers fields, method m = method::post, const char* path = "/sandbox/metrc") {
    return s.service
        .handle({.method = m, .path = path, .headers = std::move(fields), .body = R"({"endSessions":true})"})
        .status;
  };
  CHECK(status({{"Content-Type", type}}) == 200);
  CHECK(status({{"Content-Type", "application/json; charset=utf-8"}}) == 200);
  CHECK(status({}) == 415);
  for (const char* other : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "",
                            "text/plain; application/json"}) {
    CHECK(status({{"Content-Type", other}}) == 415);
  }
  CHECK(status({{"Content-Type", type}, {"Host", host}, {"Origin", "http://127.0.0.1:8088"}}) == 200);
  CHECK(status({{"Content-Type", type}, {"Host", "localhost:1"}, {"Origin", "http://localhost:1"}}) == 200);
  CHECK(status({{"Content-Type", type}, {"Host", "[::1]:1"}, {"Origin", "http://[::1]:1"}}) == 200);
  for (const char* origin : {"https://evil.example", "null", "", "http://127.0.0.1:8089",
                             "http://localhost:8088", "http://127.0.0.1:8088.evil.example"}) {
    CAPTURE(origin);
    CHECK(status({{"Content-Type", type}, {"Host", host}, {"Origin", origin}}) == 403);
  }
  // A name of another site that was pointed at this machine.
  CHECK(status({{"Content-Type", type}, {"Host", "evil.example"}, {"Origin", "http://evil.example"}}) == 403);
  CHECK(status({{"Content-Type", type}, {"Origin", "http://"}}) == 403);
  for (const char* site : {"cross-site", "same-site"}) {
    CHECK(status({{"Content-Type", type}, {"Sec-Fetch-Site", site}}) == 403);
  }
  CHECK(status({{"Content-Type", type}, {"Sec-Fetch-Site", "same-origin"}}) == 200);
  for (const char* path : {"/sandbox/faults", "/sandbox/metrc", "/sandbox/ledger"}) {
    CAPTURE(path);
    for (const auto m : {method::get, method::head}) {
      CHECK(status({}, m, path) == 200);
      for (const char* here : {"127.0.0.1:8088", "localhost", "[::1]:1"})
        CHECK(status({{"Host", here}, {"Sec-Fetch-Site", "none"}}, m, path) == 200);
      CHECK(status({{"Host", "evil.example:8088"}}, m, path) == 403);
      CHECK(status({{"Host", "evil.example"}, {"Sec-Fetch-Site", "same-origin"}}, m, path) == 403);
      CHECK(status({{"Host", host}, {"Sec-Fetch-Site", "cross-site"}}, m, path) == 403);
      CHECK(status({{"Host", host}, {"Origin", "http://evil.example"}}, m, path) == 403);
    }
  }
  CHECK(status({{"Content-Type", type}, {"Host", "evil.example"}}) == 403);
  const headers foreign = {{"Content-Type", type}, {"Host", host}, {"Origin", "https://evil.example"}};
  CHECK(status(foreign, method::post, "/sandbox/faults") == 403);
  for (const char* path : {"/sandbox/faults", "/sandbox/faults/1", "/sandbox/ledger"}) {
    CHECK(status(foreign, method::delete_, path) == 403);
    CHECK(status({}, method::delete_, path) == 415);
  }
}
