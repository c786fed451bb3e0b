#include <t3api/any_client.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/client_kit.hpp"

#include <t3api/api/licenses.hpp>
#include <t3api/auth/none.hpp>

using nlohmann::json;
using t3api::any_client;
using t3api::call_options;
using t3api::method;
using t3api::test::answer;

namespace {

/// What was sent, with what it was sent.
struct sending {
  t3api::request message;
  bool idempotent;
};

/// Answers with the request's path.
struct keeping_transport {
  std::shared_ptr<std::vector<sending>> sent = std::make_shared<std::vector<sending>>();

  t3api::outcome send(const t3api::request& message, const t3api::send_options& options) {
    sent->push_back({message, options.idempotent});
    return answer(200, message.path);
  }
};

using plain_client = t3api::client<keeping_transport, t3api::no_auth, t3api::no_retry>;

}  // namespace

TEST_CASE("an any_client sends what the client would send") {
  keeping_transport carrier;
  const any_client client =
      plain_client(carrier, t3api::no_auth(), {.headers = {{"X-Shop", "7"}}, .batch_size = 3});
  const call_options twice{.idempotent = true};
  CHECK(client.get("/a", {{"page", "1"}}, {.idempotent = false})->body == "/a");
  CHECK(client.post("/b", json{{"x", 1}}, twice)->body == "/b");
  CHECK(client.put("/c", json::array({1}), {.idempotent = false})->body == "/c");
  CHECK(client.del("/d", {.idempotent = false})->body == "/d");
  CHECK(client.send({.method = method::patch, .path = "/e", .body = "text"}, twice)->body == "/e");

  const auto& sent = *carrier.sent;
  REQUIRE(sent.size() == 5);
  const std::vector<method> methods = {method::get, method::post, method::put, method::delete_,
                                       method::patch};
  const std::vector<std::string> bodies = {"", R"({"x":1})", "[1]", "", "text"};
  const std::vector<bool> idempotent = {false, true, false, false, true};
  for (std::size_t i = 0; i < sent.size(); ++i) {
    CHECK(sent[i].message.method == methods[i]);
    CHECK(sent[i].message.body == bodies[i]);
    CHECK(sent[i].idempotent == idempotent[i]);
    CHECK(sent[i].message.headers.get("X-Shop") == "7");
  }
  CHECK(sent[0].message.query == t3api::query_params{{"page", "1"}});
  CHECK(client.config().batch_size == 3);
}

TEST_CASE("what is no JSON body, and what fails, is an error as with the client") {
  const any_client client = plain_client(keeping_transport(), t3api::no_auth());
  CHECK(client.post("/a", json("a text")).error().category == t3api::error_category::argument);
  CHECK(client.get("/a", {}, {.expected = {204}}).error().status == 200);
}

TEST_CASE("asynchronous calls and jobs run where the client's do") {
  std::vector<std::function<void()>> queued;
  const any_client client =
      plain_client(keeping_transport(), t3api::no_auth(),
                   {.executor = [&](std::function<void()> job) { queued.push_back(std::move(job)); }});
  std::string body;
  client.async_send({.path = "/later"}, {},
                    [&](t3api::result<t3api::response> got) { body = got.value().body; });
  bool ran = false;
  client.async([&] { ran = true; });
  client.async([] { throw std::runtime_error("lost"); });
  REQUIRE(queued.size() == 3);
  CHECK(body.empty());
  for (const auto& job : queued) job();
  CHECK(body == "/later");
  CHECK(ran);
}

TEST_CASE("copies share the client, which lives as long as the last of them") {
  keeping_transport carrier;
  std::optional<any_client> first = plain_client(carrier, t3api::no_auth());
  const any_client second = *first;
  first.reset();
  CHECK(second.get("/a"));
  CHECK(carrier.sent->size() == 1);
}

TEST_CASE("functions that want an any_client take any client") {
  const plain_client client{keeping_transport(), t3api::no_auth()};
  CHECK(t3api::list_licenses(client).error().category == t3api::error_category::protocol);
}
