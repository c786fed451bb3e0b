#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include <t3api/sandbox/http/answer_head.hpp>

using t3api::response;
using t3api::sandbox::answer_form;
using t3api::sandbox::answer_head;

TEST_CASE("a head has its status, its fields, and what frames the message") {
  const response answer{
      .status = 201, .headers = {{"Content-Type", "text/x"}, {"X-A", "1"}, {"X-A", "2"}}, .body = "12345"};
  CHECK(answer_head(answer, {.idle_timeout = std::chrono::milliseconds(5900)}) ==
        "HTTP/1.1 201 \r\nContent-Type: text/x\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 5\r\n"
        "Keep-Alive: timeout=5\r\n\r\n");
  CHECK(answer_head({.status = 200}, {.close = true}) ==
        "HTTP/1.1 200 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST_CASE("only the server says how long a message is and what becomes of the connection") {
  const response answer{.status = 200,
                        .headers = {{"content-length", "7"},
                                    {"Transfer-Encoding", "chunked"},
                                    {"connection", "keep-alive"},
                                    {"Keep-Alive", "timeout=99"}},
                        .body = "1"};
  CHECK(answer_head(answer, {.close = true}) ==
        "HTTP/1.1 200 \r\nContent-Type: application/octet-stream\r\nContent-Length: 1\r\nConnection: "
        "close\r\n\r\n");
}

TEST_CASE("a field that would break the head is left out") {
  response answer{.status = 200};
  for (const std::string name : {"", "X: y", "X Y", "X\r\nY"}) answer.headers.add_received(name, "value");
  answer.headers.add_received("X-Split", "a\r\nX-Made: b");
  answer.headers.add_received("X-Good", "caf\xC3\xA9");
  CHECK(answer_head(answer, {.close = true}) ==
        "HTTP/1.1 200 \r\nX-Good: caf\xC3\xA9\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST_CASE("a status that is no final one becomes 500, and those without a body have no length") {
  for (const int status : {-1, 0, 100, 199, 600, 12345}) {
    CHECK(answer_head({.status = status}, {}).starts_with("HTTP/1.1 500 \r\n"));
  }
  for (const int status : {204, 304}) {
    CHECK(answer_head({.status = status}, {}).find("Content-Length") == std::string::npos);
    CHECK_FALSE(t3api::sandbox::has_body(status));
  }
}

TEST_CASE("a length can be made wrong, but not negative") {
  const response answer{.status = 200, .body = "12345"};
  CHECK(answer_head(answer, {.length_error = 3}).find("Content-Length: 8\r\n") != std::string::npos);
  CHECK(answer_head(answer, {.length_error = -9}).find("Content-Length: 0\r\n") != std::string::npos);
}
