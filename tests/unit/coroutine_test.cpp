#include <t3api/coroutine.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <coroutine>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/none.hpp>

using t3api::awaitable_send;
using t3api::error_category;

namespace {

/// A coroutine that starts at once and whose value a future gives.
template <class T>
struct task {
  struct promise_type {
    std::promise<T> value;

    task get_return_object() { return {value.get_future()}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_value(T given) { value.set_value(std::move(given)); }
    void unhandled_exception() { value.set_exception(std::current_exception()); }
  };

  std::future<T> value;
};

/// Answers with the request's path; `/wait` when it is told to stop, `/throw` by throwing.
struct path_transport {
  std::shared_ptr<std::atomic<bool>> waiting = std::make_shared<std::atomic<bool>>(false);

  t3api::outcome send(const t3api::request& message, const t3api::send_options& options) {
    if (message.path == "/throw") throw std::runtime_error("from a transport");
    if (message.path != "/wait") return test::answer(200, message.path);
    *waiting = true;
    waiting->notify_all();
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any stopped;
    stopped.wait(lock, options.stop, [] { return false; });
    return t3api::error{.category = error_category::cancelled, .message = "stopped"};
  }
};

using client_type = t3api::client<path_transport, t3api::no_auth, t3api::no_retry>;

client_type make_client(t3api::call_executor executor = {}, path_transport via = {}) {
  auto config = test::patient_config(nullptr);
  config.executor = std::move(executor);
  return client_type(std::move(via), t3api::no_auth(), std::move(config));
}

void run_inline(std::function<void()> job) { job(); }

task<std::string> body_of(client_type client, std::string path) {
  const t3api::request message{.path = path, .headers = {{"X-A", "1"}}};
  const auto answer = co_await awaitable_send(client, message);
  co_return answer.value().body;
}

task<std::string> both_of(client_type client) {
  std::string bodies;
  for (const char* path : {"/a", "/b", "/c"}) {
    const t3api::request message{.path = path};
    bodies += (co_await awaitable_send(client, message)).value().body;
  }
  co_return bodies;
}

task<error_category> failure_of(client_type client, std::string path, t3api::call_options options = {}) {
  const t3api::request message{.path = path};
  const auto answer = co_await awaitable_send(client, message, options);
  co_return answer.error().category;
}

task<int> many(client_type client, int calls) {
  const t3api::request message{.path = "/a"};
  int good = 0;
  for (int i = 0; i < calls; ++i) good += co_await awaitable_send(client, message) ? 1 : 0;
  co_return good;
}

task<std::thread::id> thread_after(client_type client) {
  const t3api::request message{.path = "/a"};
  (void)co_await awaitable_send(std::move(client), message);
  co_return std::this_thread::get_id();
}

template <class Request, class Options = t3api::call_options&>
concept can_be_awaited = requires(const client_type& client, Request&& message, Options&& options) {
  awaitable_send(client, std::forward<Request>(message));
  awaitable_send(client, std::forward<Request>(message), std::forward<Options>(options));
};

static_assert(can_be_awaited<t3api::request&>);
static_assert(can_be_awaited<const t3api::request&, const t3api::call_options&>);
static_assert(!can_be_awaited<t3api::request>);
static_assert(!can_be_awaited<t3api::request&, t3api::call_options>);

}  // namespace

TEST_CASE("co_await gives the answer of a call") { CHECK(body_of(make_client(), "/a").value.get() == "/a"); }

TEST_CASE("a coroutine makes calls one after another") {
  CHECK(both_of(make_client()).value.get() == "/a/b/c");
}

TEST_CASE("co_await gives the error of a call, and what a policy throws as one") {
  CHECK(failure_of(make_client(), "no slash").value.get() == error_category::argument);
  CHECK(failure_of(make_client(), "/throw").value.get() == error_category::transport);
  CHECK_THROWS_AS(body_of(make_client(), "no slash").value.get(), std::invalid_argument);
}

TEST_CASE("a call that is waited for can be cancelled") {
  const path_transport via;
  std::stop_source stop;
  auto failure = failure_of(make_client({}, via), "/wait", {.stop = stop.get_token()}).value;
  via.waiting->wait(false);
  CHECK(failure.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
  stop.request_stop();
  CHECK(failure.get() == error_category::cancelled);
}

TEST_CASE("a coroutine goes on in the thread that made the call, always") {
  const auto client = make_client();
  for (int i = 0; i < 200; ++i) CHECK(thread_after(client).value.get() != std::this_thread::get_id());
  CHECK(thread_after(make_client(run_inline)).value.get() == std::this_thread::get_id());
}

TEST_CASE("an executor that runs calls in the caller's thread, or throws, lets the coroutine go on at once") {
  auto bodies = both_of(make_client(run_inline)).value;
  REQUIRE(bodies.wait_for(std::chrono::seconds(0)) == std::future_status::ready);
  CHECK(bodies.get() == "/a/b/c");
  const auto full = [](const std::function<void()>&) { throw std::runtime_error("the queue is full"); };
  auto failure = failure_of(make_client(full), "/a").value;
  REQUIRE(failure.wait_for(std::chrono::seconds(0)) == std::future_status::ready);
  CHECK(failure.get() == error_category::transport);
}

TEST_CASE("a long row of calls takes no stack, whoever runs them") {
  CHECK(many(make_client(run_inline), 100'000).value.get() == 100'000);
  CHECK(many(make_client(), 2'000).value.get() == 2'000);
}

TEST_CASE("an executor may run the call later in the thread that gave it") {
  std::vector<std::function<void()>> jobs;
  auto body = body_of(make_client([&](auto job) { jobs.push_back(std::move(job)); }), "/a").value;
  REQUIRE(jobs.size() == 1);
  CHECK(body.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
  std::exchange(jobs, {}).front()();
  CHECK(body.get() == "/a");
}

TEST_CASE("the last copy of a client may lie in the coroutine") {
  const path_transport via;
  std::vector<std::future<std::string>> bodies;
  for (int i = 0; i < 50; ++i) {
    bodies.push_back(body_of(make_client({}, via), "/a").value);
    bodies.push_back(body_of(make_client(run_inline, via), "/a").value);
  }
  for (auto& body : bodies) CHECK(body.get() == "/a");
  while (via.waiting.use_count() > 1) std::this_thread::yield();  // All transports are destroyed.
}

TEST_CASE("many coroutines share one client") {
  const auto client = make_client();
  std::vector<std::future<int>> counts;
  for (int i = 0; i < 20; ++i) counts.push_back(many(client, 50).value);
  for (auto& count : counts) CHECK(count.get() == 50);
}
