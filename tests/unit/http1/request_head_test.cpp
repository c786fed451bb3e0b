#include <t3api/http1/request_head.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace t3api;
using namespace t3api::detail::http1;

namespace {

/// The lines that stand behind those of the caller.
const std::string accepting =
    std::string("Accept: */*\r\nAccept-Encoding: ") + (can_unpack() ? "gzip" : "identity") + "\r\n";

url host_of(const std::string& text) { return parse_url(text).value(); }

}  // namespace

TEST_CASE("a request is a line, the host, the caller's headers and ours") {
  const auto host = host_of("https://api.example.com");
  CHECK(request_head({.path = "/v2/x"}, host, nullptr) ==
        "GET /v2/x HTTP/1.1\r\nHost: api.example.com\r\n" + accepting + "\r\n");
  CHECK(request_head({.method = method::head, .path = "/v2/x", .headers = {{"A", "b"}, {"A", "c"}}}, host,
                     nullptr) ==
        "HEAD /v2/x HTTP/1.1\r\nHost: api.example.com\r\nA: b\r\nA: c\r\n" + accepting + "\r\n");
  CHECK(request_head({.path = "/", .headers = {{"accept", "text/csv"}, {"ACCEPT-ENCODING", "identity"}}},
                     host, nullptr) ==
        "GET / HTTP/1.1\r\nHost: api.example.com\r\naccept: text/csv\r\nACCEPT-ENCODING: identity\r\n\r\n");
}

TEST_CASE("a target is percent-encoded, and stands behind the path of the host") {
  const auto line = [](const request& message, const std::string& host) {
    const auto head = request_head(message, host_of(host), nullptr);
    return head.substr(0, head.find("\r\n"));
  };
  CHECK(line({.path = "/a b/\xC3\xA9\"<>"}, "http://h") == "GET /a%20b/%C3%A9%22%3C%3E HTTP/1.1");
  CHECK(line({.path = "/a", .query = {{"q", "x y&z=1+2%"}, {"", "\r\n"}}}, "http://h") ==
        "GET /a?q=x%20y%26z%3D1%2B2%25&=%0D%0A HTTP/1.1");
  CHECK(line({.path = "/a"}, "http://h/base") == "GET /base/a HTTP/1.1");
}

TEST_CASE("the host has a port where it is not the usual one, and an address its brackets") {
  const auto host_line = [](const std::string& host) {
    const auto head = request_head({.path = "/"}, host_of(host), nullptr);
    const auto start = head.find("Host: ");
    return head.substr(start, head.find("\r\n", start) - start);
  };
  CHECK(host_line("http://h") == "Host: h");
  CHECK(host_line("http://h:80") == "Host: h");
  CHECK(host_line("http://h:443") == "Host: h:443");
  CHECK(host_line("https://h:443") == "Host: h");
  CHECK(host_line("https://h:8443") == "Host: h:8443");
  CHECK(host_line("http://[::1]:8080") == "Host: [::1]:8080");
}

TEST_CASE("a length is told where there is a body, or usually is one") {
  const auto has = [](method how, const std::string& body, const std::string& length) {
    const auto head = request_head({.method = how, .path = "/", .body = body}, host_of("http://h"), nullptr);
    CHECK(head.find("Transfer-Encoding") == head.npos);
    CHECK(head.find("Expect") == head.npos);
    return (head.find("Content-Length: " + length + "\r\n") != head.npos) &&
           head.find("Content-Length") == head.rfind("Content-Length");
  };
  for (const auto how : {method::post, method::put, method::patch}) CHECK(has(how, "", "0"));
  for (const auto how : {method::get, method::delete_, method::post}) CHECK(has(how, "hello", "5"));
  for (const auto how : {method::get, method::head, method::delete_}) CHECK_FALSE(has(how, "", "0"));
}

TEST_CASE("a proxy gets the whole address and its own credentials") {
  const auto host = host_of("http://api.example.com:8080/base");
  const std::string credentials = "Basic dTpw", none;
  CHECK(request_head({.path = "/x"}, host, &credentials) ==
        "GET http://api.example.com:8080/base/x HTTP/1.1\r\nHost: "
        "api.example.com:8080\r\nProxy-Authorization: Basic "
        "dTpw\r\n" +
            accepting + "\r\n");
  CHECK(request_head({.path = "/x"}, host, &none) ==
        "GET http://api.example.com:8080/base/x HTTP/1.1\r\nHost: api.example.com:8080\r\n" + accepting +
            "\r\n");
}

TEST_CASE("a tunnel is asked for by host and port, always both") {
  CHECK(tunnel_head(host_of("https://api.example.com/base"), "") ==
        "CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\n\r\n");
  CHECK(tunnel_head(host_of("https://[2001:db8::1]:8443"), "Basic dTpw") ==
        "CONNECT [2001:db8::1]:8443 HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\nProxy-Authorization: Basic "
        "dTpw\r\n\r\n");
}
