// What a program may do with its client on both sides of a fork.
#include <t3api/t3api.hpp>

#include <doctest/doctest.h>

#include <poll.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <t3api/sandbox.hpp>

#include "tests/support/forked_child.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/unlimited.hpp"

using namespace t3api;
using namespace std::chrono_literals;
using test::cannot_fork;
using test::http_answer;
using test::in_child;
using test::raw_connection;
using test::raw_server;

namespace {

/// An idempotent request whose only limit is `timeout`; silence alone does not end it.
outcome get(httplib_transport& transport, const std::string& host, const std::string& path = "/",
            std::chrono::milliseconds timeout = 60s, std::stop_token stop = {}) {
  const url where = parse_url(host).value();
  return transport.send({.path = path}, {.host = where,
                                         .deadline = std::chrono::steady_clock::now() + timeout,
                                         .stop = std::move(stop),
                                         .idempotent = true,
                                         .connect_timeout = 60s,
                                         .read_timeout = 60s});
}

/// The number of the connection that carried an answer of `numbered_server`; 0 when there is none.
int connection_of(const outcome& answer) { return answer ? std::stoi(answer->body) : 0; }

/// Both ends of a pipe.
struct pipe_ends {
  pipe_ends() { REQUIRE(::pipe(ends.data()) == 0); }
  ~pipe_ends() {
    for (const int end : ends) ::close(end);
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;

  std::array<int, 2> ends{-1, -1};
};

/// Answers each request with the number of its connection, and says nothing to "/silent".
class numbered_server {
 public:
  std::string url() const { return server_.url(); }
  int connections() const { return server_.connections(); }

  /// Waits until a request for "/silent" has come; also in a forked child.
  void wait_for_silent_request() const {
    char byte = 0;
    while (::read(silent_.ends[0], &byte, 1) != 1) {
    }
  }

 private:
  void talk(raw_connection& peer) {
    const int number = ++last_;
    while (true) {
      const auto request = peer.read_request();
      if (request.empty()) return;
      if (request.starts_with("GET /silent ")) {
        CHECK(::write(silent_.ends[1], "x", 1) == 1);
        return peer.wait_until_closed();
      }
      if (!peer.write(http_answer(std::to_string(number)))) return;
    }
  }

  pipe_ends silent_;
  std::atomic<int> last_ = 0;
  raw_server server_{[this](raw_connection& peer) { talk(peer); }};
};

/// Passes bytes on to a port of this machine, and counts what the client has sent on all connections.
class relay {
 public:
  explicit relay(std::uint16_t port) : port_(port) {}

  std::uint16_t port() const { return server_.port(); }
  int connections() const { return server_.connections(); }
  std::size_t bytes_sent() const { return bytes_sent_; }

 private:
  void talk(raw_connection& peer) {
    const int onward = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(onward, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
      std::array<pollfd, 2> ends{{{peer.socket(), POLLIN, 0}, {onward, POLLIN, 0}}};
      while (::poll(ends.data(), ends.size(), -1) > 0) {
        if (ends[0].revents != 0 && !pass(ends[0].fd, ends[1].fd, bytes_sent_)) break;
        if (ends[1].revents != 0 && !pass(ends[1].fd, ends[0].fd, bytes_received_)) break;
      }
    }
    ::close(onward);
  }

  /// Counts before it sends, so that whoever has an answer sees the whole request counted.
  static bool pass(int from, int to, std::atomic<std::size_t>& counter) {
    std::array<char, 16384> bytes;
    const auto size = ::recv(from, bytes.data(), bytes.size(), 0);
    if (size <= 0) return false;
    counter += static_cast<std::size_t>(size);
    return ::send(to, bytes.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL) == size;
  }

  const std::uint16_t port_;
  std::atomic<std::size_t> bytes_sent_ = 0;
  std::atomic<std::size_t> bytes_received_ = 0;
  raw_server server_{[this](raw_connection& peer) { talk(peer); }};
};

}  // namespace

TEST_SUITE_BEGIN("fork" * doctest::skip(cannot_fork));

TEST_CASE("a child keeps connections of its own, and its parent goes on with the old one") {
  numbered_server server;
  httplib_transport transport;
  REQUIRE(connection_of(get(transport, server.url())) == 1);
  CHECK(in_child([&] {
          if (connection_of(get(transport, server.url())) != 2) return 1;
          return connection_of(get(transport, server.url())) == 2 ? 0 : 2;
        }) == 0);
  CHECK(connection_of(get(transport, server.url())) == 1);
  CHECK(server.connections() == 2);
}

TEST_CASE("several children and a grandchild are independent of each other") {
  numbered_server server;
  httplib_transport transport;
  REQUIRE(connection_of(get(transport, server.url())) == 1);
  CHECK(in_child([&] {
          if (connection_of(get(transport, server.url())) != 2) return 1;
          const int below =
              in_child([&] { return connection_of(get(transport, server.url())) == 3 ? 0 : 1; });
          return below == 0 && connection_of(get(transport, server.url())) == 2 ? 0 : 2;
        }) == 0);
  CHECK(in_child([&] { return connection_of(get(transport, server.url())) == 4 ? 0 : 1; }) == 0);
  CHECK(connection_of(get(transport, server.url())) == 1);
}

TEST_CASE("a client that was never used works on both sides") {
  numbered_server server;
  httplib_transport transport;
  CHECK(in_child([&] { return connection_of(get(transport, server.url())) == 1 ? 0 : 1; }) == 0);
  CHECK(connection_of(get(transport, server.url())) == 2);
}

TEST_CASE("a child's call to a silent service ends by its deadline") {
  numbered_server server;
  httplib_transport transport;
  REQUIRE(connection_of(get(transport, server.url())) == 1);
  CHECK(in_child([&] {
          const auto answer = get(transport, server.url(), "/silent", 100ms);
          if (answer) return 1;
          return answer.error().category == error_category::timeout ? 0 : 2;
        }) == 0);
  CHECK(connection_of(get(transport, server.url())) == 1);
}

TEST_CASE("a child's call to a silent service can be stopped") {
  numbered_server server;
  httplib_transport transport;
  REQUIRE(connection_of(get(transport, server.url())) == 1);
  CHECK(in_child([&] {
          std::stop_source source;
          const std::jthread stopper([&] {
            server.wait_for_silent_request();
            source.request_stop();
          });
          const auto answer = get(transport, server.url(), "/silent", 60s, source.get_token());
          if (answer) return 1;
          return answer.error().category == error_category::cancelled ? 0 : 2;
        }) == 0);
  CHECK(connection_of(get(transport, server.url())) == 1);
}

TEST_CASE("a child that destroys the client neither hangs nor says anything on its parent's connection") {
  for (const bool tls : {false, true}) {
    CAPTURE(tls);
    const auto shown = sandbox::make_certificate();
    sandbox::http_server server([](const request&) { return response{.status = 200, .body = "{}"}; },
                                {.tls = tls ? std::optional(shown) : std::nullopt, .idle_timeout = 60s});
    server.start();
    const relay between(server.port());
    const std::string host = (tls ? "https" : "http") + ("://127.0.0.1:" + std::to_string(between.port()));
    std::optional<httplib_transport> transport(std::in_place,
                                               client_config{.tls = {.ca_pem = shown.certificate_pem}});
    REQUIRE(get(*transport, host));
    const auto before = between.bytes_sent();
    REQUIRE(get(*transport, host));
    const auto one_request = between.bytes_sent() - before;

    CHECK(in_child([&] {
            transport.reset();
            return 0;
          }) == 0);
    CHECK(get(*transport, host));
    CHECK(between.bytes_sent() == before + 2 * one_request);
    CHECK(between.connections() == 1);

    CHECK(in_child([&] {
            if (!get(*transport, host)) return 1;
            transport.reset();
            return 0;
          }) == 0);
    CHECK(get(*transport, host));
    CHECK(between.connections() == 2);
  }
}

TEST_CASE(
    "a whole client goes on in a child, over TLS and with the token it has, and after it in its parent") {
  const auto shown = sandbox::make_certificate();
  sandbox::service service{test::unlimited()};
  std::atomic<int> exchanges = 0;
  sandbox::http_server server(
      [&](const request& r) {
        if (r.path == "/v2/auth/credentials") ++exchanges;
        return service.handle(r);
      },
      {.tls = shown});
  server.start();
  const client_config config{.host = server.url(), .tls = {.ca_pem = shown.certificate_pem}};
  auto via = std::make_unique<default_client<credentials_auth>>(
      credentials_auth({.hostname = "ca.metrc.com", .username = "demo-ca", .password = "demo-ca-password"}),
      config);
  REQUIRE(whoami(*via).value().username == "demo-ca");
  CHECK(in_child([&] {
          if (!whoami(*via) || !list_licenses(*via)) return 1;
          via.reset();
          return 0;
        }) == 0);
  CHECK(whoami(*via).value().username == "demo-ca");
  CHECK(exchanges == 1);
}

TEST_SUITE_END();
