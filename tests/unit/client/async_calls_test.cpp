#include <t3api/client/async_calls.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/none.hpp>
#include <t3api/client.hpp>

using namespace std::chrono_literals;
using t3api::error_category;
using t3api::detail::either_stop;

namespace {

/// Answers with the request's path; `/wait` when it is told to stop, `/throw` by throwing.
struct path_transport {
  std::shared_ptr<std::atomic<int>> waiting = std::make_shared<std::atomic<int>>(0);

  t3api::outcome send(const t3api::request& message, const t3api::send_options& options) {
    if (message.path == "/throw") throw std::runtime_error("from a transport");
    if (message.path == "/throw-42") throw 42;
    if (message.path != "/wait") return test::answer(200, message.path);
    ++*waiting;
    waiting->notify_all();
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any stopped;
    stopped.wait(lock, options.stop, [] { return false; });
    return t3api::error{.category = error_category::cancelled, .message = "stopped", .sent = true};
  }

  void wait_for(int calls) const {
    for (int now = *waiting; now < calls; now = *waiting) waiting->wait(now);
  }
};

using client_type = t3api::client<path_transport, t3api::no_auth, t3api::no_retry>;

client_type make_client(t3api::call_executor executor = {}, path_transport via = {},
                        std::size_t threads = 4) {
  auto config = test::patient_config(nullptr);
  config.executor = std::move(executor);
  config.async_threads = threads;
  return client_type(std::move(via), t3api::no_auth(), std::move(config));
}

/// Jobs wait until they are asked for.
struct job_queue {
  std::deque<std::function<void()>> jobs;

  t3api::call_executor executor() {
    return [this](auto job) { jobs.push_back(std::move(job)); };
  }
  void run_all() {
    while (!jobs.empty()) {
      const auto job = std::move(jobs.front());
      jobs.pop_front();
      job();
    }
  }
};

void run_inline(std::function<void()> job) { job(); }

}  // namespace

TEST_CASE("either_stop asks to stop when one of its two does, before or after it was made") {
  for (const bool first : {true, false}) {
    for (const bool before : {true, false}) {
      CAPTURE(first);
      CAPTURE(before);
      std::stop_source a, b;
      if (before) (first ? a : b).request_stop();
      const either_stop both(a.get_token(), b.get_token());
      CHECK(both.token().stop_requested() == before);
      (first ? a : b).request_stop();
      CHECK(both.token().stop_requested());
      CHECK_FALSE((first ? b : a).stop_requested());
    }
  }
}

TEST_CASE("a future gives the answer or the error of its call") {
  const auto client = make_client();
  CHECK(client.async_send({.path = "/a"}).get().value().body == "/a");
  auto failed = client.async_send({.path = "no slash"}).get();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().category == error_category::argument);
  CHECK(client.async_send({.path = "/a"}, {.expected = {404}}).get().error().status == 200);
}

TEST_CASE("a callback is given the answer once, on a thread of the client's") {
  const auto client = make_client();
  std::promise<std::pair<std::string, std::thread::id>> told;
  client.async_send({.path = "/a"}, {}, [&](t3api::result<t3api::response> got) {
    told.set_value({got.value().body, std::this_thread::get_id()});  // Throws when it is called twice.
  });
  const auto [body, thread] = told.get_future().get();
  CHECK(body == "/a");
  CHECK(thread != std::this_thread::get_id());
}

TEST_CASE("a callback may be a callable that can only be moved") {
  const auto client = make_client();
  std::promise<std::string> told;
  auto answer = told.get_future();
  client.async_send({.path = "/a"}, {}, [told = std::move(told)](t3api::result<t3api::response> got) mutable {
    told.set_value(got.value().body);
  });
  CHECK(answer.get() == "/a");
}

TEST_CASE("a thousand calls run on no more threads than were asked for, and each gets its own answer") {
  for (const std::size_t threads : {std::size_t{1}, std::size_t{4}}) {
    CAPTURE(threads);
    const auto client = make_client({}, {}, threads);
    constexpr int calls = 1000;
    std::mutex mutex;
    std::set<std::thread::id> seen;
    std::atomic<int> right = 0;
    std::latch done(calls);
    for (int i = 0; i < calls; ++i) {
      const auto path = "/" + std::to_string(i);
      client.async_send({.path = path}, {}, [&, path](t3api::result<t3api::response> got) {
        right += got && got->body == path ? 1 : 0;
        {
          const std::scoped_lock lock(mutex);
          seen.insert(std::this_thread::get_id());
        }
        done.count_down();
      });
    }
    done.wait();
    CHECK(right == calls);
    CHECK(seen.size() <= threads);
    std::vector<std::future<t3api::result<t3api::response>>> answers;
    for (int i = 0; i < calls; ++i) answers.push_back(client.async_send({.path = "/" + std::to_string(i)}));
    for (int i = 0; i < calls; ++i) {
      CHECK(answers[static_cast<std::size_t>(i)].get().value().body == "/" + std::to_string(i));
    }
  }
}

TEST_CASE("calls run as many at once as there are threads, the others after them") {
  path_transport via;
  std::stop_source stop;
  auto client = make_client({}, via, 3);
  std::vector<std::future<t3api::result<t3api::response>>> answers;
  for (int i = 0; i < 3; ++i)
    answers.push_back(client.async_send({.path = "/wait"}, {.stop = stop.get_token()}));
  via.wait_for(3);
  auto last = client.async_send({.path = "/a"});
  stop.request_stop();
  for (auto& answer : answers) CHECK(answer.get().error().category == error_category::cancelled);
  CHECK(last.get().value().body == "/a");
}

TEST_CASE("an executor of the caller's runs the calls, and the client starts no thread") {
  job_queue queue;
  const auto client = make_client(queue.executor());
  auto answer = client.async_send({.path = "/a"});
  CHECK(answer.wait_for(0s) == std::future_status::timeout);
  REQUIRE(queue.jobs.size() == 1);
  queue.run_all();
  CHECK(answer.get().value().body == "/a");
}

TEST_CASE("an executor may run a call in the caller's own thread") {
  const auto client = make_client(run_inline);
  CHECK(client.async_send({.path = "/a"}).get().value().body == "/a");
  std::optional<std::thread::id> thread;
  client.async_send({.path = "/a"}, {}, [&](const auto&) { thread = std::this_thread::get_id(); });
  CHECK(thread == std::this_thread::get_id());
}

TEST_CASE("an executor that throws gives an error with the call's id, and the client stays good") {
  bool full = true;
  const auto client = make_client([&](std::function<void()> job) {
    if (full) throw std::runtime_error("the queue is full");
    job();
  });
  const auto failed = client.async_send({.path = "/a", .headers = {{"X-Request-Id", "mine"}}}).get();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().category == error_category::transport);
  CHECK(failed.error().message == "the executor did not take the call: the queue is full");
  CHECK(failed.error().request_id == "mine");
  CHECK(failed.error().retryable);
  CHECK_FALSE(failed.error().sent);
  CHECK_THROWS_WITH_AS(client.async([] { return 1; }), "the queue is full", std::runtime_error);
  full = false;
  CHECK(client.async_send({.path = "/a"}).get().value().body == "/a");

  const auto odd = make_client([](const std::function<void()>&) { throw 42; });
  CHECK(odd.async_send({.path = "/a"}).get().error().message ==
        "the executor did not take the call: something that is no std::exception");
}

TEST_CASE("an executor that throws after it has run, or kept, the call gives one answer") {
  int answers = 0;
  const auto count = [&](const t3api::result<t3api::response>& got) { answers += got ? 1 : 100; };
  const auto late = make_client([](const std::function<void()>& job) {
    job();
    throw std::runtime_error("too late");
  });
  late.async_send({.path = "/a"}, {}, count);
  CHECK(answers == 1);
  CHECK(late.async_send({.path = "/a"}).get().value().body == "/a");

  job_queue queue;
  const auto keeping = make_client([&](std::function<void()> job) {
    queue.jobs.push_back(std::move(job));
    throw std::runtime_error("kept, and yet");
  });
  answers = 0;
  keeping.async_send({.path = "/a"}, {}, count);
  queue.run_all();
  CHECK(answers == 100);
}

TEST_CASE("an executor that runs the call twice gives one answer") {
  int answers = 0;
  const auto client = make_client([](const std::function<void()>& job) {
    job();
    job();
  });
  client.async_send({.path = "/a"}, {}, [&](const auto&) { ++answers; });
  CHECK(answers == 1);
}

TEST_CASE("an executor that drops the call breaks the promise of its future, and destroys its callback") {
  const auto client = make_client([](const std::function<void()>&) {});
  auto answer = client.async_send({.path = "/a"});
  try {
    (void)answer.get();
    FAIL("an answer came");
  } catch (const std::future_error& broken) {
    CHECK(broken.code() == std::future_errc::broken_promise);
  }
  const auto kept = std::make_shared<int>(0);
  client.async_send({.path = "/a"}, {}, [kept](const auto&) { ++*kept; });
  CHECK(*kept == 0);
  CHECK(kept.use_count() == 1);
}

TEST_CASE("what a policy throws comes as an error of an asynchronous call") {
  for (const auto& executor : {t3api::call_executor(), t3api::call_executor(run_inline)}) {
    const auto client = make_client(executor);
    const auto failed = client.async_send({.path = "/throw", .headers = {{"X-Request-Id", "mine"}}}).get();
    REQUIRE_FALSE(failed);
    CHECK(failed.error().category == error_category::transport);
    CHECK(failed.error().message == "a policy of the client threw an exception: from a transport");
    CHECK(failed.error().request_id == "mine");
    CHECK(failed.error().sent);
    CHECK_FALSE(failed.error().retryable);
    CHECK_FALSE(client.async_send({.path = "/throw-42"}).get());
    CHECK(client.async_send({.path = "/a"}).get().value().body == "/a");
  }
}

TEST_CASE("the caller's stop_token ends a call that runs and one that waits for a thread") {
  path_transport via;
  const auto client = make_client({}, via, 1);
  std::stop_source stop_first, stop_second;
  auto first = client.async_send({.path = "/wait"}, {.stop = stop_first.get_token()});
  auto second = client.async_send({.path = "/wait"}, {.stop = stop_second.get_token()});
  via.wait_for(1);
  stop_second.request_stop();
  stop_first.request_stop();
  CHECK(first.get().error().message == "stopped");
  const auto cancelled = second.get();
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().category == error_category::cancelled);
  CHECK_FALSE(cancelled.error().sent);
  CHECK(*via.waiting == 1);
}

TEST_CASE(
    "when the last copy goes its calls are cancelled, those that run and those that wait, and waited for") {
  path_transport via;
  std::atomic<int> told = 0;
  std::vector<std::future<t3api::result<t3api::response>>> answers;
  {
    const auto client = make_client({}, via, 4);
    for (int i = 0; i < 50; ++i) answers.push_back(client.async_send({.path = "/wait"}));
    client.async_send({.path = "/wait"}, {}, [&](const auto&) { ++told; });
    via.wait_for(4);
  }
  CHECK(told == 1);
  for (auto& answer : answers) {
    REQUIRE(answer.wait_for(0s) == std::future_status::ready);
    CHECK(answer.get().error().category == error_category::cancelled);
  }
  CHECK(*via.waiting == 4);
}

TEST_CASE("a copy that lives keeps the calls alive") {
  path_transport via;
  std::stop_source stop;
  auto first = std::make_optional(make_client({}, via));
  const auto second = *first;
  auto answer = first->async_send({.path = "/wait"}, {.stop = stop.get_token()});
  via.wait_for(1);
  first.reset();
  CHECK(answer.wait_for(0s) == std::future_status::timeout);
  CHECK(second.async_send({.path = "/a"}).get().value().body == "/a");
  stop.request_stop();
  CHECK(answer.get().error().message == "stopped");
}

TEST_CASE("the last copy may go inside a callback, on the client's own thread") {
  path_transport via;
  auto client = std::make_shared<std::optional<client_type>>(make_client({}, via));
  std::vector<std::future<t3api::result<t3api::response>>> answers;
  for (int i = 0; i < 3; ++i) answers.push_back((*client)->async_send({.path = "/wait"}));
  via.wait_for(3);
  std::promise<void> gone;
  (*client)->async_send({.path = "/a"}, {}, [client, &gone](const auto&) {
    client->reset();
    gone.set_value();
  });
  client.reset();
  gone.get_future().wait();
  for (auto& answer : answers) CHECK(answer.get().error().category == error_category::cancelled);
}

TEST_CASE("a callback may hold the last copy") {
  const auto gone = std::make_shared<std::promise<void>>();
  struct farewell {
    std::shared_ptr<std::promise<void>> gone;
    ~farewell() {
      if (gone) gone->set_value();
    }
  };
  {
    auto client = std::make_unique<client_type>(make_client());
    const auto& via = *client;
    via.async_send(
        {.path = "/a"}, {},
        [said = std::unique_ptr<farewell>(new farewell{gone}), client = std::move(client)](const auto&) {});
  }
  gone->get_future().wait();
}

TEST_CASE("a callback that runs in the caller's thread may destroy the client whose call it is") {
  auto client = std::make_optional(make_client(run_inline));
  client->async_send({.path = "/a"}, {}, [&](const auto&) { client.reset(); });
  CHECK_FALSE(client.has_value());
  client.emplace(make_client(run_inline));
  auto job = client->async([&] { client.reset(); });
  job.get();
  CHECK_FALSE(client.has_value());
}

TEST_CASE("calls on an executor are cancelled with the last copy, and may be run after it") {
  job_queue queue;
  std::future<t3api::result<t3api::response>> answer;
  {
    const auto client = make_client(queue.executor());
    answer = client.async_send({.path = "/a"});
  }
  queue.run_all();
  CHECK(answer.get().error().category == error_category::cancelled);
}

TEST_CASE("callbacks may make further calls") {
  const auto client = make_client({}, {}, 2);
  std::promise<int> done;
  std::function<void(int)> next = [&](int count) {
    client.async_send({.path = "/a"}, {}, [&, count](const auto& got) {
      REQUIRE(got);
      count < 100 ? next(count + 1) : done.set_value(count);
    });
  };
  next(1);
  CHECK(done.get_future().get() == 100);
}

TEST_CASE("a job runs where the calls run, and gives what it returns or throws") {
  const auto client = make_client();
  CHECK(client.async([] { return 7; }).get() == 7);
  CHECK(client.async([&client] { return client.get("/a").value().body; }).get() == "/a");
  auto nothing = client.async([] {});
  nothing.get();
  CHECK_THROWS_WITH_AS(client.async([]() -> int { throw std::runtime_error("x"); }).get(), "x",
                       std::runtime_error);
  CHECK(client.async([moved = std::make_unique<int>(3)] { return *moved; }).get() == 3);
  const auto thread = client.async([] { return std::this_thread::get_id(); }).get();
  CHECK(thread != std::this_thread::get_id());
  job_queue queue;
  const auto queued = make_client(queue.executor());
  auto answer = queued.async([] { return 1; });
  CHECK(queue.jobs.size() == 1);
  queue.run_all();
  CHECK(answer.get() == 1);
}

TEST_CASE("a job is waited for when the last copy goes, and keeps a copy that it holds") {
  std::atomic<bool> done = false;
  {
    std::promise<void> go;
    const auto client = make_client();
    client.async([&done, gate = go.get_future().share()] {
      gate.wait();
      done = true;
    });
    go.set_value();
  }
  CHECK(done);
  std::future<std::string> body;
  std::promise<void> go;
  {
    const auto client = make_client();
    body = client.async([client, gate = go.get_future().share()] {
      gate.wait();
      return client.get("/a").value().body;
    });
  }
  go.set_value();
  CHECK(body.get() == "/a");
}
