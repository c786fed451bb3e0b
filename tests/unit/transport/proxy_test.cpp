#include <t3api/transport/http_transport.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <latch>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <t3api/sandbox/http/certificate.hpp>
#include <t3api/sandbox/http/server.hpp>

#include "tests/support/raw_server.hpp"
#include "tests/support/transports.hpp"

using namespace t3api;
using namespace std::chrono_literals;

namespace {

/// Copies bytes from one socket to another until either end closes.
void pump(int from, int to) {
  char bytes[16384];
  while (true) {
    const auto received = ::recv(from, bytes, sizeof bytes, 0);
    if (received <= 0 || ::send(to, bytes, static_cast<std::size_t>(received), MSG_NOSIGNAL) <= 0) break;
  }
  ::shutdown(from, SHUT_RDWR);
  ::shutdown(to, SHUT_RDWR);
}

int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return socket;
}

/// A proxy that joins every CONNECT to one port of this machine, or refuses it, and keeps what it was asked.
class tunnel_proxy {
 public:
  explicit tunnel_proxy(std::uint16_t target,
                        std::string verdict = "HTTP/1.1 200 Connection established\r\n\r\n")
      : server_([this, target, verdict = std::move(verdict)](test::raw_connection& peer) {
          const auto asked = peer.read_request();
          {
            const std::scoped_lock lock(mutex_);
            asked_.push_back(asked);
          }
          if (!peer.write(verdict) || verdict.find(" 200") == verdict.npos) return;
          const int inside = connect_to(target);
          std::thread back([&] { pump(inside, peer.socket()); });
          pump(peer.socket(), inside);
          back.join();
          ::close(inside);
        }) {}

  std::uint16_t port() const { return server_.port(); }
  std::vector<std::string> asked() const {
    const std::scoped_lock lock(mutex_);
    return asked_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> asked_;
  test::raw_server server_;
};

template <class Transport>
outcome get(Transport& transport, const std::string& host) {
  const url where = parse_url(host).value();
  return transport.send(
      {.path = "/v2/states"},
      {.host = where, .deadline = std::chrono::steady_clock::now() + 20s, .stop = {}, .idempotent = true});
}

}  // namespace

TEST_CASE_TEMPLATE("https goes through a proxy as a tunnel; the proxy's password stays with the proxy",
                   Transport, HTTP_TRANSPORTS) {
  const auto shown = sandbox::make_certificate();
  std::mutex mutex;
  std::vector<request> seen;
  sandbox::http_server server(
      [&](const request& r) {
        const std::scoped_lock lock(mutex);
        seen.push_back(r);
        return response{.status = 200, .body = "[]"};
      },
      {.tls = shown});
  server.start();
  tunnel_proxy proxy(server.port());
  Transport transport(
      {.tls = {.ca_pem = shown.certificate_pem},
       .proxy = proxy_options{
           .host = "127.0.0.1", .port = proxy.port(), .username = "office", .password = "proxy-canary"}});
  for (int i = 0; i < 3; ++i) REQUIRE(get(transport, "https://localhost:" + std::to_string(server.port())));

  REQUIRE(proxy.asked().size() == 1);
  CHECK(proxy.asked()[0].starts_with("CONNECT localhost:" + std::to_string(server.port()) + " HTTP/1.1\r\n"));
  CHECK(proxy.asked()[0].find("Proxy-Authorization: Basic b2ZmaWNlOnByb3h5LWNhbmFyeQ==\r\n") !=
        std::string::npos);
  const std::scoped_lock lock(mutex);
  REQUIRE(seen.size() == 3);
  for (const auto& r : seen) CHECK(r.headers.get("Proxy-Authorization").value_or("").empty());
}

TEST_CASE_TEMPLATE("plain http goes through a proxy with the whole address", Transport, HTTP_TRANSPORTS) {
  std::string asked;
  test::raw_server proxy([&](test::raw_connection& peer) {
    asked = peer.read_request();
    peer.write(test::http_answer("[]"));
  });
  Transport transport({.proxy = proxy_options{.host = "localhost", .port = proxy.port()}});
  REQUIRE(get(transport, "http://t3.example"));
  CHECK(asked.starts_with("GET http://t3.example"));
  CHECK(asked.substr(0, asked.find("\r\n")).ends_with("/v2/states HTTP/1.1"));
}

TEST_CASE_TEMPLATE("a proxy that refuses the tunnel is an error", Transport, HTTP_TRANSPORTS) {
  for (const char* verdict : {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
                              "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
                              "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"}) {
    CAPTURE(verdict);
    tunnel_proxy proxy(1, verdict);
    Transport transport({.proxy = proxy_options{.host = "127.0.0.1", .port = proxy.port()}});
    const auto answer = get(transport, "https://localhost:1");
    REQUIRE_FALSE(answer);
    CHECK(answer.error().category == error_category::transport);
    CHECK_FALSE(answer.error().sent);
  }
}

TEST_CASE_TEMPLATE("a proxy that is not there is an error with nothing sent", Transport, HTTP_TRANSPORTS) {
  std::uint16_t dead = 0;
  {
    test::raw_server gone([](test::raw_connection&) {});
    dead = gone.port();
  }
  Transport transport({.proxy = proxy_options{.host = "127.0.0.1", .port = dead}});
  const auto answer = get(transport, "https://localhost:1");
  REQUIRE_FALSE(answer);
  CHECK_FALSE(answer.error().sent);
}

TEST_CASE_TEMPLATE("a tunnel opens whatever the proxy says beside its 200", Transport, HTTP_TRANSPORTS) {
  const auto shown = sandbox::make_certificate();
  sandbox::http_server server([](const request&) { return response{.status = 200, .body = "[]"}; },
                              {.tls = shown});
  server.start();
  for (const char* verdict :
       {"HTTP/1.0 200 Connection established\r\n\r\n", "HTTP/1.1 200\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n"}) {
    CAPTURE(verdict);
    tunnel_proxy proxy(server.port(), verdict);
    Transport transport({.tls = {.ca_pem = shown.certificate_pem},
                         .proxy = proxy_options{.host = "127.0.0.1", .port = proxy.port()}});
    CHECK(get(transport, "https://localhost:" + std::to_string(server.port())));
  }
}

TEST_CASE_TEMPLATE("a proxy that opens no tunnel is an error, and nothing is sent: it", Transport,
                   HTTP_TRANSPORTS) {
  std::string verdict, said;
  SUBCASE("closes") { said = "it ended the connection"; }
  SUBCASE("speaks something else") {
    verdict = "SSH-2.0-OpenSSH_9.2\r\n";
    said = "no status line of HTTP/1.1";
  }
  SUBCASE("wants a password") {
    verdict = "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 4\r\n\r\nnope";
    said = "it wants a user and a password";
  }
  SUBCASE("refuses at length") {
    verdict = "HTTP/1.1 503 " + std::string(100'000, 'a') + "\r\nContent-Length: 1000000\r\n\r\n<html>";
    said = "answered 503";
  }
  SUBCASE("answers without end") {
    verdict = "HTTP/1.1 200 " + std::string(400'000, 'a');
    said = "headers larger than the limit";
  }
  SUBCASE("sends something into the tunnel") {
    verdict = "HTTP/1.1 200 OK\r\n\r\n<html>";
    said = "something of its own";
  }
  test::raw_server proxy([&](test::raw_connection& peer) {
    peer.read_request();
    peer.write(verdict);
  });
  Transport transport({.proxy = proxy_options{.host = "127.0.0.1", .port = proxy.port()}});
  const auto answer = get(transport, "https://localhost:1");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().category == error_category::transport);
  CHECK_FALSE(answer.error().sent);
  CAPTURE(answer.error().message);
  CHECK(answer.error().message.find(said) != std::string::npos);
}

TEST_CASE_TEMPLATE("a proxy that says nothing is given up in the time for connecting, or when the call stops",
                   Transport, HTTP_TRANSPORTS) {
  std::latch asked(1);
  test::raw_server proxy([&](test::raw_connection& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\n");
    asked.count_down();
    peer.wait_until_closed();
  });
  Transport transport({.proxy = proxy_options{.host = "127.0.0.1", .port = proxy.port()}});
  const url where = parse_url("https://localhost:1").value();
  stop_source source;
  std::chrono::milliseconds connect_timeout = 1h;
  auto expected = error_category::cancelled;
  SUBCASE("time") {
    connect_timeout = 50ms;
    expected = error_category::timeout;
  }
  SUBCASE("stop") {}
  std::jthread stopper([&] {
    asked.wait();
    if (expected == error_category::cancelled) source.request_stop();
  });
  const auto answer = transport.send({.path = "/"}, {.host = where,
                                                     .deadline = std::chrono::steady_clock::now() + 1h,
                                                     .stop = source.get_token(),
                                                     .connect_timeout = connect_timeout});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().category == expected);
  CHECK_FALSE(answer.error().sent);
}
