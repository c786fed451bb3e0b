// Which requests the sandbox takes, beside what nginx does.
#include <doctest/doctest.h>

#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <t3api/sandbox/http/server.hpp>

#include "tests/support/temporary_folder.hpp"

using namespace t3api;
using namespace std::chrono_literals;

namespace {

/// nginx on a Unix socket, which has every request read to its end before it is answered with 200. Goes with
/// this object.
class nginx_server {
 public:
  nginx_server() {
    const std::string front = folder_.path() + "/front", back = folder_.path() + "/back";
    folder_.write("nginx.conf",
                  "daemon off; master_process off; pid nginx.pid; error_log stderr emerg;\n"
                  "events { worker_connections 64; }\n"
                  "http { access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f;\n"
                  "  uwsgi_temp_path u; scgi_temp_path s;\n"
                  "  server { listen unix:" +
                      back +
                      "; location / { return 200 ok; } }\n"
                      "  server { listen unix:" +
                      front + "; location / { proxy_pass http://unix:" + back + ":; } } }\n");
    address_.sun_family = AF_UNIX;
    front.copy(address_.sun_path, sizeof address_.sun_path - 1);
    const std::string prefix = folder_.path() + "/";
    process_ = ::fork();
    if (process_ == 0) {
      ::execl(T3API_NGINX, "nginx", "-p", prefix.c_str(), "-c", "nginx.conf", nullptr);
      ::_exit(127);
    }
    for (int attempt = 0; attempt < 500; ++attempt) {
      const int socket = connect();
      if (socket >= 0) {
        ::close(socket);
        return;
      }
      std::this_thread::sleep_for(20ms);
    }
    end();
    throw std::runtime_error("nginx does not start");
  }
  ~nginx_server() { end(); }
  nginx_server(const nginx_server&) = delete;
  nginx_server& operator=(const nginx_server&) = delete;

  /// A connected socket, or a negative number.
  int connect() const {
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) == 0) return socket;
    ::close(socket);
    return -1;
  }

 private:
  void end() const {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
  }

  test::temporary_folder folder_;
  sockaddr_un address_{};
  pid_t process_ = -1;
};

int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return socket;
}

/// What a server answers until it ends the connection: "+" for each request that it took, "-" for one that it
/// refused. Takes the socket over. `end_sending`: tells the server that nothing more comes.
std::string answers_to(int socket, std::string_view bytes, bool end_sending) {
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  while (!bytes.empty()) {
    const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) break;  // A server may refuse before it has read all.
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  if (end_sending) ::shutdown(socket, SHUT_WR);
  std::string text;
  char buffer[4096];
  ssize_t count = 0;
  while ((count = ::recv(socket, buffer, sizeof buffer, 0)) > 0)
    text.append(buffer, static_cast<std::size_t>(count));
  const bool late = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  ::close(socket);
  CHECK_FALSE(late);
  std::string verdict;
  constexpr std::string_view start = "HTTP/1.1 ";
  for (auto at = text.find(start); at != text.npos; at = text.find(start, at + 1)) {
    const auto status = text.substr(at + start.size(), 3);
    if (status.size() < 3 || status.find_first_not_of("0123456789") != status.npos || status == "100")
      continue;
    verdict += status[0] == '2' || status == "404" ? '+' : '-';
  }
  return verdict;
}

/// What a client sends. A last request follows it, so that the connection ends and it shows where the server
/// saw the end of this one. `difference`: why nginx answers otherwise.
struct request_sample {
  std::string wire;
  std::string_view difference{};
};

constexpr std::string_view last_request = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

constexpr std::string_view
    feed_alone = "nginx lets lines end with LF alone, RFC 9112 2.2 allows to refuse them",
    other_methods = "the sandbox knows T3's methods alone, nginx any word in capitals",
    odd_names = "nginx drops fields whose names are no tokens or missing, folded ones too",
    odd_values = "nginx takes control characters in values",
    many_fields = "the sandbox takes 100 fields at most",
    empty_lines = "nginx skips any number of empty lines in front of a request",
    many_blanks = "nginx takes several blanks in a request line", newer_version = "nginx takes any HTTP/1.x",
    odd_host = "nginx refuses names that no host can have, the sandbox does not look at them",
    odd_target = "nginx looks at percent-encoding and dots in paths",
    coded_body = "the sandbox takes no packed bodies, nginx passes them on",
    lenient_chunks = "nginx takes blanks and control characters behind a chunk's size",
    unread_trailers = "nginx does not look at trailers",
    body_of_get = "the sandbox does not read the body of a GET, and ends the connection behind its answer",
    no_slash = "the sandbox leaves it to its handler to refuse a path without a slash";

std::string get(const std::string& fields, const std::string& line = "GET / HTTP/1.1",
                const std::string& host = "Host: a\r\n") {
  return line + "\r\n" + host + fields + "\r\n";
}
std::string post(const std::string& fields, const std::string& body) {
  return get(fields, "POST / HTTP/1.1") + body;
}
std::string post_chunks(const std::string& body) { return post("Transfer-Encoding: chunked\r\n", body); }

std::vector<request_sample> request_samples() {
  const std::string five = "Content-Length: 5\r\n", in_chunks = "Transfer-Encoding: chunked\r\n",
                    chunks = "5\r\nhello\r\n0\r\n\r\n";
  return {
      // Request lines.
      {get("")},
      {get("") + get("") + get("")},
      {"\r\n" + get("")},
      {"\r\n\r\n" + get(""), empty_lines},
      {get("", "GET /a/b?c=d&e=%2F HTTP/1.1")},
      {get("", "GET http://a/b HTTP/1.1")},
      {get("", "GET HTTP://a HTTP/1.1")},
      {get("", "GET http:///b HTTP/1.1")},
      {get("", "GET http://u@a/b HTTP/1.1")},
      {get("", "GET ftp://a/b HTTP/1.1")},
      {get("", "HEAD / HTTP/1.1")},
      {get("", "DELETE / HTTP/1.1")},
      {get("", "OPTIONS / HTTP/1.1"), other_methods},
      {get("", "OPTIONS * HTTP/1.1")},
      {get("", "BREW / HTTP/1.1"), other_methods},
      {get("", "get / HTTP/1.1")},
      {get("", "GE(T / HTTP/1.1")},
      {get("", "CONNECT a:443 HTTP/1.1")},
      {get("", "TRACE / HTTP/1.1")},
      {get("", " GET / HTTP/1.1")},
      {get("", "GET  / HTTP/1.1"), many_blanks},
      {get("", "GET /  HTTP/1.1"), many_blanks},
      {get("", "GET / HTTP/1.1 "), many_blanks},
      {get("", "GET\t/ HTTP/1.1")},
      {get("", "GET /a b HTTP/1.1")},
      {get("", "GET a HTTP/1.1"), no_slash},
      {get("", "GET /\x01 HTTP/1.1")},
      {get("", std::string("GET /\0 HTTP/1.1", 15))},
      {get("", "GET /%00 HTTP/1.1"), odd_target},
      {get("", "GET /%zz HTTP/1.1"), odd_target},
      {get("", "GET /../.. HTTP/1.1"), odd_target},
      {get("", "GET /caf\xE9 HTTP/1.1")},
      {get("", "GET /#a HTTP/1.1")},
      {get("", "GET /")},
      {get("", "GET / HTTP/1.2"), newer_version},
      {get("", "GET / HTTP/2.0")},
      {get("", "GET / HTTP/0.9")},
      {get("", "GET / HTTP/1")},
      {get("", "GET / HTTP/1.10"), newer_version},
      {get("", "GET / http/1.1")},
      {get("", "GET / HTTQ/1.1")},
      {get("", "GET / HTTP/1.0\r\nConnection: keep-alive")},
      {get("", "GET / HTTP/1.0")},
      {get("", "GET / HTTP/1.0", "")},
      {get("", "GET /" + std::string(7000, 'a') + " HTTP/1.1")},
      {get("", "GET /" + std::string(9000, 'a') + " HTTP/1.1")},
      // Fields.
      {get("", "GET / HTTP/1.1", "")},
      {get("Host: a\r\n")},
      {get("", "GET / HTTP/1.1", "Host:\r\n"), odd_host},
      {get("", "GET / HTTP/1.1", "Host: a/b\r\n"), odd_host},
      {get("", "GET / HTTP/1.1", "Host: a b\r\n"), odd_host},
      {get("", "GET / HTTP/1.1", "Host: [::1]:80\r\n")},
      {get("A: b\r\nA: c\r\nD:\r\n")},
      {get("A:b\r\nC:\t d \t\r\n")},
      {get("A: caf\xE9\r\n")},
      {get("A : b\r\n")},
      {get(": b\r\n")},
      {get("A\r\n"), odd_names},
      {get("A B: c\r\n")},
      {get("A(B): c\r\n"), odd_names},
      {get(" A: b\r\n")},
      {get("A: b\r\n c\r\n"), odd_names},
      {get(std::string("A: b\0c\r\n", 8))},
      {get("A: b\rc\r\n")},
      {get("A: b\x01\x7F\r\n"), odd_values},
      {get("A: " + std::string(7000, 'b') + "\r\n")},
      {get("A: " + std::string(9000, 'b') + "\r\n")},
      {get([] {
         std::string many;
         for (int i = 0; i < 150; ++i) many += "A: b\r\n";
         return many;
       }()),
       many_fields},
      {get("Connection: close\r\n")},
      {get("Connection: keep-alive, Close\r\n")},
      {"GET / HTTP/1.1\nHost: a\n\n", feed_alone},
      {"GET / HTTP/1.1\r\nHost: a\n\r\n", feed_alone},
      {"GET / HTTP/1.1\r\nHost: a\r\n\n", feed_alone},
      {get("Expect: 100-continue\r\n")},
      {get("Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n")},
      // Lengths.
      {post(five, "hello")},
      {post(five, "hello") + post(five, "hello")},
      {post("Content-Length: 0\r\n", "")},
      {post("", "")},
      {post("Content-Length: 005\r\n", "hello")},
      {get(five) + "hello", body_of_get},
      {post("Content-Length: 5, 5\r\n", "hello")},
      {post(five + five, "hello")},
      {post(five + "Content-Length: 4\r\n", "hello")},
      {post("Content-Length:\r\n", "hello")},
      {post("Content-Length: +5\r\n", "hello")},
      {post("Content-Length: -5\r\n", "hello")},
      {post("Content-Length: 0x5\r\n", "hello")},
      {post("Content-Length: 5 5\r\n", "hello")},
      {post("Content-Length: 5.0\r\n", "hello")},
      {post("Content-Length: 99999999999999999999\r\n", "hello")},
      {post("Content-Length: 18446744073709551621\r\n", "hello")},
      {post("Content-Length: 9000000000\r\n", "hello")},
      {post("Expect: 100-continue\r\n" + five, "hello")},
      {post("Content-Encoding: gzip\r\n" + five, "hello"), coded_body},
      // Chunks.
      {post_chunks(chunks)},
      {post_chunks(chunks) + post_chunks(chunks)},
      {get(in_chunks) + chunks, body_of_get},
      {post_chunks("0\r\n\r\n")},
      {post_chunks("0005\r\nhello\r\n000\r\n\r\n")},
      {post_chunks("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n")},
      {post_chunks("5;a=b\r\nhello\r\n0;c=\"d\"\r\n\r\n")},
      {post_chunks("5\r\nhello\r\n0\r\nA: b\r\n\r\n")},
      {post_chunks("5\r\nhello\r\n0\r\nJunk\r\n\r\n"), unread_trailers},
      {post_chunks("5 \r\nhello\r\n0\r\n\r\n"), lenient_chunks},
      {post_chunks("g\r\nhello\r\n0\r\n\r\n")},
      {post_chunks("\r\nhello\r\n0\r\n\r\n")},
      {post_chunks("-5\r\nhello\r\n0\r\n\r\n")},
      {post_chunks("0x5\r\nhello\r\n0\r\n\r\n")},
      {post_chunks("5x\r\nhello\r\n0\r\n\r\n")},
      {post_chunks("5 5\r\nhello\r\n0\r\n\r\n"), lenient_chunks},
      {post_chunks("4\r\nhello\r\n0\r\n\r\n")},
      {post_chunks("6\r\nhello\r\n0\r\n\r\n"), feed_alone},
      {post_chunks("5\r\nhello0\r\n\r\n")},
      {post_chunks("FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n")},
      {post_chunks("10000000000000005\r\nhello\r\n0\r\n\r\n")},
      {post_chunks("5\nhello\n0\n\n"), feed_alone},
      {post(five + in_chunks, chunks)},
      {post(in_chunks + five, chunks)},
      {post(in_chunks + in_chunks, chunks)},
      {post("Transfer-Encoding: Chunked\r\n", chunks)},
      {post("Transfer-Encoding: chunked, chunked\r\n", chunks)},
      {post("Transfer-Encoding: gzip, chunked\r\n", chunks)},
      {post("Transfer-Encoding: chunked, gzip\r\n", chunks)},
      {post("Transfer-Encoding: identity\r\n", "")},
      {post("Transfer-Encoding: xchunked\r\n", chunks)},
      {post("Transfer-Encoding:\r\n", chunks)},
      {post("Transfer-Encoding : chunked\r\n", chunks)},
      {post("Transfer-Encoding:\x0B"
            "chunked\r\n",
            chunks)},
      {get("", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked") + chunks},
      // No HTTP at all.
      {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03\r\n\r\n", 15)},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"SSH-2.0-OpenSSH_9.2\r\n"},
      {"hello\r\n\r\n"},
  };
}

}  // namespace

TEST_CASE("requests are taken or refused by the sandbox as they are by nginx") {
  const nginx_server nginx;
  sandbox::http_server ours([](const request&) { return response{.status = 200, .body = "ok"}; });
  ours.start();
  const auto samples = request_samples();
  REQUIRE(samples.size() >= 60);
  std::map<std::string_view, int> differences;
  for (const auto& sample : samples) {
    CAPTURE(sample.wire.substr(0, 200));
    const std::string bytes = sample.wire + std::string(last_request);
    const auto here = answers_to(connect_to(ours.port()), bytes, false);
    const auto there = answers_to(nginx.connect(), bytes, false);
    // Whether a connection goes on behind a refusal is a server's own affair.
    const bool agree = here == there || (here.substr(0, 1) != "+" && there.substr(0, 1) != "+");
    CAPTURE(here);
    CAPTURE(there);
    CHECK((agree || !sample.difference.empty()));
    if (!agree) ++differences[sample.difference];
  }
  std::cout << samples.size() << " requests\n";
  for (const auto& [reason, count] : differences) std::cout << count << " times " << reason << '\n';
}

TEST_CASE("a request that ends early is taken by nobody") {
  const nginx_server nginx;
  sandbox::http_server ours([](const request&) { return response{.status = 200, .body = "ok"}; });
  ours.start();
  for (const auto& whole : {get("A: b\r\n"), post("Content-Length: 5\r\n", "hello"),
                            post_chunks("5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n")}) {
    CHECK(answers_to(connect_to(ours.port()), whole, true) == "+");
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CAPTURE(whole.substr(0, size));
      CHECK(answers_to(connect_to(ours.port()), whole.substr(0, size), true).find('+') == std::string::npos);
      CHECK(answers_to(nginx.connect(), whole.substr(0, size), true).find('+') == std::string::npos);
    }
  }
}
