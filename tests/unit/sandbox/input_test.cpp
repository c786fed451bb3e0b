#include <t3api/sandbox/input.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>

using t3api::sandbox::call;
using t3api::sandbox::refusal;

namespace {

/// A call that owns what it refers to.
struct asked {
  t3api::query_params query{};
  std::string body{};
  t3api::headers headers{};

  call as_call() const {
    return {.method = t3api::method::post,
            .path = "/",
            .query = query,
            .headers = headers,
            .body = body,
            .now = {}};
  }
};

/// The status of the refusal, or 0.
template <class F>
int refused(F f) {
  try {
    f();
  } catch (const refusal& why) {
    CHECK(why.message.find("canary") == std::string::npos);
    return why.status;
  }
  return 0;
}

int body_status(const std::string& body, const std::string& type = "application/json") {
  const asked a{.body = body, .headers = {{"Content-Type", type}}};
  return refused([&] { t3api::sandbox::body_object(a.as_call()); });
}

}  // namespace

TEST_CASE("query parameters") {
  using namespace t3api::sandbox;
  const asked a{.query = {{"page", "3"},
                          {"flag", "TRUE"},
                          {"off", "false"},
                          {"twice", "1"},
                          {"twice", "2"},
                          {"word", "canary"}}};
  const auto c = a.as_call();
  CHECK(query_value(c, "page") == "3");
  CHECK(query_value(c, "none") == std::nullopt);
  CHECK(refused([&] { query_value(c, "twice"); }) == 400);
  CHECK(query_number(c, "page", 1, 1, 3) == 3);
  CHECK(query_number(c, "none", 7, 1, 3) == 7);
  CHECK(refused([&] { query_number(c, "page", 1, 1, 2); }) == 400);
  CHECK(refused([&] { query_number(c, "page", 1, 4, 9); }) == 400);
  CHECK(refused([&] { query_number(c, "word", 1, 1, 9); }) == 400);
  CHECK(query_flag(c, "flag"));
  CHECK_FALSE(query_flag(c, "off"));
  CHECK_FALSE(query_flag(c, "none"));
  CHECK(refused([&] { query_flag(c, "word"); }) == 400);
}

TEST_CASE("a body is a JSON object, said to be one, in UTF-8, and not too deep") {
  CHECK(body_status("{}") == 0);
  CHECK(body_status("{}", "Application/JSON ; charset=utf-8") == 0);
  CHECK(body_status("{}", "text/plain") == 415);
  for (const char* wrong : {"", "canary", "[]", "\"canary\"", "{\"canary\":}", "{\"a\":\"\xFF\"}", "{} {}"}) {
    CAPTURE(wrong);
    CHECK(body_status(wrong) == 400);
  }
  CHECK(body_status(std::string("{}\0", 3)) == 400);
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  CHECK(body_status(nested(64)) == 0);
  CHECK(body_status(nested(65)) == 400);
  CHECK(body_status(nested(90'000)) == 400);
}

TEST_CASE("a body has a hundred thousand values at most, however small they are") {
  const auto list = [](std::size_t values, const std::string& value) {
    std::string body = "{\"a\":[" + value;
    for (std::size_t i = 1; i < values; ++i) body += "," + value;
    return body + "]}";
  };
  CHECK(body_status(list(99'998, "0")) == 0);
  CHECK(body_status(list(99'999, "0")) == 413);
  CHECK(body_status(list(99'999, "[]")) == 413);
  CHECK(body_status(list(99'999, "{}")) == 413);
  CHECK(body_status(list(3, "\"" + std::string(200'000, ',') + "\\\"" + std::string(200'000, '[') + "\"")) ==
        0);
  CHECK(body_status("{\"a\":\"\\\\\"," + list(99'999, "0").substr(1)) == 413);
}

TEST_CASE("text members") {
  using namespace t3api::sandbox;
  const nlohmann::json body = {
      {"name", "ann"}, {"empty", ""}, {"null", nullptr}, {"number", 1890}, {"long", std::string(1025, 'x')}};
  CHECK(required_text(body, "name") == "ann");
  CHECK(optional_text(body, "none").empty());
  CHECK(optional_text(body, "null").empty());
  for (const char* name : {"empty", "null", "none", "number", "long"}) {
    CAPTURE(name);
    CHECK(refused([&] { required_text(body, name); }) == 422);
  }
}
