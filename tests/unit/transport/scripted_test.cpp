#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/client_kit.hpp"

#include <t3api/transport/scripted.hpp>

using t3api::error_category;
using t3api::scripted_transport;

namespace {

const t3api::url scripted_host = t3api::parse_url("https://api.example.com").value();

t3api::send_options scripted_options(std::stop_token stop = {}) {
  return {.host = scripted_host, .deadline = t3api::steady_time::max(), .stop = std::move(stop)};
}

}  // namespace

TEST_CASE("queued answers and errors come back in order, and requests are recorded") {
  scripted_transport script;
  script.reply(test::answer(200, "first")).reply(test::cut()).reply_with([](const t3api::request& sent) {
    return test::answer(201, sent.path);
  });
  CHECK(script.remaining() == 3);
  CHECK(script.send({.path = "/a"}, scripted_options())->body == "first");
  CHECK(script.send({.path = "/b"}, scripted_options()).error().sent);
  CHECK(script.send({.method = t3api::method::post, .path = "/c", .body = "x"}, scripted_options())->body ==
        "/c");
  CHECK(script.remaining() == 0);
  const auto sent = script.requests();
  REQUIRE(sent.size() == 3);
  CHECK(sent[0].path == "/a");
  CHECK(sent[2].method == t3api::method::post);
  CHECK(sent[2].body == "x");
}

TEST_CASE("a script that has run out says for which request") {
  scripted_transport script;
  const auto outcome = script.send({.method = t3api::method::delete_, .path = "/v2/x"}, scripted_options());
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().category == error_category::transport);
  CHECK(outcome.error().message == "the script has no answer left for DELETE /v2/x: queue one with reply()");
  CHECK_FALSE(outcome.error().retryable);
  CHECK(script.requests().size() == 1);
}

TEST_CASE("a cancelled request is not played and not recorded") {
  scripted_transport script;
  script.reply(test::answer(200));
  std::stop_source stop;
  stop.request_stop();
  CHECK(script.send({.path = "/a"}, scripted_options(stop.get_token())).error().category ==
        error_category::cancelled);
  CHECK(script.remaining() == 1);
  CHECK(script.requests().empty());
}

TEST_CASE("copies share one script") {
  scripted_transport script;
  scripted_transport copy = script;
  script.reply(test::answer(204));
  CHECK(copy.send({.path = "/a"}, scripted_options())->status == 204);
  CHECK(script.requests().size() == 1);
}

TEST_CASE("an answer is made outside the lock, so that it may use the transport itself") {
  scripted_transport script;
  script.reply_with(
      [&](const t3api::request&) { return script.send({.path = "/inner"}, scripted_options()); });
  script.reply(test::answer(200, "inner"));
  CHECK(script.send({.path = "/outer"}, scripted_options())->body == "inner");
}

TEST_CASE("many threads get each answer once") {
  scripted_transport script;
  constexpr int threads = 8;
  constexpr int calls = 100;
  for (int i = 0; i < threads * calls; ++i) script.reply(test::answer(200, std::to_string(i)));
  std::atomic<long> sum = 0;
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < threads; ++i) {
      callers.emplace_back([&] {
        for (int k = 0; k < calls; ++k)
          sum += std::stol(script.send({.path = "/a"}, scripted_options())->body);
      });
    }
  }
  CHECK(sum == threads * calls * (threads * calls - 1) / 2);
  CHECK(script.requests().size() == threads * calls);
}
