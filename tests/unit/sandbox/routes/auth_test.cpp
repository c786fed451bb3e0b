#include <atomic>
#include <future>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <tests/unit/sandbox/support.hpp>

using nlohmann::json;
using sandbox_test::body_of;
using sandbox_test::message_of;
using sandbox_test::method;
using sandbox_test::sandbox;
using namespace std::chrono_literals;

namespace {

json keys_seen_by(sandbox& s, const std::string& token) {
  const auto answer = s.get_with_token("/v2/auth/secretkey", token);
  REQUIRE(answer.status == 200);
  return body_of(answer);
}

t3api::response delete_key(sandbox& s, const std::string& id, t3api::headers fields) {
  return s.service.handle(
      {.method = method::delete_, .path = "/v2/auth/secretkey/" + id, .headers = std::move(fields)});
}

t3api::headers bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }

}  // namespace

TEST_CASE("credentials are exchanged for a token that works until it expires") {
  sandbox s({.jwt_ttl = 600s});
  const auto answer = s.post("/v2/auth/credentials", sandbox::california());
  REQUIRE(answer.status == 200);
  CHECK(body_of(answer)["expiresIn"] == 600);
  const std::string token = body_of(answer)["accessToken"];
  CHECK(s.get_with_token("/v2/licenses", token).status == 200);
  s.clock->advance(589s);
  CHECK(s.get_with_token("/v2/licenses", token).status == 200);
  s.clock->advance(11s);
  const auto expired = s.get_with_token("/v2/licenses", token);
  CHECK(expired.status == 401);
  CHECK(expired.headers.get("WWW-Authenticate") == "Bearer");
  CHECK(message_of(expired).find("expired") != std::string::npos);
}

TEST_CASE("a token's time begins when it is made, however long its login took") {
  sandbox s({.jwt_ttl = 600s});
  s.service.metrc().delay_logins(700s);
  const auto answer = s.post("/v2/auth/credentials", sandbox::california());
  CHECK(answer.headers.get("Date") == "Fri, 17 May 2024 12:11:50 GMT");
  const std::string token = body_of(answer)["accessToken"];
  const auto claims = body_of(s.get_with_token("/v2/auth/whoami", token));
  CHECK(claims["iat"] == s.clock->wall_now().time_since_epoch() / 1s);
}

TEST_CASE("a server that stops waits for no login, and each answer says when to come again") {
  t3api::sandbox::service service;
  std::stop_source server;
  const auto send = [&](const t3api::request& asked) {
    return service.serve(asked, {.address = "127.0.0.1", .stop = server.get_token()}).answer;
  };
  const auto post = [](const char* path, const json& body) {
    return t3api::request{.method = method::post, .path = path, .body = body.dump()};
  };
  const std::string key = body_of(send(post("/v2/auth/secretkey", sandbox::california())))["secretKey"];
  const t3api::request with_key{.path = "/v2/licenses", .headers = {{"X-T3-API-Key", key}}};
  service.metrc().end_sessions();
  service.metrc().delay_logins(1h);
  std::vector<std::future<t3api::response>> answers;
  for (const auto& asked :
       {post("/v2/auth/credentials", sandbox::colorado()), post("/v2/auth/secretkey", sandbox::colorado()),
        post("/v2/auth/apikey", {{"apiKey", "demo-api-key"}, {"stateCode", "CA"}}), with_key, with_key}) {
    answers.push_back(std::async(std::launch::async, send, asked));
  }
  // Of those with the same credentials one logs in, and the others wait for it.
  while (service.metrc().attempts() < 4) std::this_thread::yield();
  server.request_stop();
  for (auto& answer : answers) CHECK(answer.wait_for(10s) == std::future_status::ready);
  service.metrc().delay_logins({});
  for (auto& answer : answers) {
    const auto given_up = answer.get();
    CHECK(given_up.status == 503);
    CHECK(given_up.headers.contains("Retry-After"));
  }
  CHECK(send(with_key).status == 503);
  CHECK(send(post("/v2/auth/secretkey", sandbox::colorado())).status == 503);
  CHECK(service.metrc().attempts() == 4);
}

TEST_CASE("whoami tells T3's claims and not the session") {
  sandbox s;
  const auto claims = body_of(s.get_with_token("/v2/auth/whoami", s.token()));
  CHECK(claims["authMode"] == "CREDENTIALS");
  CHECK(claims["username"] == "demo-ca");
  CHECK(claims["hostname"] == "ca.metrc.com");
  CHECK(claims["credentialKey"].is_string());
  CHECK(claims["hasT3plus"].is_boolean());
  CHECK(claims.contains("t3plusSubscriptionTier"));
  CHECK(claims["exp"].get<long>() - claims["iat"].get<long>() == 3600);
  CHECK_FALSE(claims.contains("sid"));
  const auto by_key = body_of(s.get_with_key("/v2/auth/whoami", s.secret_key()));
  CHECK(by_key["authMode"] == "SECRET_KEY");
  CHECK(by_key["credentialKey"] == claims["credentialKey"]);
}

TEST_CASE("optional members may be null, and hosts are compared without case") {
  sandbox s;
  auto credentials = sandbox::california();
  credentials["otp"] = nullptr;
  credentials["email"] = nullptr;
  for (const char* host : {"CA.Metrc.COM", "api-ca", "api-ca.metrc.com"}) {
    credentials["hostname"] = host;
    CHECK(s.post("/v2/auth/credentials", credentials).status == 200);
  }
}

TEST_CASE("Colorado needs the e-mail address, Michigan a one-time password that works once") {
  sandbox s;
  auto colorado = sandbox::colorado();
  CHECK(s.post("/v2/auth/credentials", colorado).status == 200);
  colorado.erase("email");
  CHECK(s.post("/v2/auth/credentials", colorado).status == 401);

  auto michigan = sandbox::michigan();
  CHECK(s.post("/v2/auth/credentials", michigan).status == 401);
  michigan["otp"] = sandbox_test::demo_otp(s.clock->wall_now());
  CHECK(s.post("/v2/auth/credentials", michigan).status == 200);
  CHECK(s.post("/v2/auth/credentials", michigan).status == 401);
}

TEST_CASE("every wrong login gets the same answer") {
  sandbox s;
  auto wrong_password = sandbox::california(), unknown_user = sandbox::california(),
       wrong_state = sandbox::california();
  wrong_password["password"] = "canary";
  unknown_user["username"] = "canary";
  wrong_state["hostname"] = "co.metrc.com";
  auto no_otp = sandbox::michigan(), wrong_email = sandbox::colorado();
  wrong_email["email"] = "canary";
  std::string message;
  for (const auto& credentials : {wrong_password, unknown_user, wrong_state, no_otp, wrong_email}) {
    for (const char* path : {"/v2/auth/credentials", "/v2/auth/secretkey"}) {
      const auto answer = s.post(path, credentials);
      CHECK(answer.status == 401);
      CHECK(answer.headers.get("WWW-Authenticate") == "Bearer");
      if (message.empty()) message = message_of(answer);
      CHECK(message_of(answer) == message);
      CHECK(answer.body.find("canary") == answer.body.npos);
    }
  }
  CHECK(s.service.metrc().logins() == 0);
}

TEST_CASE("bodies that are not what they must be are refused, member by member") {
  sandbox s;
  const auto raw = [&](std::string body, const char* type = "application/json") {
    return s.service
        .handle({.method = method::post,
                 .path = "/v2/auth/credentials",
                 .headers = {{"Content-Type", type}},
                 .body = std::move(body)})
        .status;
  };
  CHECK(raw("") == 400);
  CHECK(raw("{") == 400);
  CHECK(raw("[]") == 400);
  CHECK(raw("\"\xFF\"") == 400);
  CHECK(raw(std::string(100, '[') + std::string(100, ']')) == 400);
  CHECK(raw(sandbox::california().dump(), "application/x-www-form-urlencoded") == 415);
  CHECK(raw(sandbox::california().dump(), "Application/JSON; charset=utf-8") == 200);
  for (const char* member : {"hostname", "username", "password"}) {
    for (const json& value : {json(), json(""), json(7), json::array(), json(std::string(1025, 'x'))}) {
      auto credentials = sandbox::california();
      credentials[member] = value;
      const auto answer = s.post("/v2/auth/credentials", credentials);
      CHECK(answer.status == 422);
      CHECK(message_of(answer).find("'" + std::string(member) + "'") != std::string::npos);
    }
  }
  auto credentials = sandbox::california();
  credentials["otp"] = 123456;
  CHECK(s.post("/v2/auth/credentials", credentials).status == 422);
  credentials = sandbox::california();
  credentials["hostname"] = "example.com";
  CHECK(s.post("/v2/auth/credentials", credentials).status == 422);
}

TEST_CASE("an API key is exchanged for a token of its account") {
  sandbox s;
  const auto answer = s.post("/v2/auth/apikey", {{"apiKey", "demo-api-key"}, {"stateCode", "ca"}});
  REQUIRE(answer.status == 200);
  const auto claims = body_of(s.get_with_token("/v2/auth/whoami", body_of(answer)["accessToken"]));
  CHECK(claims["authMode"] == "API_KEY");
  CHECK(claims["username"] == "demo-ca");
  CHECK(s.post("/v2/auth/apikey", {{"apiKey", "demo-api-key"}, {"stateCode", "CO"}}).status == 401);
  CHECK(s.post("/v2/auth/apikey", {{"apiKey", "wrong"}, {"stateCode", "CA"}}).status == 401);
  CHECK(s.post("/v2/auth/apikey", {{"apiKey", "demo-api-key"}, {"stateCode", "XX"}}).status == 422);
  CHECK(s.post("/v2/auth/apikey", {{"apiKey", "demo-api-key"}}).status == 422);
}

TEST_CASE("an API key stops working when its account's password changes") {
  sandbox s;
  const json body = {{"apiKey", "demo-api-key"}, {"stateCode", "CA"}};
  REQUIRE(s.post("/v2/auth/apikey", body).status == 200);
  s.service.metrc().change_password("ca.metrc.com", "demo-ca", "new");
  CHECK(s.post("/v2/auth/apikey", body).status == 401);
}

TEST_CASE("when the Metrc session has ended a token is refused and must be exchanged again") {
  sandbox s({.session_ttl = 60s});
  const auto token = s.token();
  s.clock->advance(60s);
  const auto answer = s.get_with_token("/v2/licenses", token);
  CHECK(answer.status == 401);
  CHECK(message_of(answer).find("session") != std::string::npos);
  CHECK(s.get_with_token("/v2/licenses", s.token()).status == 200);
}

TEST_CASE("a password change ends tokens; the next exchange uses the new password") {
  sandbox s;
  const auto token = s.token();
  s.service.metrc().change_password("ca.metrc.com", "demo-ca", "new");
  CHECK(s.get_with_token("/v2/licenses", token).status == 401);
  auto credentials = sandbox::california();
  CHECK(s.post("/v2/auth/credentials", credentials).status == 401);
  credentials["password"] = "new";
  CHECK(s.get_with_token("/v2/licenses", s.token(credentials)).status == 200);
}

TEST_CASE("a secret key is made after a real login, and wrong credentials make none") {
  sandbox s;
  const auto key = s.secret_key();
  CHECK(s.service.metrc().logins() == 1);
  CHECK(s.get_with_key("/v2/licenses", key).status == 200);
  CHECK(s.get("/v2/licenses?secretKey=" + key).status == 200);
  CHECK(s.get_with_key("/v2/licenses", t3api::detail::make_uuid()).status == 401);
  CHECK(s.get_with_token("/v2/licenses", key).status == 401);

  auto wrong = sandbox::california();
  wrong["password"] = "wrong";
  const auto answer = s.post("/v2/auth/secretkey", wrong);
  CHECK(answer.status == 401);
  CHECK_FALSE(body_of(answer).contains("secretKey"));
  auto bad_seed = sandbox::michigan();
  bad_seed["otpSeed"] = "123456";
  CHECK(s.post("/v2/auth/secretkey", bad_seed).status == 422);
}

TEST_CASE("with a secret key the service logs in again by itself") {
  sandbox s;
  auto michigan = sandbox::michigan();
  michigan["otpSeed"] = sandbox_test::demo_seed;
  for (const auto& key : {s.secret_key(), s.secret_key(sandbox::colorado()), s.secret_key(michigan)}) {
    s.clock->advance(24h);
    CHECK(s.get_with_key("/v2/licenses", key).status == 200);
    s.service.metrc().end_sessions();
    CHECK(s.get_with_key("/v2/licenses", key).status == 200);
  }
}

TEST_CASE("many requests with one secret key make one login when the session has ended") {
  sandbox s;
  const auto key = s.secret_key();
  s.service.metrc().end_sessions();
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 20; ++j) CHECK(s.get_with_key("/v2/licenses", key).status == 200);
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(s.service.metrc().attempts() == 2);
}

TEST_CASE("what changes in Metrc ends a secret key for good, after one failing login; a new key works") {
  sandbox s;
  auto& metrc = s.service.metrc();
  json credentials, renewed;
  SUBCASE("password") {
    credentials = renewed = sandbox::california();
    renewed["password"] = "new";
  }
  SUBCASE("e-mail address") {
    credentials = renewed = sandbox::colorado();
    renewed["email"] = "new@example.com";
  }
  SUBCASE("username") {
    credentials = renewed = sandbox::california();
    renewed["username"] = "renamed";
  }
  SUBCASE("seed of one-time passwords") {
    credentials = renewed = sandbox::michigan();
    credentials["otpSeed"] = sandbox_test::demo_seed;
    renewed["otpSeed"] = "GEZDGNBVGY3TQOJQ";
  }
  const auto key = s.secret_key(credentials), twin = s.secret_key(credentials);
  CHECK(s.get_with_key("/v2/licenses", key).status == 200);
  const auto change = [&](const json& from, const json& to) {
    const std::string host = from["hostname"], user = from["username"];
    if (from["password"] != to["password"])
      metrc.change_password(host, user, to["password"].get<std::string>());
    if (from.value("email", "") != to.value("email", "")) {
      metrc.change_email(host, user, to["email"].get<std::string>());
    }
    if (from.value("otpSeed", "") != to.value("otpSeed", "")) {
      metrc.change_otp_seed(host, user, to["otpSeed"].get<std::string>());
    }
    if (from["username"] != to["username"])
      metrc.change_username(host, user, to["username"].get<std::string>());
  };
  s.clock->advance(1min);
  change(credentials, renewed);
  const auto attempts = metrc.attempts();
  for (int i = 0; i < 10; ++i) {
    for (const auto& old : {key, twin}) {
      const auto answer = s.get_with_key("/v2/licenses", old);
      CHECK(answer.status == 401);
      CHECK(message_of(answer).find("make a new key") != std::string::npos);
    }
  }
  CHECK(metrc.attempts() == attempts + 1);

  const auto new_key = s.secret_key(renewed);
  CHECK(s.get_with_key("/v2/licenses", new_key).status == 200);
  CHECK(s.get_with_key("/v2/licenses", key).status == 401);

  s.clock->advance(1min);
  change(renewed, credentials);
  CHECK(s.get_with_key("/v2/licenses", new_key).status == 401);
  CHECK(s.get_with_key("/v2/licenses", key).status == 401);
  const auto again = s.secret_key(credentials);
  const auto list = body_of(s.get_with_key("/v2/auth/secretkey", again));
  REQUIRE(list.size() >= 3);
  for (const auto& listed : list) CHECK(listed["isEnabled"] == (listed == list.back()));
  CHECK(metrc.attempts() == attempts + 4);
}

TEST_CASE("a locked account and a Metrc in trouble make a secret key wait and end none") {
  sandbox s;
  const auto key = s.secret_key();
  auto& metrc = s.service.metrc();
  metrc.end_sessions();
  std::string wait;
  SUBCASE("locked") {
    metrc.lock("ca.metrc.com", "demo-ca");
    wait = "5";
  }
  SUBCASE("in trouble") {
    metrc.fail_logins();
    wait = "1";
  }
  for (int i = 0; i < 10; ++i) {
    const auto answer = s.get_with_key("/v2/licenses", key);
    CHECK(answer.status == 503);
    CHECK(answer.headers.get("Retry-After") == wait);
  }
  CHECK(metrc.attempts() == 2);
  metrc.unlock("ca.metrc.com", "demo-ca");
  metrc.fail_logins(0);
  s.clock->advance(std::chrono::seconds(std::stoi(wait)));
  CHECK(s.get_with_key("/v2/licenses", key).status == 200);
  CHECK(body_of(s.get_with_key("/v2/auth/secretkey", key))[0]["isEnabled"] == true);
}

TEST_CASE("that an account is locked is told to nobody who merely tries to log in") {
  sandbox s;
  auto unknown = sandbox::california();
  unknown["username"] = "nobody";
  s.service.metrc().lock("ca.metrc.com", "demo-ca");
  for (const char* path : {"/v2/auth/credentials", "/v2/auth/secretkey"}) {
    const auto locked = s.post(path, sandbox::california());
    CHECK(locked.status == 401);
    CHECK(body_of(locked) == body_of(s.post(path, unknown)));
  }
}

TEST_CASE("a Metrc in trouble is no refusal of the login") {
  sandbox s;
  for (const auto& [path, wait] :
       {std::pair("/v2/auth/credentials", "5"), std::pair("/v2/auth/secretkey", "1")}) {
    s.service.metrc().fail_logins(1);
    const auto answer = s.post(path, sandbox::california());
    CHECK(answer.status == 503);
    CHECK(answer.headers.get("Retry-After") == wait);
    CHECK(s.post(path, sandbox::california()).status == 200);
  }
}

TEST_CASE("when all one-time passwords of a period are used, the answer tells how long to wait") {
  sandbox s;
  auto michigan = sandbox::michigan();
  michigan["otpSeed"] = sandbox_test::demo_seed;
  const auto key = s.secret_key(michigan);
  s.service.metrc().end_sessions();
  CHECK(s.get_with_key("/v2/licenses", key).status == 200);
  s.service.metrc().end_sessions();
  const auto answer = s.get_with_key("/v2/licenses", key);
  CHECK(answer.status == 503);
  CHECK(answer.headers.get("Retry-After") == "21");
  s.clock->advance(21s);
  CHECK(s.get_with_key("/v2/licenses", key).status == 200);
}

TEST_CASE("the list of secret keys has T3's members and nothing of the keys") {
  sandbox s;
  const auto token = s.token();
  CHECK(keys_seen_by(s, token) == json::array());
  const auto key = s.secret_key();
  s.clock->advance(1500ms);
  const auto other = s.secret_key();
  const auto keys = keys_seen_by(s, token);
  REQUIRE(keys.size() == 2);
  CHECK(keys[0] == json({{"id", keys[0]["id"]},
                         {"createdAt", "2024-05-17T12:00:10.000Z"},
                         {"lastUsedAt", nullptr},
                         {"isEnabled", true}}));
  CHECK(keys[1]["createdAt"] == "2024-05-17T12:00:11.500Z");
  const std::string id = keys[0]["id"];
  CHECK(id.size() == 36);
  CHECK(keys.dump().find(key) == std::string::npos);
  CHECK(keys.dump().find(other) == std::string::npos);
  CHECK(s.get_with_key("/v2/licenses", id).status == 401);
}

TEST_CASE("every call that gets in by a secret key is its last use, and one that does not is none") {
  sandbox s;
  const auto token = s.token(), key = s.secret_key(), stranger = s.secret_key(sandbox::colorado());
  const auto last_used = [&] { return keys_seen_by(s, token)[0]["lastUsedAt"]; };
  const auto second = [&] { s.clock->advance(1s); };
  CHECK(last_used() == nullptr);

  second();
  CHECK(s.get("/v2/licenses", {{"X-T3-API-Key", key}, {"Authorization", "Bearer wrong"}}).status == 401);
  CHECK(s.get("/v2/licenses?secretKey=wrong", {{"X-T3-API-Key", key}}).status == 401);
  CHECK(s.get("/v2/licenses?secretKey=" + stranger, {{"X-T3-API-Key", key}}).status == 400);
  CHECK(s.get_with_key("/v2/states", key).status == 200);  // Asks nobody who they are.
  CHECK(last_used() == nullptr);

  second();
  CHECK(s.get_with_key("/v2/licenses", key).status == 200);
  CHECK(last_used() == "2024-05-17T12:00:12.000Z");
  second();
  CHECK(s.get("/v2/licenses?secretKey=" + key).status == 200);
  CHECK(last_used() == "2024-05-17T12:00:13.000Z");
  second();
  CHECK(s.get_with_key("/v2/packages/active", key).status == 400);  // It got in, and asked for nothing.
  CHECK(last_used() == "2024-05-17T12:00:14.000Z");
  second();
  CHECK(body_of(s.get_with_key("/v2/auth/secretkey", key))[0]["lastUsedAt"] == "2024-05-17T12:00:15.000Z");

  s.service.metrc().change_password("ca.metrc.com", "demo-ca", "new");
  second();
  CHECK(s.get_with_key("/v2/licenses", key).status == 401);
  auto renewed = sandbox::california();
  renewed["password"] = "new";
  CHECK(keys_seen_by(s, s.token(renewed))[0]["lastUsedAt"] == "2024-05-17T12:00:15.000Z");
}

TEST_CASE("a deleted secret key is refused at once, and the others are not") {
  sandbox s;
  const auto token = s.token(), key = s.secret_key(), other = s.secret_key();
  const std::string id = keys_seen_by(s, token)[0]["id"];
  const auto answer = delete_key(s, id, bearer(token));
  CHECK(answer.status == 200);
  CHECK(body_of(answer) == json({{"id", id}}));
  CHECK(s.get_with_key("/v2/licenses", key).status == 401);
  CHECK(s.get("/v2/licenses?secretKey=" + key).status == 401);
  CHECK(s.get_with_key("/v2/licenses", other).status == 200);
  CHECK(keys_seen_by(s, token).size() == 1);
  CHECK(delete_key(s, id, bearer(token)).status == 404);
}

TEST_CASE("any way in may list and delete, a key itself too") {
  sandbox s;
  const auto exchanged = s.post("/v2/auth/apikey", {{"apiKey", "demo-api-key"}, {"stateCode", "CA"}});
  const std::string api_token = body_of(exchanged)["accessToken"];
  const auto by_api_key = s.secret_key(), by_other = s.secret_key(), by_itself = s.secret_key();
  const auto keys = keys_seen_by(s, api_token);
  REQUIRE(keys.size() == 3);
  CHECK(delete_key(s, keys[0]["id"], bearer(api_token)).status == 200);
  CHECK(s.service
            .handle({.method = method::delete_,
                     .path = "/v2/auth/secretkey/" + keys[1]["id"].get<std::string>() +
                             "?secretKey=" + by_itself})
            .status == 200);
  CHECK(delete_key(s, keys[2]["id"], {{"X-T3-API-Key", by_itself}}).status == 200);
  CHECK(delete_key(s, keys[2]["id"], {{"X-T3-API-Key", by_itself}}).status == 401);
  for (const auto& key : {by_api_key, by_other, by_itself}) {
    CHECK(s.get_with_key("/v2/licenses", key).status == 401);
  }
}

TEST_CASE("nobody sees or deletes another's keys, or learns that there are any") {
  sandbox s;
  const auto key = s.secret_key();
  const auto owner = s.token(), stranger = s.token(sandbox::colorado());
  const std::string id = keys_seen_by(s, owner)[0]["id"];
  CHECK(keys_seen_by(s, stranger) == json::array());
  const auto foreign = delete_key(s, id, bearer(stranger));
  const auto unknown = delete_key(s, t3api::detail::make_uuid(), bearer(stranger));
  CHECK(foreign.status == 404);
  CHECK(unknown.status == 404);
  auto foreign_error = body_of(foreign)["error"], unknown_error = body_of(unknown)["error"];
  foreign_error.erase("url");
  unknown_error.erase("url");
  CHECK(foreign_error == unknown_error);
  CHECK(s.get_with_key("/v2/licenses", key).status == 200);
}

TEST_CASE("who does not get in neither lists nor deletes") {
  sandbox s;
  const auto key = s.secret_key();
  const std::string id = keys_seen_by(s, s.token())[0]["id"];
  CHECK(s.get("/v2/auth/secretkey").status == 401);
  CHECK(s.get_with_key("/v2/auth/secretkey", id).status == 401);
  CHECK(delete_key(s, id, {}).status == 401);
  CHECK(delete_key(s, id, bearer("wrong")).status == 401);
  CHECK(delete_key(s, t3api::detail::make_uuid(), {}).status == 401);
  CHECK(s.get_with_key("/v2/licenses", key).status == 200);
}

TEST_CASE("an id that is none is not found; one in capitals is the same id") {
  sandbox s;
  const auto key = s.secret_key(), token = s.token();
  std::string id = keys_seen_by(s, token)[0]["id"];
  for (const std::string& wrong : {std::string("x"), std::string("*"), key, id + "x", id.substr(1), id + "/",
                                   "/" + id, id + "%20", std::string("..")}) {
    CAPTURE(wrong);
    CHECK(delete_key(s, wrong, bearer(token)).status == 404);
  }
  CHECK(s.get_with_key("/v2/licenses", key).status == 200);
  for (auto& c : id) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  CHECK(delete_key(s, id, bearer(token)).status == 200);
}

TEST_CASE("a key that went stale with its password can be found and deleted") {
  sandbox s;
  const auto stale = s.secret_key();
  s.service.metrc().change_password("ca.metrc.com", "demo-ca", "new");
  CHECK(s.get_with_key("/v2/licenses", stale).status == 401);
  auto renewed = sandbox::california();
  renewed["password"] = "new";
  const auto token = s.token(renewed);
  const auto keys = keys_seen_by(s, token);
  REQUIRE(keys.size() == 1);
  CHECK(delete_key(s, keys[0]["id"], bearer(token)).status == 200);
  CHECK(keys_seen_by(s, token).empty());
}

TEST_CASE("no request that starts after the answer to a delete gets in, however many are on their way") {
  sandbox s({.requests_per_minute = 0});
  const auto token = s.token();
  for (int round = 0; round < 10; ++round) {
    const auto key = s.secret_key();
    const std::string id = keys_seen_by(s, token)[0]["id"];
    std::atomic<bool> deleted = false, late_entry = false;
    std::atomic<int> got_in = 0;
    std::vector<std::thread> users;
    for (int t = 0; t < 4; ++t) {
      users.emplace_back([&] {
        while (true) {
          const bool after = deleted;
          const bool in = s.get_with_key("/v2/licenses", key).status == 200;
          if (in) ++got_in;
          if (after && in) late_entry = true;
          if (after) return;
        }
      });
    }
    while (got_in < 8) std::this_thread::yield();
    const int status = delete_key(s, id, bearer(token)).status;
    deleted = true;
    for (auto& user : users) user.join();
    CHECK(status == 200);
    CHECK_FALSE(late_entry);
  }
}
