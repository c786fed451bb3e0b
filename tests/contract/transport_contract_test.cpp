#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <t3api/sandbox/http/server.hpp>
#include <t3api/transport/httplib.hpp>
#include <t3api/transport/in_process.hpp>
#include <t3api/transport/scripted.hpp>
#include <t3api/transport/socket.hpp>

using namespace t3api;
using namespace std::chrono_literals;

// What every transport must do, whatever carries the bytes. A setting joins a transport to a service, so that
// one suite runs over all of them.

namespace {

using service = std::function<response(const request&)>;

struct over_script {
  static constexpr const char* name = "scripted";
  explicit over_script(const service& answer) {
    for (int i = 0; i < 2000; ++i)
      transport.reply_with([answer](const request& r) -> outcome { return answer(r); });
  }
  url host{};
  scripted_transport transport;
};

struct over_call {
  static constexpr const char* name = "in_process";
  explicit over_call(service answer) : transport(std::move(answer)) {}
  url host{};
  in_process_transport<service> transport;
};

template <class Transport>
struct over_sockets {
  explicit over_sockets(service answer) : server(std::move(answer), {.max_body_bytes = 4U << 20U}) {
    server.start();
    host = parse_url(server.url()).value();
  }
  sandbox::http_server server;
  url host;
  Transport transport;
};

using over_httplib = over_sockets<httplib_transport>;
using over_plain_sockets = over_sockets<socket_transport>;

template <class Setting>
outcome send(Setting& setting, const request& message, std::stop_token stop = {},
             std::size_t max_body_bytes = 64U << 20U) {
  return setting.transport.send(message, {.host = setting.host,
                                          .deadline = std::chrono::steady_clock::now() + 30s,
                                          .stop = std::move(stop),
                                          .idempotent = is_idempotent(message.method),
                                          .max_body_bytes = max_body_bytes});
}

}  // namespace

TYPE_TO_STRING(over_script);
TYPE_TO_STRING(over_call);
TYPE_TO_STRING(over_httplib);
TYPE_TO_STRING(over_plain_sockets);

#define TRANSPORTS over_script, over_call, over_httplib, over_plain_sockets

TEST_CASE_TEMPLATE("the service sees method, path, query, headers and body as they were given", Setting,
                   TRANSPORTS) {
  std::optional<request> seen;
  Setting setting([&](const request& r) {
    seen = r;
    return response{.status = 200};
  });
  const query_params query{{"filter", "label__contains:a b&c=d"}, {"filter", "ä+%"}, {"empty", ""}};
  REQUIRE(send(setting, {.method = method::post,
                         .path = "/v2/packages/create",
                         .query = query,
                         .headers = {{"Content-Type", "application/json"}, {"X-Custom", "a, b"}},
                         .body = "{\"label\":\"\xC3\xA9\"}"}));
  REQUIRE(seen);
  CHECK(seen->method == method::post);
  CHECK(seen->path == "/v2/packages/create");
  CHECK(seen->query == query);
  CHECK(seen->headers.get("content-type") == "application/json");
  CHECK(seen->headers.get("X-Custom") == "a, b");
  CHECK(seen->body == "{\"label\":\"\xC3\xA9\"}");
}

TEST_CASE_TEMPLATE("every method arrives", Setting, TRANSPORTS) {
  std::optional<method> seen;
  Setting setting([&](const request& r) {
    seen = r.method;
    return response{.status = 200};
  });
  for (const method m : {method::get, method::post, method::put, method::patch, method::delete_}) {
    CAPTURE(to_string(m));
    REQUIRE(send(setting, {.method = m, .path = "/"}));
    CHECK(seen == m);
  }
}

TEST_CASE_TEMPLATE("every status comes back as an answer, redirects too", Setting, TRANSPORTS) {
  std::atomic<int> status = 0;
  Setting setting([&](const request&) {
    return response{.status = status, .headers = {{"Location", "http://127.0.0.1:1/"}}, .body = "x"};
  });
  for (const int wanted : {200, 201, 302, 307, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504}) {
    CAPTURE(wanted);
    status = wanted;
    const auto answer = send(setting, {.path = "/"});
    REQUIRE(answer);
    CHECK(answer->status == wanted);
    CHECK(answer->body == "x");
  }
}

TEST_CASE_TEMPLATE("an answer without a body is one", Setting, TRANSPORTS) {
  std::atomic<int> status = 0;
  Setting setting([&](const request&) { return response{.status = status}; });
  for (const int wanted : {200, 204}) {
    status = wanted;
    const auto answer = send(setting, {.path = "/"});
    REQUIRE(answer);
    CHECK(answer->status == wanted);
    CHECK(answer->body.empty());
  }
}

TEST_CASE_TEMPLATE("a body may hold any bytes and be large", Setting, TRANSPORTS) {
  std::string bytes;
  for (int i = 0; i < 3'000'000; ++i) bytes += static_cast<char>(i * 31 + i / 256);
  Setting setting([&](const request& r) {
    return response{.status = 200, .headers = {{"Content-Type", "application/octet-stream"}}, .body = r.body};
  });
  const auto answer = send(setting, {.method = method::post, .path = "/", .body = bytes});
  REQUIRE(answer);
  CHECK((answer->body == bytes));
}

TEST_CASE_TEMPLATE("answer headers are found by any spelling", Setting, TRANSPORTS) {
  Setting setting([](const request&) {
    return response{.status = 200, .headers = {{"X-Request-Id", "r-1"}}, .body = "{}"};
  });
  const auto answer = send(setting, {.path = "/"});
  REQUIRE(answer);
  CHECK(answer->headers.get("x-request-ID") == "r-1");
  CHECK_FALSE(answer->headers.contains("X-Other"));
}

TEST_CASE_TEMPLATE("nothing is sent once a stop is requested", Setting, TRANSPORTS) {
  std::atomic<int> calls = 0;
  Setting setting([&](const request&) {
    ++calls;
    return response{.status = 200};
  });
  std::stop_source source;
  source.request_stop();
  const auto answer = send(setting, {.path = "/"}, source.get_token());
  REQUIRE_FALSE(answer);
  CHECK(answer.error().category == error_category::cancelled);
  CHECK_FALSE(answer.error().sent);
  CHECK(calls == 0);
}

TEST_CASE_TEMPLATE("a body over the limit is a protocol error", Setting, TRANSPORTS) {
  Setting setting([](const request&) { return response{.status = 200, .body = std::string(1001, 'x')}; });
  CHECK(send(setting, {.path = "/"}, {}, 1001));
  const auto answer = send(setting, {.path = "/"}, {}, 1000);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().category == error_category::protocol);
  CHECK(answer.error().message.find("1000 bytes") != std::string::npos);
}

TEST_CASE_TEMPLATE("threads share a transport and get their own answers", Setting, TRANSPORTS) {
  Setting setting([](const request& r) { return response{.status = 200, .body = r.path}; });
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 50; ++i) {
          const std::string path = "/" + std::to_string(t) + "/" + std::to_string(i);
          const auto answer = send(setting, {.path = path});
          if (answer && answer->body == path) ++right;
        }
      });
    }
  }
  // A script gives its replies in the order of arrival, and each reply function is called with the request it
  // answers.
  CHECK(right == 8 * 50);
}
