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

TEST_CASE("a secret key outlives nothing that its credentials do not") {
  sandbox s;
  auto michigan = sandbox::michigan();
  michigan["otpSeed"] = sandbox_test::demo_seed;
  const auto by_password = s.secret_key(), by_email = s.secret_key(sandbox::colorado()),
             by_seed = s.secret_key(michigan);
  s.service.metrc().change_password("ca.metrc.com", "demo-ca", "new");
  s.service.metrc().change_email("co.metrc.com", "demo-co", "new@example.com");
  s.service.metrc().change_otp_seed("mi.metrc.com", "demo-mi", "GEZDGNBVGY3TQOJQ");
  for (const auto& key : {by_password, by_email, by_seed})
    CHECK(s.get_with_key("/v2/licenses", key).status == 401);
  const auto attempts = s.service.metrc().attempts();
  for (const auto& key : {by_password, by_email, by_seed}) {
    for (int i = 0; i < 5; ++i) CHECK(s.get_with_key("/v2/licenses", key).status == 401);
  }
  CHECK(s.service.metrc().attempts() == attempts);
  auto renewed = sandbox::california();
  renewed["password"] = "new";
  CHECK(s.get_with_key("/v2/licenses", s.secret_key(renewed)).status == 200);
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
