#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/client_kit.hpp"

#include <t3api/api/load_all.hpp>
#include <t3api/auth/none.hpp>
#include <t3api/retry/exponential_backoff.hpp>

using nlohmann::json;
using t3api::error_category;
using t3api::load_all;
using namespace std::chrono_literals;

namespace {

struct function_transport {
  std::function<t3api::outcome(const t3api::request&, const t3api::send_options&)> answer;
  t3api::outcome send(const t3api::request& message, const t3api::send_options& options) {
    return answer(message, options);
  }
};

std::vector<int> numbers(int from, int to) {
  std::vector<int> all(static_cast<std::size_t>(to - from + 1));
  std::iota(all.begin(), all.end(), from);
  return all;
}

std::string parameter(const t3api::request& asked, const std::string& name) {
  for (const auto& [key, value] : asked.query) {
    if (key == name) return value;
  }
  return "";
}

/// A collection in pages, and what a test does to it while it is being read.
struct collection {
  std::vector<int> ids = numbers(1, 20);
  std::size_t largest_page = 500;
  bool with_ids = true;
  /// Called before a page is answered, with how often it was asked for by then; may change `ids`, and may
  /// give an answer of its own.
  std::function<std::optional<t3api::outcome>(int page, int times, const t3api::send_options&)> before{};
  /// Called with the answer; may make it lie.
  std::function<void(int page, int times, json& body)> bend{};

  t3api::outcome answer(const t3api::request& asked, const t3api::send_options& options) {
    const int page = std::stoi(parameter(asked, "page"));
    int times = 0;
    {
      const std::scoped_lock lock(mutex);
      order.push_back(page);
      threads.push_back(std::this_thread::get_id());
      times = ++asked_for[page];
      targets.push_back(t3api::request_target(asked));
    }
    changed.notify_all();
    if (before) {
      if (auto own = before(page, times, options)) return *std::move(own);
    }
    const std::scoped_lock lock(mutex);
    const std::size_t size =
        (std::min)(largest_page, static_cast<std::size_t>(std::stoul(parameter(asked, "pageSize"))));
    json body = {{"data", json::array()},
                 {"page", page},
                 {"pageSize", size},
                 {"totalPages", (ids.size() + size - 1) / size},
                 {"total", ids.size()}};
    const auto begin = (std::min)(ids.size(), (static_cast<std::size_t>(page) - 1) * size);
    for (auto i = begin; i < (std::min)(ids.size(), begin + size); ++i) {
      body["data"].push_back({{with_ids ? "id" : "name", ids[i]}});
    }
    if (bend) bend(page, times, body);
    return test::answer(200, body.dump());
  }

  /// Waits until a page was asked for; gives up after a time that no sound run needs.
  bool wait_for_page(int page) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 30s, [&] { return asked_for.contains(page); });
  }

  std::size_t requests() const {
    const std::scoped_lock lock(mutex);
    return order.size();
  }

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::map<int, int> asked_for;
  std::vector<int> order;
  std::vector<std::string> targets;
  std::vector<std::thread::id> threads;
};

template <class Retry = t3api::no_retry>
using paged_client = t3api::client<function_transport, t3api::no_auth, Retry>;

struct bench {
  collection rows{};
  std::shared_ptr<t3api::manual_clock> clock = test::make_clock();
  t3api::client_config config{.host = "https://api.example.com", .batch_size = 1, .clock = clock};

  function_transport carrier() {
    return {[this](const t3api::request& asked, const t3api::send_options& options) {
      return rows.answer(asked, options);
    }};
  }
  paged_client<> client() { return {carrier(), t3api::no_auth(), t3api::no_retry(), config}; }

  t3api::result<json::array_t> load(int page_size = 7, const t3api::call_options& options = {}) {
    return load_all(client(), path, {.license_number = "L", .page_size = page_size}, options);
  }

  std::string path = "/v2/items";
};

std::vector<int> ids_of(const t3api::result<json::array_t>& loaded, const char* member = "id") {
  if (!loaded) FAIL(loaded.error().message);
  std::vector<int> ids;
  for (const auto& row : *loaded) ids.push_back(row.at(member).get<int>());
  return ids;
}

bool mentions(const t3api::error& cause, const std::string& text) {
  return cause.message.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("all rows come, once and in order, whatever their number and the batch size") {
  for (const std::size_t batch : {1U, 2U, 4U, 64U, 100'000U}) {
    for (const int count : {0, 1, 6, 7, 8, 13, 14, 15, 250}) {
      CAPTURE(batch);
      CAPTURE(count);
      bench b;
      b.config.batch_size = batch;
      b.rows.ids = numbers(1, count);
      CHECK(ids_of(b.load()) == b.rows.ids);
      CHECK(b.rows.requests() == static_cast<std::size_t>((std::max)(1, (count + 6) / 7)));
    }
  }
}

TEST_CASE("every page is asked for with the parameters of the caller") {
  bench b;
  b.rows.ids = numbers(1, 3);
  const auto loaded = load_all(
      b.client(), "/v2/items",
      {.license_number = "L", .page_size = 2, .query = {{"sort", "name:asc"}, {"filter", "a__eq:1"}}});
  CHECK(ids_of(loaded) == numbers(1, 3));
  CHECK(b.rows.targets ==
        std::vector<std::string>{
            "/v2/items?licenseNumber=L&page=1&pageSize=2&sort=name%3Aasc&filter=a__eq%3A1",
            "/v2/items?licenseNumber=L&page=2&pageSize=2&sort=name%3Aasc&filter=a__eq%3A1"});
}

TEST_CASE("rows keep their order when the second page is the last to come") {
  bench b;
  b.config.batch_size = 2;
  b.rows.ids = numbers(1, 40);
  bool overtaken = false;
  b.rows.before = [&](int page, int, const auto&) -> std::optional<t3api::outcome> {
    if (page == 2) overtaken = b.rows.wait_for_page(6);  // Pages 3 to 5 have been given back by then.
    return std::nullopt;
  };
  CHECK(ids_of(b.load()) == b.rows.ids);
  CHECK(overtaken);
}

TEST_CASE("batch_size pages are in flight at once, and no more") {
  bench b;
  b.config.batch_size = 4;
  b.rows.ids = numbers(1, 9 * 7);  // The first page, then two batches of four.
  std::mutex mutex;
  std::condition_variable arrived;
  int inside = 0, most = 0, begun = 0;
  b.rows.before = [&](int page, int, const auto&) -> std::optional<t3api::outcome> {
    if (page == 1) return std::nullopt;
    std::unique_lock lock(mutex);
    most = (std::max)(most, ++inside);
    const int batch_full = (begun++ / 4 + 1) * 4;
    arrived.notify_all();
    CHECK(arrived.wait_for(lock, 30s, [&] { return begun >= batch_full; }));
    --inside;
    return std::nullopt;
  };
  CHECK(ids_of(b.load()) == b.rows.ids);
  CHECK(most == 4);
}

TEST_CASE("the client's own threads bound what is in flight, with the calling thread as one more") {
  bench b;
  b.config.batch_size = 64;
  b.config.async_threads = 2;
  b.rows.ids = numbers(1, 250);
  std::mutex mutex;
  int inside = 0, most = 0;
  b.rows.before = [&](int, int, const auto&) -> std::optional<t3api::outcome> {
    const std::scoped_lock lock(mutex);
    most = (std::max)(most, ++inside);
    return std::nullopt;
  };
  b.rows.bend = [&](int, int, const json&) {
    const std::scoped_lock lock(mutex);
    --inside;
  };
  CHECK(ids_of(b.load()) == b.rows.ids);
  CHECK(most <= 3);
}

TEST_CASE("a batch size of 1 uses no other thread") {
  bench b;
  int jobs = 0;
  b.config.executor = [&](const std::function<void()>&) { ++jobs; };
  CHECK(ids_of(b.load()) == b.rows.ids);
  CHECK(jobs == 0);
  CHECK(std::all_of(b.rows.threads.begin(), b.rows.threads.end(),
                    [](auto id) { return id == std::this_thread::get_id(); }));
}

TEST_CASE("all rows come over an executor that helps in its own way, or not at all") {
  bench b;
  b.config.batch_size = 4;
  b.rows.ids = numbers(1, 70);
  std::vector<std::function<void()>> kept;
  SUBCASE("runs the job at once") {
    b.config.executor = [](const std::function<void()>& job) { job(); };
  }
  SUBCASE("refuses") {
    b.config.executor = [](const std::function<void()>&) { throw std::runtime_error("full"); };
  }
  SUBCASE("takes the job and throws") {
    b.config.executor = [](const std::function<void()>& job) {
      job();
      throw std::runtime_error("full");
    };
  }
  SUBCASE("drops the job") {
    b.config.executor = [](const std::function<void()>&) {};
  }
  SUBCASE("runs it after load_all has returned") {
    b.config.executor = [&](std::function<void()> job) { kept.push_back(std::move(job)); };
  }
  CHECK(ids_of(b.load()) == b.rows.ids);
  CHECK(b.rows.requests() == 10);
  for (const auto& job : kept) job();
  CHECK(b.rows.requests() == 10);
}

TEST_CASE("no more helpers are called than there are pages for them") {
  bench b;
  b.config.batch_size = 100'000;
  int jobs = 0;
  b.config.executor = [&](const std::function<void()>&) { ++jobs; };
  CHECK(ids_of(b.load()) == b.rows.ids);
  CHECK(jobs == 1);  // Pages 2 and 3, one of them in this thread.
}

TEST_CASE("it may be called where the asynchronous calls run, on all threads there are") {
  for (const std::size_t threads : {1U, 2U}) {
    CAPTURE(threads);
    bench b;
    b.config.batch_size = 4;
    b.config.async_threads = threads;
    b.rows.ids = numbers(1, 100);
    const auto via = b.client();
    std::vector<std::future<t3api::result<json::array_t>>> loading;
    for (std::size_t i = 0; i < 3 * threads; ++i) {
      loading.push_back(
          via.async([&] { return load_all(via, "/v2/items", {.license_number = "L", .page_size = 7}); }));
    }
    for (auto& each : loading) {
      REQUIRE(each.wait_for(30s) == std::future_status::ready);
      CHECK(ids_of(each.get()) == b.rows.ids);
    }
  }
}

TEST_CASE("a page that fails is repeated as the retry policy says, and that page alone") {
  bench b;
  b.rows.before = [](int page, int times, const auto&) -> std::optional<t3api::outcome> {
    if (page == 3 && times <= 2) return test::answer(503, "{}");
    return std::nullopt;
  };
  const paged_client<t3api::exponential_backoff> via{
      b.carrier(), t3api::no_auth(), t3api::exponential_backoff({.random = [] { return 0.5; }}), b.config};
  const auto loaded = load_all(via, "/v2/items", {.license_number = "L", .page_size = 7});
  CHECK(ids_of(loaded) == b.rows.ids);
  CHECK(b.rows.order == std::vector<int>{1, 2, 3, 3, 3});
}

TEST_CASE("a pause that the service asks for is no page's time, and all pages wait for its end") {
  bench b;
  b.config.timeout = 30s;
  b.rows.ids = numbers(1, 70);
  std::vector<std::chrono::nanoseconds> left;
  std::function<bool(int page, int times)> refused;
  t3api::response refusal = test::answer(429, "{}", {{"Retry-After", "45"}});
  std::mutex mutex;
  b.rows.before = [&](int page, int times,
                      const t3api::send_options& options) -> std::optional<t3api::outcome> {
    const std::scoped_lock lock(mutex);
    left.push_back(options.deadline - b.clock->now());
    if (refused(page, times)) return refusal;
    return std::nullopt;
  };
  using waits = std::vector<t3api::manual_clock::duration>;
  SUBCASE("in the middle: nothing that was read is read again") {
    refused = [](int page, int times) { return page == 4 && times <= 2; };
    CHECK(ids_of(b.load()) == b.rows.ids);
    CHECK(b.rows.order == std::vector<int>{1, 2, 3, 4, 4, 4, 5, 6, 7, 8, 9, 10});
    CHECK(b.clock->waits() == waits{45s, 45s});
  }
  SUBCASE("at the first page") {
    refused = [](int page, int times) { return page == 1 && times == 1; };
    CHECK(ids_of(b.load()) == b.rows.ids);
    CHECK(b.clock->waits() == waits{45s});
  }
  SUBCASE("short enough for the retry policy: the load waits all the same, so that the page keeps its time") {
    refusal = test::answer(503, "{}", {{"Retry-After", "20"}});
    refused = [](int page, int times) { return page == 2 && times <= 5; };
    const paged_client<t3api::exponential_backoff> via{b.carrier(), t3api::no_auth(),
                                                       t3api::exponential_backoff(), b.config};
    CHECK(ids_of(load_all(via, "/v2/items", {.license_number = "L", .page_size = 7})) == b.rows.ids);
    CHECK(b.clock->waits() == waits{20s, 20s, 20s, 20s, 20s});
  }
  SUBCASE("no time at all is a second") {
    refusal = test::answer(429, "{}", {{"Retry-After", "0"}});
    refused = [](int page, int times) { return page == 2 && times <= 2; };
    CHECK(ids_of(b.load()) == b.rows.ids);
    CHECK(b.clock->waits() == waits{1s, 1s});
  }
  SUBCASE("every page once") {
    refused = [](int, int times) { return times == 1; };
    CHECK(ids_of(b.load()) == b.rows.ids);
    CHECK(b.clock->waits() == waits(10, 45s));
  }
  SUBCASE("several threads") {
    b.config.batch_size = 4;
    refused = [](int, int times) { return times == 1; };
    CHECK(ids_of(b.load()) == b.rows.ids);
    left.clear();  // The clock of these tests moves on for all when one waits.
  }
  CHECK(std::all_of(left.begin(), left.end(), [](auto time) { return time == 30s; }));
}

TEST_CASE("no page is asked for while another waits as the service asked") {
  /// Waits end when the test says so.
  class held_clock final : public t3api::clock {
   public:
    t3api::steady_time now() const override {
      const std::scoped_lock lock(mutex_);
      return now_;
    }
    t3api::wall_time wall_now() const override { return {}; }
    bool wait_until(t3api::steady_time when, t3api::stop_token) override {
      std::unique_lock lock(mutex_);
      ++waiting_;
      changed_.notify_all();
      return changed_.wait_for(lock, 30s, [&] { return now_ >= when; });
    }
    bool wait_for_waiters(int count) {
      std::unique_lock lock(mutex_);
      return changed_.wait_for(lock, 30s, [&] { return waiting_ >= count; });
    }
    void advance(std::chrono::seconds by) {
      const std::scoped_lock lock(mutex_);
      now_ += by;
      changed_.notify_all();
    }

   private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    t3api::steady_time now_{1h};
    int waiting_ = 0;
  };
  bench b;
  const auto clock = std::make_shared<held_clock>();
  b.config.clock = clock;
  b.config.batch_size = 3;
  b.rows.ids = numbers(1, 70);
  b.rows.before = [&](int page, int times, const auto&) -> std::optional<t3api::outcome> {
    if (page == 2 && times == 1) {
      b.rows.wait_for_page(3);
      b.rows.wait_for_page(4);
      return test::answer(429, "{}", {{"Retry-After", "60"}});
    }
    if (page == 3 || page == 4) clock->wait_for_waiters(1);  // Answered while page 2 waits.
    return std::nullopt;
  };
  auto loading = std::async(std::launch::async, [&] { return b.load(); });
  REQUIRE(clock->wait_for_waiters(3));
  CHECK(b.rows.requests() == 4);
  clock->advance(60s);
  CHECK(ids_of(loading.get()) == b.rows.ids);
}

TEST_CASE("a pause that is too long, or has no end, ends the loading with the service's error") {
  bench b;
  t3api::call_options options;
  std::size_t requests = 2;
  std::string pause = "60";
  SUBCASE("without an end: ten minutes") { requests = 1 + 10; }
  SUBCASE("longer than ten minutes") { pause = "601"; }
  SUBCASE("past the timeout of the whole") { options.timeout = 60s; }
  b.rows.before = [&](int page, int, const auto&) -> std::optional<t3api::outcome> {
    if (page == 1) return std::nullopt;
    return test::answer(429, R"({"message":"slow down"})", {{"Retry-After", pause}});
  };
  const auto loaded = b.load(7, options);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().category == error_category::http);
  CHECK(loaded.error().status == 429);
  CHECK(loaded.error().retry_after == std::chrono::seconds(std::stoi(pause)));
  CHECK(mentions(loaded.error(), "page 2 of /v2/items: "));
  CHECK(mentions(loaded.error(), "slow down"));
  CHECK(b.rows.requests() == requests);
}

TEST_CASE("Retry-After on an answer that is final is no pause") {
  for (const int status : {403, 404, 301}) {
    bench b;
    b.rows.before = [&](int, int, const auto&) -> std::optional<t3api::outcome> {
      return test::answer(status, "{}", {{"Retry-After", "5"}});
    };
    CHECK(b.load().error().status == status);
    CHECK(b.clock->waits().empty());
  }
}

TEST_CASE("a pause ends when the caller asks to stop") {
  bench b;
  std::stop_source source;
  b.config.clock = std::make_shared<t3api::real_clock>();
  b.rows.before = [&](int page, int, const auto&) -> std::optional<t3api::outcome> {
    if (page == 1) return std::nullopt;
    source.request_stop();
    return test::answer(429, "{}", {{"Retry-After", "300"}});
  };
  CHECK(b.load(7, {.stop = source.get_token()}).error().category == error_category::cancelled);
  CHECK(b.rows.requests() == 2);
}

TEST_CASE("a load waits for the client's own rate limit as well, longer than a page's time") {
  bench b;
  b.config.timeout = 30s;
  b.config.rate_limit = t3api::rate_limit{.per_second = 0.02, .burst = 1};
  CHECK(ids_of(b.load()) == b.rows.ids);
  CHECK(b.rows.order == std::vector<int>{1, 2, 3});
}

TEST_CASE("a page that cannot be had ends the loading, and the error says which") {
  bench b;
  b.rows.ids = numbers(1, 70);
  const auto fails_on = [&](int bad) {
    b.rows.before = [bad](int page, int, const auto&) -> std::optional<t3api::outcome> {
      if (page == bad) return test::cut();
      return std::nullopt;
    };
  };
  SUBCASE("the first") {
    fails_on(1);
    const auto loaded = b.load();
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().message == "page 1 of /v2/items: the connection was cut");
    CHECK(b.rows.order == std::vector<int>{1});
  }
  SUBCASE("another") {
    fails_on(3);
    const auto loaded = b.load();
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().category == error_category::transport);
    CHECK(loaded.error().retryable);
    CHECK(loaded.error().message == "page 3 of /v2/items: the connection was cut");
    CHECK(b.rows.order == std::vector<int>{1, 2, 3});
  }
}

TEST_CASE("the first error stops the pages in flight, and is the one that is given") {
  bench b;
  b.config.batch_size = 2;
  b.rows.ids = numbers(1, 70);
  std::atomic<bool> stopped = false;
  b.rows.before = [&](int page, int, const t3api::send_options& options) -> std::optional<t3api::outcome> {
    if (page == 3) {
      b.rows.wait_for_page(2);
      return test::answer(403, R"({"message":"not yours"})");
    }
    if (page != 2) return std::nullopt;
    stopped = !t3api::real_clock().wait_until(std::chrono::steady_clock::now() + 30s, options.stop);
    return t3api::error{.category = error_category::cancelled, .message = "stopped"};
  };
  const auto loaded = b.load();
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().category == error_category::http);
  CHECK(loaded.error().status == 403);
  CHECK(loaded.error().service_message == "not yours");
  CHECK(mentions(loaded.error(), "page 3 of /v2/items: "));
  CHECK(stopped);
  CHECK(b.rows.requests() == 3);
}

TEST_CASE("what a policy throws comes out, after the pages in flight") {
  bench b;
  b.config.batch_size = 4;
  b.rows.ids = numbers(1, 70);
  std::atomic<int> inside = 0, not_stopped = 0;
  b.rows.before = [&](int page, int, const t3api::send_options& options) -> std::optional<t3api::outcome> {
    if (page == 1) return std::nullopt;
    if (page == 3) {
      b.rows.wait_for_page(2);
      throw std::runtime_error("a policy's own");
    }
    ++inside;
    if (t3api::real_clock().wait_until(std::chrono::steady_clock::now() + 30s, options.stop)) ++not_stopped;
    --inside;
    return test::cut();
  };
  CHECK_THROWS_WITH_AS((void)b.load(), "a policy's own", std::runtime_error);
  CHECK(inside == 0);
  CHECK(not_stopped == 0);
}

TEST_CASE("the stop_token ends all of it") {
  bench b;
  std::stop_source source;
  SUBCASE("before it begins") {
    source.request_stop();
    CHECK(b.load(7, {.stop = source.get_token()}).error().category == error_category::cancelled);
    CHECK(b.rows.requests() == 0);
  }
  SUBCASE("between two pages") {
    b.rows.ids = numbers(1, 70);
    b.rows.before = [&](int page, int, const auto&) -> std::optional<t3api::outcome> {
      if (page == 3) source.request_stop();
      return std::nullopt;
    };
    CHECK(b.load(7, {.stop = source.get_token()}).error().category == error_category::cancelled);
    CHECK(b.rows.requests() == 3);
  }
  SUBCASE("within the pages in flight") {
    b.config.batch_size = 2;
    b.rows.before = [&](int page, int, const t3api::send_options& options) -> std::optional<t3api::outcome> {
      if (page == 1) return std::nullopt;
      if (page == 3) source.request_stop();
      const bool woken =
          !t3api::real_clock().wait_until(std::chrono::steady_clock::now() + 30s, options.stop);
      CHECK(woken);
      return t3api::error{.category = error_category::cancelled, .message = "stopped"};
    };
    CHECK(b.load(7, {.stop = source.get_token()}).error().category == error_category::cancelled);
  }
}

TEST_CASE("the caller's timeout is for all pages, the client's for each") {
  bench b;
  b.config.timeout = 30s;
  b.rows.ids = numbers(1, 70);
  std::vector<std::chrono::nanoseconds> left;
  b.rows.before = [&](int, int, const t3api::send_options& options) -> std::optional<t3api::outcome> {
    left.push_back(options.deadline - b.clock->now());
    b.clock->advance(10s);
    return std::nullopt;
  };
  SUBCASE("without one of the caller's there is no limit to the whole") {
    CHECK(ids_of(b.load()) == b.rows.ids);
    CHECK(std::all_of(left.begin(), left.end(), [](auto time) { return time == 30s; }));
  }
  SUBCASE("the last page that begins in time has what is left") {
    const auto loaded = b.load(7, {.timeout = 55s});
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().category == error_category::timeout);
    CHECK(mentions(loaded.error(), "page 7 of /v2/items: "));
    CHECK(left == std::vector<std::chrono::nanoseconds>{30s, 30s, 30s, 25s, 15s, 5s});
  }
  SUBCASE("the readings share it") {
    b.rows.bend = [](int page, int, json& body) {
      if (page == 4) body["total"] = 71;
    };
    const auto loaded = b.load(7, {.timeout = 65s});
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().category == error_category::timeout);
    CHECK(b.rows.order == std::vector<int>{1, 2, 3, 4, 1, 2, 3});
  }
  SUBCASE("it may be as long as can be") {
    CHECK(ids_of(b.load(7, {.timeout = std::chrono::milliseconds::max()})) == b.rows.ids);
  }
}

TEST_CASE("a collection that changes while it is read is read anew") {
  bench b;
  std::function<void()> change;
  SUBCASE("a row comes") {
    change = [&] { b.rows.ids.insert(b.rows.ids.begin(), 100); };
  }
  SUBCASE("a row goes") {
    change = [&] { b.rows.ids.erase(b.rows.ids.begin()); };
  }
  SUBCASE("so many go that the page is behind the end") {
    change = [&] { b.rows.ids.resize(3); };
  }
  SUBCASE("the order changes, so that a row comes twice and another not at all") {
    change = [&] { std::swap(b.rows.ids[0], b.rows.ids[19]); };
  }
  b.rows.before = [&](int page, int times, const auto&) -> std::optional<t3api::outcome> {
    if (page == 3 && times == 1) change();
    return std::nullopt;
  };
  CHECK(ids_of(b.load()) == b.rows.ids);
  CHECK(b.rows.asked_for[1] == 2);
}

TEST_CASE("a change in each of two readings is still made good by the third") {
  bench b;
  b.rows.before = [&](int page, int times, const auto&) -> std::optional<t3api::outcome> {
    if (page == 2 && times <= 2) b.rows.ids.push_back(100 + times);
    return std::nullopt;
  };
  CHECK(ids_of(b.load()) == b.rows.ids);
  CHECK(b.rows.asked_for[1] == 3);
}

TEST_CASE("a row that is missing from its page, and nothing else, is seen") {
  bench b;
  for (const int page : {1, 2, 3}) {
    CAPTURE(page);
    b.rows.asked_for.clear();
    b.rows.bend = [page](int at, int times, json& body) {
      if (at == page && times == 1) body["data"].erase(body["data"].size() - 1);
    };
    CHECK(ids_of(b.load()) == b.rows.ids);
    CHECK(b.rows.asked_for[1] == 2);
  }
}

TEST_CASE("after the third reading that met a change the error says so") {
  bench b;
  std::string shown;
  SUBCASE("another total") {
    b.rows.bend = [](int page, int, json& body) {
      if (page == 2) body["total"] = 19;
    };
    shown = "page 2 said 19 rows, 7 to a page, where page 1 had said 20, 7 to a page";
  }
  SUBCASE("another page size") {
    b.rows.bend = [](int page, int, json& body) {
      if (page == 2) body["pageSize"] = 5;
    };
    shown = "page 2 said 20 rows, 5 to a page, where page 1 had said 20, 7 to a page";
  }
  SUBCASE("a short page") {
    b.rows.bend = [](int page, int, json& body) {
      if (page == 2) body["data"].erase(0);
    };
    shown = "page 2 held 6 rows instead of 7";
  }
  SUBCASE("a short first page") {
    b.rows.bend = [](int page, int, json& body) {
      if (page == 1) body["data"].erase(0);
    };
    shown = "page 1 held 6 rows instead of 7";
  }
  SUBCASE("more rows on the last page than the total has left") {
    b.rows.bend = [](int page, int, json& body) {
      if (page == 3) body["data"].push_back({{"id", 21}});
    };
    shown = "page 3 held 7 rows instead of 6";
  }
  SUBCASE("an id that comes twice") {
    b.rows.ids[19] = 1;
    shown = "a row came twice, as its id shows";
  }
  const auto loaded = b.load();
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().category == error_category::protocol);
  CHECK(loaded.error().status == 0);
  CHECK(loaded.error().retryable);
  CHECK(mentions(loaded.error(), "the collection /v2/items changes faster than it can be read"));
  CHECK(mentions(loaded.error(), shown));
  CHECK(b.rows.asked_for[1] == 3);
}

TEST_CASE("ids may be texts, and rows without an id may be alike") {
  bench b;
  SUBCASE("texts that differ") {
    b.rows.bend = [](int, int, json& body) {
      for (auto& row : body["data"]) row["id"] = std::to_string(row["id"].get<int>());
    };
    CHECK(b.load().value().size() == 20);
  }
  SUBCASE("a text that comes twice") {
    b.rows.bend = [](int, int, json& body) {
      for (auto& row : body["data"]) row["id"] = std::to_string(row["id"].get<int>() % 19);
    };
    CHECK(b.load().error().category == error_category::protocol);
  }
  SUBCASE("none, null, or no simple value") {
    for (const json& id : {json(), json(true), json::object({{"a", 1}})}) {
      b.rows.bend = [&id](int, int, json& body) {
        for (auto& row : body["data"]) row = {{"id", id}};
      };
      CHECK(b.load().value().size() == 20);
    }
    b.rows.with_ids = false;
    b.rows.bend = nullptr;
    b.rows.ids.assign(20, 5);
    CHECK(ids_of(b.load(), "name") == std::vector<int>(20, 5));
  }
}

TEST_CASE("numbers that cannot be true are refused at once") {
  for (const int at : {1, 2}) {
    for (const auto& lie : std::vector<std::pair<std::string, json>>{
             {"page", 0},
             {"page", 3},
             {"totalPages", 2},
             {"totalPages", 4},
             {"totalPages", 0},
             {"totalPages", 1'000'000'000'000'000'000},
             {"data", json::array_t(8, {{"name", 1}})},
             {"page", -1},
             {"total", 1.5},
             {"data", json::array_t(7, 1)},
         }) {
      CAPTURE(at);
      CAPTURE(lie.first);
      CAPTURE(lie.second.dump());
      bench b;
      b.rows.bend = [&](int page, int, json& body) {
        if (page == at) body[lie.first] = lie.second;
      };
      const auto loaded = b.load();
      REQUIRE_FALSE(loaded);
      CHECK(loaded.error().category == error_category::protocol);
      CHECK_FALSE(loaded.error().retryable);
      CHECK(mentions(loaded.error(), "page " + std::to_string(at) + " of /v2/items: "));
      CHECK(b.rows.requests() == static_cast<std::size_t>(at));
    }
  }
}

TEST_CASE("totals that nobody has are refused, and nothing is allocated for them") {
  for (const std::uint64_t total : {t3api::max_loaded_rows + 1, std::uint64_t{1'000'000'000'000'000'000},
                                    (std::numeric_limits<std::uint64_t>::max)()}) {
    CAPTURE(total);
    bench b;
    b.rows.bend = [total](int, int, json& body) {
      body["total"] = total;
      body["totalPages"] = total / 7 + (total % 7 != 0 ? 1 : 0);
    };
    const auto loaded = b.load();
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().category == error_category::protocol);
    CHECK_FALSE(loaded.error().retryable);
    CHECK(mentions(loaded.error(), "there are " + std::to_string(total) + " rows"));
    CHECK(b.rows.requests() == 1);
  }
  SUBCASE("the largest that is read, where the rows end early") {
    bench b;
    b.rows.bend = [](int, int, json& body) {
      body["total"] = t3api::max_loaded_rows;
      body["totalPages"] = (t3api::max_loaded_rows + 6) / 7;
    };
    CHECK(mentions(b.load().error(), "page 3 held 6 rows instead of 7"));
  }
}

TEST_CASE("a page size of 0 is refused") {
  bench b;
  b.rows.bend = [](int, int, json& body) { body["pageSize"] = 0; };
  CHECK(mentions(b.load().error(), "pageSize 0"));
}

TEST_CASE("a page size that the service lowers or raises is kept to") {
  bench b;
  b.rows.ids = numbers(1, 30);
  SUBCASE("lowered: the other pages are asked for in the size it gives") {
    b.rows.largest_page = 10;
    CHECK(ids_of(b.load(500)) == b.rows.ids);
    CHECK(b.rows.targets == std::vector<std::string>{"/v2/items?licenseNumber=L&page=1&pageSize=500",
                                                     "/v2/items?licenseNumber=L&page=2&pageSize=10",
                                                     "/v2/items?licenseNumber=L&page=3&pageSize=10"});
  }
  SUBCASE("raised") {
    b.rows.bend = [&](int page, int, json& body) {
      body["data"] = json::array();
      for (int i = (page - 1) * 20; i < (std::min)(30, page * 20); ++i) {
        body["data"].push_back({{"id", b.rows.ids[static_cast<std::size_t>(i)]}});
      }
      body["pageSize"] = 20;
      body["totalPages"] = 2;
    };
    CHECK(ids_of(b.load()) == b.rows.ids);
  }
}

TEST_CASE("no rows at all is one page or none") {
  for (const int pages : {0, 1}) {
    bench b;
    b.rows.ids.clear();
    b.rows.bend = [pages](int, int, json& body) { body["totalPages"] = pages; };
    CHECK(b.load().value().empty());
    CHECK(b.rows.requests() == 1);
  }
}

TEST_CASE("what cannot be asked for sends nothing") {
  bench b;
  const auto via = b.client();
  for (const auto& [wanted, options] : std::vector<std::pair<t3api::page_request, t3api::call_options>>{
           {{.license_number = ""}, {}},
           {{.license_number = "L", .page = 2}, {}},
           {{.license_number = "L", .page = 0}, {}},
           {{.license_number = "L", .page_size = 0}, {}},
           {{.license_number = "L", .page_size = 501}, {}},
           {{.license_number = "L"}, {.timeout = 0ms}},
           {{.license_number = "L"}, {.timeout = -1ms}},
       }) {
    CHECK(load_all(via, "/v2/items", wanted, options).error().category == error_category::argument);
  }
  CHECK(load_all(via, "/v2/items", {}).error().message ==
        "the licence number is empty: list_licenses() gives yours");
  b.config.batch_size = 0;
  CHECK(b.load().error().message == "client_config::batch_size must be at least 1");
  CHECK(b.rows.requests() == 0);
}

TEST_CASE("the query of the path stays out of the messages") {
  bench b;
  b.path = "/v2/items?secretKey=canary";
  b.rows.bend = [](int page, int, json& body) {
    if (page == 2) body["data"].erase(0);
  };
  CHECK_FALSE(mentions(b.load().error(), "canary"));
  b.rows.bend = [](int page, int, json& body) {
    if (page == 2) body["page"] = 3;
  };
  CHECK_FALSE(mentions(b.load().error(), "canary"));
  b.rows.bend = [](int page, int, json& body) {
    if (page == 2) body = {};
  };
  CHECK_FALSE(mentions(b.load().error(), "canary"));
}

TEST_CASE("rows are moved into their order, not copied") {
  const auto page_with = [](std::uint64_t number, const char*& text) {
    t3api::collection_page page{.page = number, .page_size = 1, .total_pages = 3, .total = 3};
    page.data.push_back({{"label", std::string(100, 'x')}});
    text = page.data[0]["label"].get_ref<const std::string&>().data();
    return page;
  };
  const char* texts[3] = {};
  t3api::detail::page_collector pages("/v2/items", {.total = 3, .page_size = 1, .pages = 3},
                                      page_with(1, texts[0]).data, {});
  REQUIRE(pages.take() == 2U);
  REQUIRE(pages.take() == 3U);
  CHECK_FALSE(pages.take());
  pages.give(3, page_with(3, texts[2]));
  pages.give(2, page_with(2, texts[1]));
  const auto rows = pages.finish().rows;
  REQUIRE(rows.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(rows[i]["label"].get_ref<const std::string&>().data() == texts[i]);
  }
}
