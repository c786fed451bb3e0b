#include <t3api/transport/http_transport.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/raw_server.hpp"
#include "tests/support/transports.hpp"

using namespace t3api;
using namespace std::chrono_literals;
using test::http_answer;
using test::raw_connection;
using test::raw_server;

namespace {

struct sending {
  std::chrono::milliseconds timeout = 20s;
  std::stop_token stop{};
  bool idempotent = true;
  std::size_t max_header_bytes = 256U << 10U;
  std::size_t max_body_bytes = 1U << 20U;
  std::chrono::milliseconds connect_timeout = 10s;
  std::chrono::milliseconds read_timeout = 20s;
};

template <class Transport>
outcome send(Transport& transport, const std::string& host, const request& message = {.path = "/"},
             const sending& how = {}) {
  const url where = parse_url(host).value();
  return transport.send(message, {.host = where,
                                  .deadline = std::chrono::steady_clock::now() + how.timeout,
                                  .stop = how.stop,
                                  .idempotent = how.idempotent,
                                  .connect_timeout = how.connect_timeout,
                                  .read_timeout = how.read_timeout,
                                  .max_header_bytes = how.max_header_bytes,
                                  .max_body_bytes = how.max_body_bytes});
}

template <class Transport>
outcome send_once(const raw_server& server, const sending& how = {}) {
  Transport transport;
  return send(transport, server.url(), {.path = "/"}, how);
}

const request create_package{.method = method::post, .path = "/v2/packages/create", .body = "{}"};

/// A peer that answers each request with the same text, for as long as the connection lasts.
raw_server::conversation answering(std::string answer) {
  return [answer = std::move(answer)](raw_connection& peer) {
    while (!peer.read_request().empty()) {
      if (!peer.write(answer)) return;
    }
  };
}

}  // namespace

TEST_CASE_TEMPLATE("an answer arrives with its status, headers and body", Transport, HTTP_TRANSPORTS) {
  raw_server server(answering(http_answer("{\"a\":1}", "201 Created", "X-Twice: 1\r\nX-Twice: 2\r\n")));
  Transport transport;
  const auto answer = send(transport, server.url());
  REQUIRE(answer);
  CHECK(answer->status == 201);
  CHECK(answer->body == "{\"a\":1}");
  CHECK(answer->headers.get("content-type") == "application/json");
  int twice = 0;
  for (const auto& [name, value] : answer->headers) twice += name == "X-Twice" ? 1 : 0;
  CHECK(twice == 2);
}

TEST_CASE_TEMPLATE("the request goes out as it was built", Transport, HTTP_TRANSPORTS) {
  std::string seen;
  raw_server server([&](raw_connection& peer) {
    seen = peer.read_request();
    peer.write(http_answer("{}"));
  });
  Transport transport;
  REQUIRE(send(transport, server.url() + "/base",
               {.method = method::post,
                .path = "/v2/a b",
                .query = {{"filter", "label__contains:x&y"}, {"filter", "é"}},
                .headers = {{"Content-Type", "application/json"}, {"X-One", "1"}},
                .body = "{\"b\":2}"}));
  CHECK(seen.starts_with("POST /base/v2/a%20b?filter=label__contains%3Ax%26y&filter=%C3%A9 HTTP/1.1\r\n"));
  CHECK(seen.find("X-One: 1\r\n") != seen.npos);
  CHECK(seen.find("Content-Length: 7\r\n") != seen.npos);
  CHECK(seen.find("Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n") != seen.npos);
  CHECK(seen.ends_with("\r\n\r\n{\"b\":2}"));
}

TEST_CASE_TEMPLATE("calls one after another share one connection", Transport, HTTP_TRANSPORTS) {
  raw_server server(answering(http_answer("{}")));
  Transport transport;
  for (int i = 0; i < 20; ++i) REQUIRE(send(transport, server.url()));
  CHECK(server.connections() == 1);
}

TEST_CASE_TEMPLATE("copies of a transport share its connections", Transport, HTTP_TRANSPORTS) {
  raw_server server(answering(http_answer("{}")));
  Transport transport;
  Transport copy = transport;
  REQUIRE(send(transport, server.url()));
  REQUIRE(send(copy, server.url()));
  CHECK(server.connections() == 1);
}

TEST_CASE_TEMPLATE("a connection that the service has closed meanwhile is replaced, for reads and writes",
                   Transport, HTTP_TRANSPORTS) {
  std::atomic<int> requests = 0;
  std::latch closed(1);
  raw_server server([&](raw_connection& peer) {
    if (peer.read_request().empty()) return;
    const bool first = requests++ == 0;
    peer.write(http_answer("{}"));
    if (first) {
      ::shutdown(peer.socket(), SHUT_WR);
      closed.count_down();
    }
    peer.wait_until_closed();
  });
  Transport transport;
  REQUIRE(send(transport, server.url()));
  closed.wait();
  const auto answer = send(transport, server.url(), create_package, {.idempotent = false});
  REQUIRE(answer);
  CHECK(requests == 2);
  CHECK(server.connections() == 2);
}

TEST_CASE_TEMPLATE("a kept connection that dies under a request", Transport, HTTP_TRANSPORTS) {
  std::atomic<int> requests = 0;
  const auto dying = [&](raw_connection& peer) {
    while (!peer.read_request().empty()) {
      if (++requests == 2) return;
      if (!peer.write(http_answer("{}"))) return;
    }
  };
  Transport transport;
  SUBCASE("is replaced without a word when the request may arrive twice") {
    raw_server server(dying);
    REQUIRE(send(transport, server.url()));
    CHECK(send(transport, server.url()));
    CHECK(requests == 3);
    CHECK(server.connections() == 2);
  }
  SUBCASE("is an error when the request must not") {
    raw_server server(dying);
    REQUIRE(send(transport, server.url()));
    const auto answer = send(transport, server.url(), create_package, {.idempotent = false});
    REQUIRE_FALSE(answer);
    CHECK(answer.error().category == error_category::transport);
    CHECK(answer.error().sent);
    CHECK(requests == 2);
  }
}

TEST_CASE_TEMPLATE("junk behind an answer does not become the next answer", Transport, HTTP_TRANSPORTS) {
  raw_server server([](raw_connection& peer) {
    while (!peer.read_request().empty()) {
      if (!peer.write(http_answer("{}") + http_answer("forged", "418 Forged"))) return;
    }
  });
  Transport transport;
  for (int i = 0; i < 5; ++i) {
    const auto answer = send(transport, server.url());
    REQUIRE(answer);
    CHECK(answer->status == 200);
  }
}

TEST_CASE_TEMPLATE("junk that comes between two calls does not become an answer either", Transport,
                   HTTP_TRANSPORTS) {
  std::latch answered(1), forged(1);
  std::atomic<int> connections = 0;
  raw_server server([&](raw_connection& peer) {
    const bool first = connections++ == 0;
    if (peer.read_request().empty()) return;
    peer.write(http_answer("{}"));
    if (first) {
      answered.wait();
      peer.write(http_answer("forged", "418 Forged"));
      forged.count_down();
    }
    peer.wait_until_closed();
  });
  Transport transport;
  REQUIRE(send(transport, server.url()));
  answered.count_down();
  forged.wait();
  const auto answer = send(transport, server.url());
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(connections == 2);
}

TEST_CASE_TEMPLATE("a redirect is an answer like any other", Transport, HTTP_TRANSPORTS) {
  raw_server other(answering(http_answer("{}")));
  for (const char* status : {"301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"}) {
    CAPTURE(status);
    raw_server server(answering(http_answer("", status, "Location: " + other.url() + "/stolen\r\n")));
    const auto answer = send_once<Transport>(server);
    REQUIRE(answer);
    CHECK(answer->status / 100 == 3);
  }
  CHECK(other.connections() == 0);
}

TEST_CASE_TEMPLATE("the total deadline holds against a peer that", Transport, HTTP_TRANSPORTS) {
  const auto drip = [](raw_connection& peer, std::string_view head, std::string_view drop) {
    peer.read_request();
    if (!peer.write(head)) return;
    while (peer.write(drop)) std::this_thread::sleep_for(5ms);
  };
  raw_server::conversation talk;
  SUBCASE("accepts and says nothing") {
    talk = [](raw_connection& peer) { peer.wait_until_closed(); };
  }
  SUBCASE("drips the status line") {
    talk = [&](raw_connection& peer) { drip(peer, "HTTP/1.1 200 ", "O"); };
  }
  SUBCASE("drips headers") {
    talk = [&](raw_connection& peer) { drip(peer, "HTTP/1.1 200 OK\r\n", "X-A: b\r\n"); };
  }
  SUBCASE("drips a body of known length") {
    talk = [&](raw_connection& peer) {
      drip(peer, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", "x");
    };
  }
  SUBCASE("drips chunks") {
    talk = [&](raw_connection& peer) {
      drip(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n");
    };
  }
  SUBCASE("drips a body until it closes") {
    talk = [&](raw_connection& peer) { drip(peer, "HTTP/1.1 200 OK\r\n\r\n", "x"); };
  }
  SUBCASE("answers 100 Continue for ever") {
    talk = [&](raw_connection& peer) { drip(peer, "", "HTTP/1.1 100 Continue\r\n\r\n"); };
  }
  raw_server server(talk);
  const auto answer = send_once<Transport>(server, {.timeout = 150ms});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().category == error_category::timeout);
}

TEST_CASE_TEMPLATE("a peer that is silent for longer than the read time-out is given up before the deadline",
                   Transport, HTTP_TRANSPORTS) {
  raw_server server([](raw_connection& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
    peer.wait_until_closed();
  });
  const auto answer = send_once<Transport>(server, {.timeout = 1h, .read_timeout = 100ms});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().category == error_category::timeout);
  CHECK(answer.error().message.find("silent for 100 ms") != std::string::npos);
}

TEST_CASE_TEMPLATE("a stop request ends a call", Transport, HTTP_TRANSPORTS) {
  std::stop_source source;
  std::latch reached(1);
  std::latch returned(1);
  raw_server::conversation talk;
  request message{.path = "/"};
  std::string scheme = "http";
  SUBCASE("that waits for an answer") {
    talk = [&](raw_connection& peer) {
      peer.read_request();
      reached.count_down();
      peer.wait_until_closed();
    };
  }
  SUBCASE("in the middle of a body") {
    talk = [&](raw_connection& peer) {
      peer.read_request();
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nsome");
      reached.count_down();
      peer.wait_until_closed();
    };
  }
  SUBCASE("that sends to a peer that does not read") {
    message = {.method = method::post, .path = "/", .body = std::string(64U << 20U, 'x')};
    talk = [&](raw_connection& peer) {
      char byte = 0;
      ::recv(peer.socket(), &byte, 1, 0);
      reached.count_down();
      returned.wait();
    };
  }
  SUBCASE("in a TLS handshake that goes nowhere") {
    scheme = "https";
    talk = [&](raw_connection& peer) {
      reached.count_down();
      peer.wait_until_closed();
    };
  }
  raw_server server(talk);
  std::jthread stopper([&] {
    reached.wait();
    source.request_stop();
  });
  Transport transport;
  const auto answer =
      send(transport, scheme + "://127.0.0.1:" + std::to_string(server.port()), message,
           {.timeout = 1h, .stop = source.get_token(), .connect_timeout = 1h, .read_timeout = 1h});
  returned.count_down();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().category == error_category::cancelled);
}

TEST_CASE_TEMPLATE("connecting has a time-out of its own", Transport, HTTP_TRANSPORTS) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(listener, generic, size) == 0);
  REQUIRE(::listen(listener, 0) == 0);
  REQUIRE(::getsockname(listener, generic, &size) == 0);
  std::vector<int> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    ::connect(fillers.back(), generic, size);
  }
  Transport transport;
  const std::string host = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  SUBCASE("that ends it") {
    const auto answer = send(transport, host, {.path = "/"}, {.timeout = 1h, .connect_timeout = 100ms});
    REQUIRE_FALSE(answer);
    CHECK(answer.error().category == error_category::timeout);
    CHECK_FALSE(answer.error().sent);
  }
  SUBCASE("and can be stopped") {
    std::stop_source source;
    std::jthread stopper([&] { source.request_stop(); });
    const auto answer = send(transport, host, {.path = "/"},
                             {.timeout = 1h, .stop = source.get_token(), .connect_timeout = 1h});
    REQUIRE_FALSE(answer);
    CHECK(answer.error().category == error_category::cancelled);
    CHECK_FALSE(answer.error().sent);
  }
  for (const int filler : fillers) ::close(filler);
  ::close(listener);
}

TEST_CASE_TEMPLATE("a TLS handshake that drips is ended by the connect time-out", Transport,
                   HTTP_TRANSPORTS) {
  raw_server server([](raw_connection& peer) {
    const std::string_view hello("\x16\x03\x03\x40\x00", 5);
    if (!peer.write(hello)) return;
    while (peer.write(std::string_view("\x02", 1))) std::this_thread::sleep_for(5ms);
  });
  Transport transport;
  const auto answer = send(transport, "https://127.0.0.1:" + std::to_string(server.port()), {.path = "/"},
                           {.timeout = 1h, .connect_timeout = 150ms});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().category == error_category::timeout);
  CHECK_FALSE(answer.error().sent);
}

TEST_CASE_TEMPLATE("an answer cut at any byte is an error, never half an answer", Transport,
                   HTTP_TRANSPORTS) {
  const std::string whole = http_answer("{\"data\":[1,2,3]}", "200 OK", "X-A: b\r\n");
  std::atomic<std::size_t> cut = 0;
  raw_server server([&](raw_connection& peer) {
    if (!peer.read_request().empty()) peer.write(std::string_view(whole).substr(0, cut));
  });
  for (cut = 0; cut < whole.size(); ++cut) {
    CAPTURE(cut.load());
    const auto answer = send_once<Transport>(server);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().category == error_category::transport);
    CHECK(answer.error().sent);
  }
}

TEST_CASE_TEMPLATE("a chunked answer cut at any byte is an error", Transport, HTTP_TRANSPORTS) {
  const std::string whole =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n";
  std::atomic<std::size_t> cut = 0;
  raw_server server([&](raw_connection& peer) {
    if (!peer.read_request().empty()) peer.write(std::string_view(whole).substr(0, cut));
  });
  for (cut = 0; cut < whole.size(); ++cut) {
    CAPTURE(cut.load());
    CHECK_FALSE(send_once<Transport>(server));
  }
  cut = whole.size();
  const auto answer = send_once<Transport>(server);
  REQUIRE(answer);
  CHECK(answer->body == "helloyou");
}

TEST_CASE_TEMPLATE("a reset is a transport error", Transport, HTTP_TRANSPORTS) {
  raw_server server([](raw_connection& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    peer.reset_at_end();
  });
  const auto answer = send_once<Transport>(server);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().category == error_category::transport);
}

TEST_CASE_TEMPLATE("an answer whose end is uncertain is refused: ", Transport, HTTP_TRANSPORTS) {
  std::string headers;
  SUBCASE("two lengths") { headers = "Content-Length: 2\r\nContent-Length: 3\r\n"; }
  SUBCASE("length and chunks") { headers = "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"; }
  SUBCASE("a length that is no number") { headers = "Content-Length: two\r\n"; }
  SUBCASE("a negative length") { headers = "Content-Length: -2\r\n"; }
  SUBCASE("a length with a sign") { headers = "Content-Length: +2\r\n"; }
  SUBCASE("an endless length") { headers = "Content-Length: 99999999999999999999999\r\n"; }
  SUBCASE("an encoding that nobody asked for") {
    headers = "Content-Length: 2\r\nContent-Encoding: zstd\r\n";
  }
  raw_server server(answering("HTTP/1.1 200 OK\r\n" + headers + "\r\n{}"));
  const auto answer = send_once<Transport>(server);
  REQUIRE_FALSE(answer);
  CHECK((answer.error().category == error_category::protocol ||
         answer.error().category == error_category::transport));
}

TEST_CASE_TEMPLATE("what is no HTTP is an error", Transport, HTTP_TRANSPORTS) {
  for (const char* junk : {"SSH-2.0-OpenSSH_9.2\r\n", "\r\n\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n",
                           "HTTP/1.1 abc\r\n\r\n", "<html>hello</html>\r\n\r\n"}) {
    CAPTURE(junk);
    raw_server server([&](raw_connection& peer) {
      peer.read_request();
      peer.write(junk);
    });
    const auto answer = send_once<Transport>(server);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().category == error_category::transport);
  }
}

TEST_CASE_TEMPLATE("a body larger than the limit is refused when it is", Transport, HTTP_TRANSPORTS) {
  std::string head = "HTTP/1.1 200 OK\r\n";
  std::string piece(16384, 'x');
  SUBCASE("announced") { head += "Content-Length: 1073741824\r\n\r\n"; }
  SUBCASE("sent until the connection closes") { head += "\r\n"; }
  SUBCASE("chunked") {
    head += "Transfer-Encoding: chunked\r\n\r\n";
    piece = "4000\r\n" + piece + "\r\n";
  }
  SUBCASE("one chunk of nearly 2^64") { head += "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffe\r\n"; }
  SUBCASE("a chunk of negative size") { head += "Transfer-Encoding: chunked\r\n\r\n-2\r\n"; }
  raw_server server([&](raw_connection& peer) {
    peer.read_request();
    if (!peer.write(head)) return;
    while (peer.write(piece)) {
    }
  });
  const auto answer = send_once<Transport>(server, {.timeout = 1min, .max_body_bytes = 1U << 20U});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().category != error_category::timeout);
  CHECK_FALSE(answer.error().message.empty());
}

TEST_CASE_TEMPLATE("endless headers are refused", Transport, HTTP_TRANSPORTS) {
  std::string piece;
  SUBCASE("many small ones") {
    while (piece.size() < 16384) piece += "X-Filler: yes\r\n";
  }
  SUBCASE("one long line") { piece = std::string(16384, 'x'); }
  std::atomic<std::size_t> sent = 0;
  raw_server server([&](raw_connection& peer) {
    peer.read_request();
    if (!peer.write("HTTP/1.1 200 OK\r\nX: ")) return;
    while (peer.write(piece)) sent += piece.size();
  });
  const auto answer = send_once<Transport>(server, {.timeout = 1min});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().category != error_category::timeout);
  CHECK(sent < (64U << 20U));
}

TEST_CASE_TEMPLATE("a write to a connection that the service has closed does not kill the program", Transport,
                   HTTP_TRANSPORTS) {
  raw_server server([](raw_connection& peer) { peer.reset_at_end(); });
  Transport transport;
  for (int i = 0; i < 10; ++i) {
    const auto answer = send(transport, server.url(),
                             {.method = method::post, .path = "/", .body = std::string(8U << 20U, 'x')});
    CHECK_FALSE(answer);
  }
}

TEST_CASE_TEMPLATE("a dead port is an error with nothing sent", Transport, HTTP_TRANSPORTS) {
  std::string dead;
  {
    raw_server gone([](raw_connection&) {});
    dead = gone.url();
  }
  Transport transport;
  const auto answer = send(transport, dead);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().category == error_category::transport);
  CHECK_FALSE(answer.error().sent);
  CHECK(answer.error().retryable);
}

TEST_CASE_TEMPLATE("localhost is found whichever address the service listens on", Transport,
                   HTTP_TRANSPORTS) {
  raw_server server(answering(http_answer("{}")));
  Transport transport;
  CHECK(send(transport, "http://localhost:" + std::to_string(server.port())));
}

TEST_CASE_TEMPLATE("many threads share one transport", Transport, HTTP_TRANSPORTS) {
  raw_server server(answering(http_answer("{\"ok\":true}")));
  Transport transport;
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 16; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          const auto answer = send(transport, server.url());
          if (answer && answer->body == "{\"ok\":true}") ++good;
        }
      });
    }
  }
  CHECK(good == 16 * 50);
  CHECK(server.connections() <= 16);
}

TEST_CASE_TEMPLATE("a transport can go while nothing is in flight, at once", Transport, HTTP_TRANSPORTS) {
  raw_server server(answering(http_answer("{}")));
  for (int i = 0; i < 20; ++i) {
    Transport transport;
    REQUIRE(send(transport, server.url()));
  }
}

TEST_CASE_TEMPLATE("an answer that comes before the request was read ends the sending", Transport,
                   HTTP_TRANSPORTS) {
  std::string answer = http_answer("{\"message\":\"too large\"}", "413 Too Large");
  bool closes = false;
  SUBCASE("and the connection stays open") {}
  SUBCASE("and the connection is closed over unread bytes") { closes = true; }
  SUBCASE("with an interim answer before it") { answer = "HTTP/1.1 100 Continue\r\n\r\n" + answer; }
  std::latch returned(1);
  raw_server server([&](raw_connection& peer) {
    char byte = 0;
    ::recv(peer.socket(), &byte, 1, 0);
    peer.write(answer);
    if (!closes) returned.wait();
  });
  Transport transport;
  const auto got = send(transport, server.url(),
                        {.method = method::post, .path = "/", .body = std::string(64U << 20U, 'x')});
  returned.count_down();
  REQUIRE(got);
  CHECK(got->status == 413);
  CHECK(got->body == "{\"message\":\"too large\"}");
}

TEST_CASE_TEMPLATE("an answer that begins before the request was read does not end the sending", Transport,
                   HTTP_TRANSPORTS) {
  const std::string body(8U << 20U, 'x');
  raw_server server([&](raw_connection& peer) {
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    peer.read_request();
    peer.write(body);
    peer.wait_until_closed();
  });
  Transport transport;
  const auto got = send(transport, server.url(), {.method = method::post, .path = "/", .body = body},
                        {.max_body_bytes = body.size()});
  REQUIRE(got);
  CHECK((got->body == body));
}

TEST_CASE_TEMPLATE("interim answers are skipped, and the request is sent once", Transport, HTTP_TRANSPORTS) {
  std::atomic<int> requests = 0;
  raw_server server([&](raw_connection& peer) {
    while (!peer.read_request().empty()) {
      ++requests;
      peer.write("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n");
      peer.write("HTTP/1.1 102 Processing\r\n\r\n" + http_answer("{}"));
    }
  });
  Transport transport;
  for (int i = 0; i < 2; ++i) {
    const auto answer = send(transport, server.url(), create_package);
    REQUIRE(answer);
    CHECK(answer->body == "{}");
    CHECK_FALSE(answer->headers.contains("Link"));
  }
  CHECK(requests == 2);
  CHECK(server.connections() == 1);
}

TEST_CASE_TEMPLATE("what has no body leaves the connection good: ", Transport, HTTP_TRANSPORTS) {
  request asked{.path = "/"};
  std::string answer;
  SUBCASE("204") { answer = "HTTP/1.1 204 No Content\r\n\r\n"; }
  SUBCASE("304 with a length") { answer = "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"; }
  SUBCASE("HEAD") {
    asked.method = method::head;
    answer = "HTTP/1.1 200 OK\r\nContent-Length: 1234567890123\r\nContent-Encoding: br\r\n\r\n";
  }
  SUBCASE("205 of no length at all") { answer = "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"; }
  raw_server server(answering(answer));
  Transport transport;
  for (int i = 0; i < 3; ++i) {
    const auto got = send(transport, server.url(), asked);
    REQUIRE(got);
    CHECK(got->body.empty());
  }
  CHECK(server.connections() == 1);
}

TEST_CASE_TEMPLATE("a large answer comes whole in every framing", Transport, HTTP_TRANSPORTS) {
  std::string body;
  for (int i = 0; body.size() < 3'000'000; ++i) body += std::to_string(i * 7919);
  std::string answer;
  bool closes = false;
  SUBCASE("with a length") { answer = http_answer(body); }
  SUBCASE("in chunks") {
    answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0, size = 1; at < body.size(); at += size, size = size * 3 % 70001 + 1) {
      const auto piece = body.substr(at, size);
      char line[32];
      std::snprintf(line, sizeof line, "%zX;x=\"y\"\r\n", piece.size());
      answer += line + piece + "\r\n";
    }
    answer += "0\r\nX-Sum: 1\r\n\r\n";
  }
  SUBCASE("until the connection closes") {
    answer = "HTTP/1.1 200 OK\r\n\r\n" + body;
    closes = true;
  }
  raw_server server([&](raw_connection& peer) {
    while (!peer.read_request().empty()) {
      peer.write(answer);
      if (closes) return;
    }
  });
  Transport transport;
  for (int i = 0; i < 2; ++i) {
    const auto got = send(transport, server.url(), {.path = "/"}, {.max_body_bytes = 4U << 20U});
    REQUIRE(got);
    CHECK((got->body == body));
  }
  CHECK(server.connections() == (closes ? 2 : 1));
}

TEST_CASE_TEMPLATE("a write on a kept connection that is known to be gone goes out on a new one", Transport,
                   HTTP_TRANSPORTS) {
  std::atomic<int> requests = 0;
  std::latch gone(1);
  raw_server server([&](raw_connection& peer) {
    const bool first = requests++ == 0;
    peer.read_request();
    peer.write(http_answer("{}"));
    if (!first) return peer.wait_until_closed();
    peer.reset_at_end();
    gone.count_down();
  });
  Transport transport;
  REQUIRE(send(transport, server.url()));
  gone.wait();
  CHECK(send(transport, server.url(), create_package, {.idempotent = false}));
}
