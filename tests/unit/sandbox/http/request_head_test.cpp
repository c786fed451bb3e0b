#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>

#include <t3api/sandbox/http/request_head.hpp>

namespace sandbox = t3api::sandbox;

namespace {

/// The head with these lines, which comes in pieces of so many bytes.
sandbox::request_head head_of(const std::string& lines, std::size_t piece = 1000) {
  const sandbox::http_server_options limits;
  sandbox::head_reader reader(limits);
  const std::string all = lines + "\r\n";
  for (std::size_t at = 0; at < all.size(); at += piece) {
    auto wire = std::string_view(all).substr(at, piece);
    const bool done = reader.take(wire);
    CHECK(wire.empty());
    CHECK(done == (at + piece >= all.size()));
  }
  return reader.take_head();
}

int status_of(const std::string& lines) {
  try {
    sandbox::framing_of(head_of(lines));
    return 200;
  } catch (const sandbox::refusal& why) {
    return why.status;
  }
}

int with_field(const std::string& field) {
  return status_of("POST / HTTP/1.1\r\nHost: x\r\n" + field + "\r\n");
}

}  // namespace

TEST_CASE("a head is taken apart, fields in order, wherever the wire was cut") {
  for (const std::size_t piece : {1U, 2U, 7U, 1000U}) {
    const auto head = head_of(
        "\r\nPUT /a%20b?c=d HTTP/1.1\r\nHost: x\r\nX-B: \t two words \t\r\nX-A:\r\nx-b: again\r\n", piece);
    CHECK(head.method == "PUT");
    CHECK(head.target == "/a%20b?c=d");
    CHECK(head.keep_alive);
    REQUIRE(head.headers.size() == 4);
    CHECK((head.headers.begin() + 1)->second == "two words");
    CHECK((head.headers.begin() + 2)->second.empty());
    CHECK((head.headers.begin() + 3)->second == "again");
  }
}

TEST_CASE("what comes behind a head stays") {
  const sandbox::http_server_options limits;
  sandbox::head_reader reader(limits);
  std::string_view wire = "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /next";
  CHECK(reader.take(wire));
  CHECK(wire == "GET /next");
}

TEST_CASE("a connection stays open as version and header say") {
  const auto stays = [](const std::string& lines) { return head_of(lines).keep_alive; };
  CHECK_FALSE(stays("GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n"));
  CHECK_FALSE(stays("GET / HTTP/1.0\r\n"));
  CHECK(stays("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n"));
  CHECK_FALSE(stays("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nConnection: keep-alive\r\n"));
}

TEST_CASE("request lines that are none are refused") {
  for (const std::string line : {"NONSENSE", "GET /", "GET  / HTTP/1.1", "GET /a b HTTP/1.1",
                                 "GET / HTTP/9.9", "GET / http/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1",
                                 "GE(T / HTTP/1.1", "GET\t/ HTTP/1.1", "GET /\x01 HTTP/1.1", ""}) {
    CAPTURE(line);
    CHECK(status_of(line + "\r\nHost: x\r\n") == 400);
  }
  CHECK(status_of(std::string("GET /\0 HTTP/1.1\r\nHost: x\r\n", 27)) == 400);
}

TEST_CASE("fields that two readers could understand differently are refused") {
  CHECK(with_field("X-Good: yes") == 200);
  for (const std::string field : {"no colon", ": no name", "X-Space : x", " X-Folded: x", "\tfolded",
                                  "X(Y): x", "X-Bell: \a", "X-Cr: a\rb", "Host: y"}) {
    CAPTURE(field);
    CHECK(with_field(field) == 400);
  }
  CHECK(with_field(std::string("X-Nul: a\0b", 10)) == 400);
  CHECK(status_of("GET / HTTP/1.1\r\n") == 400);
}

TEST_CASE("around a value only blanks and tabs are dropped, before it is known to hold nothing else") {
  for (const std::string field :
       {"Transfer-Encoding: ?chunked", "Transfer-Encoding:?chunked", "Transfer-Encoding: chunked?",
        "Content-Length: 7?", "Content-Length: ?7", "Content-Length: 7? ", "X-Empty: ?"}) {
    for (const char control : {'\v', '\f', '\r', '\b', '\x7f'}) {
      auto sent = field;
      sent[sent.find('?')] = control;
      CAPTURE(sent);
      CHECK(with_field(sent) == 400);
    }
    auto sent = field;
    sent[sent.find('?')] = '\t';
    CHECK(with_field(sent) == 200);
  }
  CHECK(with_field("X-Tab: a\tb") == 200);
}

TEST_CASE("HTTP/1.0 has no transfer codings") {
  const std::string old = "POST / HTTP/1.0\r\nConnection: keep-alive\r\n";
  CHECK(status_of(old + "Content-Length: 5\r\n") == 200);
  CHECK(status_of(old + "Transfer-Encoding: chunked\r\n") == 400);
}

TEST_CASE("of a whole URL as target the path and query count, and its host in place of Host") {
  const auto read = [](const std::string& target) {
    const auto head = head_of("GET " + target + " HTTP/1.1\r\nHost: other\r\n");
    CHECK(head.headers.size() == 1);
    return head.target + " of " + std::string(head.headers.get("Host").value());
  };
  CHECK(read("http://host:80/a%20b?c=/d") == "/a%20b?c=/d of host:80");
  CHECK(read("HTTPS://[::1]/") == "/ of [::1]");
  CHECK(read("http://host") == "/ of host");
  CHECK(read("http://host?a=b/c") == "/?a=b/c of host");
  CHECK(read("/http://host/") == "/http://host/ of other");
  CHECK(read("ftp://host/") == "ftp://host/ of other");
  for (const std::string target :
       {"http://", "http:///a", "http://?a", "http://:80/a", "http://localhost@host/"}) {
    CAPTURE(target);
    CHECK(status_of("GET " + target + " HTTP/1.1\r\nHost: x\r\n") == 400);
  }
  CHECK(status_of("GET http://host/ HTTP/1.1\r\n") == 400);
}

TEST_CASE("the length of a body is stated once, and in digits") {
  CHECK(with_field("Content-Length: 12") == 200);
  CHECK(with_field("Transfer-Encoding: Chunked") == 200);
  CHECK(with_field("Content-Encoding: identity") == 200);
  CHECK(with_field("Content-Length: 1\r\nContent-Length: 1") == 400);
  CHECK(with_field("Content-Length: 1\r\ncontent-length: 2") == 400);
  CHECK(with_field("Content-Length: 1\r\nTransfer-Encoding: chunked") == 400);
  CHECK(with_field("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked") == 400);
  for (const std::string wrong : {"", "-1", "+1", "1x", "0x10", "1, 1", "1 1", "99999999999999999999999"}) {
    CAPTURE(wrong);
    CHECK(with_field("Content-Length: " + wrong) == 400);
  }
  CHECK(with_field("Transfer-Encoding: gzip, chunked") == 501);
  CHECK(with_field("Transfer-Encoding: xchunked") == 501);
  CHECK(with_field("Content-Encoding: gzip") == 415);
}
