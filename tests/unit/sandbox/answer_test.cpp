#include <t3api/sandbox/answer.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <set>
#include <string>

#include <t3api/core/json.hpp>

using t3api::sandbox::error_answer;
using t3api::sandbox::error_type;
using t3api::sandbox::refusal;

TEST_CASE("each status that the sandbox answers has a type of its own") {
  std::set<std::string_view> types;
  const std::initializer_list<int> used = {400, 401, 403, 404, 405, 408, 409, 413, 414,
                                           415, 422, 429, 431, 500, 501, 502, 503, 504};
  for (const int status : used) types.insert(error_type(status));
  CHECK(types.size() == used.size());
  CHECK(error_type(418) == "client_error");
  CHECK(error_type(599) == "internal_error");
}

TEST_CASE("an error answer has T3's members, the refusal's headers, and a path that is safe to show") {
  const auto answer = error_answer({429, "wait", {{"Retry-After", "7"}}}, "/v2/\xFF\n<b>?secretKey=canary",
                                   t3api::wall_time(std::chrono::seconds(0)));
  CHECK(answer.status == 429);
  CHECK(answer.headers.get("Retry-After") == "7");
  CHECK(answer.headers.get("Cache-Control") == "no-store");
  CHECK(answer.body.find("canary") == answer.body.npos);
  const auto body = answer.json().value();
  REQUIRE(body.size() == 1);
  CHECK(body["error"].size() == 5);
  CHECK(body["error"]["type"] == "too_many_requests");
  CHECK(body["error"]["message"] == "wait");
  CHECK(body["error"]["timestamp"] == "1970-01-01T00:00:00.000Z");
  CHECK(body["error"]["status_code"] == 429);
  CHECK(body["error"]["url"].get<std::string>().find('\n') == std::string::npos);
}

TEST_CASE("a refusal for want of credentials has the challenge") {
  const auto why = t3api::sandbox::unauthorized("who are you");
  CHECK(why.status == 401);
  CHECK(why.headers.get("WWW-Authenticate") == "Bearer");
  CHECK(std::string(why.what()) == "who are you");
}
