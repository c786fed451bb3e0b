#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include <t3api/sandbox/http/chunked_decoder.hpp>

namespace sandbox = t3api::sandbox;

namespace {

/// The status, and the body once it is whole.
struct outcome {
  int status = 0;
  std::string body{};
  std::string rest{};
};

outcome decode(std::string_view wire, std::size_t piece, std::size_t most = 1000) {
  sandbox::chunked_decoder decoder;
  outcome made;
  try {
    while (!wire.empty() && !decoder.done()) {
      auto part = wire.substr(0, piece);
      const auto size = part.size();
      decoder.take(part, made.body, most);
      wire.remove_prefix(size - part.size());
    }
    made.status = decoder.done() ? 200 : 0;
    made.rest = wire;
  } catch (const sandbox::refusal& why) {
    made.status = why.status;
  }
  return made;
}

}  // namespace

TEST_CASE("chunks are put together wherever the wire was cut") {
  const std::string wire =
      "4\r\nWiki\r\n5;x=\"y\"\r\npedia\r\nA\r\n\r\nchunks.\n\r\n000\r\nTrailer: x\r\n\r\nGET /next";
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U}) {
    const auto made = decode(wire, piece);
    CHECK(made.status == 200);
    CHECK(made.body == "Wikipedia\r\nchunks.\n");
    CHECK(made.rest == "GET /next");
  }
}

TEST_CASE("a body that is cut is not done") {
  const std::string wire = "4\r\nWiki\r\n0\r\n\r\n";
  for (std::size_t size = 0; size < wire.size(); ++size) {
    CHECK(decode(std::string_view(wire).substr(0, size), 3).status == 0);
  }
}

TEST_CASE("whatever is no size in hexadecimal digits is refused") {
  for (const std::string wire :
       {"-2\r\n", "+2\r\n", "0x2\r\nab\r\n", "\r\n", "g\r\n", " 2\r\nab\r\n", ";x\r\n", "2\nab\r\n",
        "2\rab\r\n", "1111111111111111\r\n", "2\r\nabc\r\n", "2\r\nab\n0\r\n\r\n", "2;\a\r\nab\r\n",
        "7 99\r\n", "7 \r\n", "7 x;y\r\n", "7\r\r\n", "7\v\r\n"}) {
    CAPTURE(wire);
    CHECK(decode(wire, 1).status == 400);
    CHECK(decode(wire, 1000).status == 400);
  }
  CHECK(decode("0\r\nA: b\n\r\n", 100).status == 400);
  CHECK(decode("2;" + std::string(5000, 'x'), 100).status == 400);
  std::string trailers = "0\r\n";
  for (int i = 0; i < 100; ++i) trailers += "A: b\r\n";
  CHECK(decode(trailers + "\r\n", 100).status == 400);
}

TEST_CASE("extensions are dropped, as long as they are not the most of it") {
  CHECK(decode("2 ;x\r\nab\r\n2  ; y=1\r\ncd\r\n0;\r\n\r\n", 3).body == "abcd");
  const std::string chunk = "1;" + std::string(1000, 'x') + "\r\na\r\n", end = "0\r\n\r\n";
  std::string wire;
  for (int i = 0; i < 65; ++i) wire += chunk;
  CHECK(decode(wire + end, 1000).status == 200);
  CHECK(decode(wire + chunk + end, 1000).status == 400);
}

TEST_CASE("a chunk beyond the limit is refused before it comes") {
  CHECK(decode("A\r\n0123456789\r\n0\r\n\r\n", 5, 10).status == 200);
  CHECK(decode("B\r\n", 5, 10).status == 413);
  CHECK(decode("5\r\n01234\r\n6\r\n", 5, 10).status == 413);
  CHECK(decode("fffffffffffffff\r\n", 5, 10).status == 413);
}
