#include <t3api/t3api.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/raw_server.hpp"
#include "tests/support/unlimited.hpp"

#include <t3api/coroutine.hpp>
#include <t3api/sandbox.hpp>

using namespace t3api;
using namespace std::chrono_literals;

// Asynchronous calls over real sockets.

namespace {

const credentials california{
    .hostname = "ca.metrc.com", .username = "demo-ca", .password = "demo-ca-password"};

/// Takes requests and never answers; counts those that came whole.
class silent_server {
 public:
  std::string url() const { return server_.url(); }

  void wait_for(int requests) const {
    for (int now = came_; now < requests; now = came_) came_.wait(now);
  }

 private:
  std::atomic<int> came_ = 0;
  test::raw_server server_{[this](test::raw_connection& connection) {
    if (connection.read_request().empty()) return;
    ++came_;
    came_.notify_all();
    connection.wait_until_closed();
  }};
};

/// Far beyond what a test may take: a call that is not cancelled would be noticed.
client_config silent_config(const silent_server& server, std::size_t threads) {
  return {.host = server.url(),
          .timeout = 1h,
          .connect_timeout = 1h,
          .read_timeout = 1h,
          .async_threads = threads};
}

using client_type = client<httplib_transport, no_auth, exponential_backoff>;
using answers = std::vector<std::future<result<response>>>;

answers start(const client_type& via, int calls) {
  answers started;
  for (int i = 0; i < calls; ++i) started.push_back(via.async_send({.path = "/" + std::to_string(i)}));
  return started;
}

void check_cancelled(answers& started) {
  for (auto& answer : started) {
    const auto got = answer.get();
    REQUIRE_FALSE(got);
    CHECK(got.error().category == error_category::cancelled);
    CHECK_FALSE(got.error().request_id.empty());
  }
}

/// A coroutine that starts at once and whose end a future tells.
struct task {
  struct promise_type {
    std::promise<std::string> value;

    task get_return_object() { return {value.get_future()}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_value(std::string given) { value.set_value(std::move(given)); }
    void unhandled_exception() { value.set_exception(std::current_exception()); }
  };

  std::future<std::string> value;
};

/// The first licence and how many packages are on a page of five.
task look_around(client<httplib_transport, credentials_auth, exponential_backoff> via) {
  const request all{.path = "/v2/licenses"};
  const auto licenses = co_await awaitable_send(via, all);
  const auto number = licenses.value().json().value().at(0).at("licenseNumber").get<std::string>();
  const request first_page{.path = "/v2/packages/active",
                           .query = {{"licenseNumber", number}, {"pageSize", "5"}}};
  const auto page = co_await awaitable_send(via, first_page);
  co_return number + " " + std::to_string(page.value().json().value().at("data").size());
}

}  // namespace

TEST_CASE("when the last copy of a client goes its fifty calls to a silent server end at once") {
  for (const std::size_t threads : {std::size_t{50}, std::size_t{4}}) {
    CAPTURE(threads);
    const silent_server server;
    answers started;
    {
      const client_type via(no_auth(), silent_config(server, threads));
      started = start(via, 50);
      server.wait_for(static_cast<int>(threads));
    }
    for (auto& answer : started) CHECK(answer.wait_for(0s) == std::future_status::ready);
    check_cancelled(started);
  }
}

TEST_CASE("so they do when the last copy goes inside a callback on a thread of the client's own") {
  const silent_server server;
  auto via = std::make_shared<std::optional<client_type>>(client_type(no_auth(), silent_config(server, 50)));
  auto started = start(**via, 49);
  std::promise<void> gone;
  std::stop_source stop;
  (*via)->async_send({.path = "/last"}, {.stop = stop.get_token()}, [via, &gone](const auto&) {
    via->reset();
    gone.set_value();
  });
  via.reset();
  server.wait_for(50);
  stop.request_stop();
  gone.get_future().wait();
  check_cancelled(started);
}

TEST_CASE("a copy that lives keeps calls in flight until it goes too") {
  const silent_server server;
  auto first = std::make_optional<client_type>(no_auth(), silent_config(server, 8));
  auto second = first;
  auto started = start(*first, 8);
  server.wait_for(8);
  first.reset();
  for (auto& answer : started) CHECK(answer.wait_for(0s) == std::future_status::timeout);
  second.reset();
  check_cancelled(started);
}

TEST_CASE("a stop_token ends one call that waits for a silent server, and no other") {
  const silent_server server;
  const client_type via(no_auth(), silent_config(server, 2));
  std::stop_source stop;
  auto stopped = via.async_send({.path = "/a"}, {.stop = stop.get_token()});
  auto other = via.async_send({.path = "/b"});
  server.wait_for(2);
  stop.request_stop();
  CHECK(stopped.get().error().category == error_category::cancelled);
  CHECK(other.wait_for(0s) == std::future_status::timeout);
}

TEST_CASE("two hundred calls at once to a sandbox share one exchange and all succeed") {
  sandbox::service service(test::unlimited());
  std::atomic<int> exchanges = 0;
  sandbox::http_server server([&](const request& message) {
    if (message.path == "/v2/auth/credentials") ++exchanges;
    return service.handle(message);
  });
  server.start();
  const client via{credentials_auth(california), {.host = server.url()}};
  answers started;
  for (int i = 0; i < 200; ++i) started.push_back(via.async_send({.path = "/v2/auth/whoami"}));
  for (auto& answer : started) CHECK(answer.get().value().status == 200);
  CHECK(exchanges == 1);
  CHECK(via.async([&via] { return list_licenses(via).value().size(); }).get() == 2);
}

TEST_CASE("a coroutine talks to a sandbox") {
  sandbox::service service(test::unlimited());
  sandbox::http_server server([&](const request& message) { return service.handle(message); });
  server.start();
  const client via{credentials_auth(california), {.host = server.url()}};
  CHECK(look_around(via).value.get() == "LIC-00001 5");
}
