#include <t3api/http1/chunked_reader.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using t3api::detail::http1::chunked_reader;

namespace {

constexpr std::size_t most_chunk_body = 64, most_chunk_extra = 16;

/// What became of a body, and what was left of the wire. `cut` is where a second piece begins.
std::string unchunked(std::string_view wire, std::size_t cut, std::size_t piece = std::string_view::npos) {
  chunked_reader reader(most_chunk_body, most_chunk_extra);
  std::string body;
  std::string_view left = wire;
  while (!left.empty()) {
    auto some = left.substr(0, left.size() > wire.size() - cut ? cut - (wire.size() - left.size()) : piece);
    if (some.empty()) some = left;
    const auto offered = some.size();
    reader.take(some, body);
    left.remove_prefix(offered - some.size());
    if (reader.done() || !reader.fault().empty()) break;
    CHECK(some.empty());
  }
  CHECK(body.size() <= most_chunk_body);
  if (!reader.fault().empty())
    return (reader.too_large() ? "large: " : "fault: ") + std::string(reader.fault());
  return (reader.done() ? "[" : "cut[") + body + "]" + std::string(left);
}

/// The same for every way of cutting.
std::string unchunked(std::string_view wire) {
  const auto at_once = unchunked(wire, 0);
  CAPTURE(wire);
  CHECK(unchunked(wire, 0, 1) == at_once);
  CHECK(unchunked(wire, 0, 3) == at_once);
  for (std::size_t cut = 1; cut < wire.size(); ++cut) {
    CAPTURE(cut);
    CHECK(unchunked(wire, cut) == at_once);
  }
  return at_once;
}

}  // namespace

TEST_CASE("chunks are joined, and what follows them is left") {
  struct sample {
    std::string wire, body;
  };
  const std::vector<sample> samples = {
      {"0\r\n\r\n", "[]"},
      {"5\r\nhello\r\n0\r\n\r\n", "[hello]"},
      {"5\r\nhello\r\n0\r\n\r\nHTTP/1.1", "[hello]HTTP/1.1"},
      {"1\r\nh\r\n4\r\nello\r\n0\r\n\r\n", "[hello]"},
      {"A\r\n0123456789\r\n0\r\n\r\n", "[0123456789]"},
      {"a\r\n0123456789\r\n0\r\n\r\n", "[0123456789]"},
      {"00000005\r\nhello\r\n000\r\n\r\n", "[hello]"},
      {"0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n", "[hello]"},
      {"00000000000000000005\r\nhello\r\n0\r\n\r\n", "[hello]"},
      {"2\r\n\r\n\r\n0\r\n\r\n", "[\r\n]"},
      {"5;a\r\nhello\r\n0\r\n\r\n", "[hello]"},
      {"5;a=b;c=\"d;e\"\r\nhello\r\n0\r\n\r\n", "[hello]"},
      {"5;a=\"\\\"\xE9\"\r\nhello\r\n0;b\r\n\r\n", "[hello]"},
      {"5 \r\nhello\r\n0\t\r\n\r\n", "[hello]"},
      {"5 ; a\r\nhello\r\n0\r\n\r\n", "[hello]"},
      {"5\r\nhello\r\n0\r\nA: b\r\nC:\r\n\r\n", "[hello]"},
      {"5\r\nhello\r\n0\r\nContent-Length:9\r\n\r\n", "[hello]"},
      {"40\r\n" + std::string(64, 'x') + "\r\n0\r\n\r\n", "[" + std::string(64, 'x') + "]"},
  };
  for (const auto& [wire, body] : samples) CHECK(unchunked(wire) == body);
}

TEST_CASE("every part of a body in chunks is cut") {
  const std::string_view wire = "5;a=b\r\nhello\r\n6\r\n world\r\n00\r\nA: b\r\n\r\n";
  REQUIRE(unchunked(wire) == "[hello world]");
  for (std::size_t size = 0; size < wire.size(); ++size) {
    CAPTURE(size);
    CHECK(unchunked(wire.substr(0, size)).starts_with("cut["));
  }
}

TEST_CASE("chunks that are not to the letter are a fault") {
  const std::vector<std::string> samples = {
      "\r\n",
      "\r\n5\r\nhello\r\n0\r\n\r\n",
      "g\r\n",
      "0x5\r\nhello\r\n0\r\n\r\n",
      "+5\r\nhello\r\n0\r\n\r\n",
      "-5\r\nhello\r\n0\r\n\r\n",
      " 5\r\nhello\r\n0\r\n\r\n",
      "5 5\r\nhello\r\n0\r\n\r\n",
      "5,5\r\nhello\r\n0\r\n\r\n",
      "5h\r\nhello\r\n0\r\n\r\n",
      ";a\r\n",
      "5;\x01\r\nhello\r\n0\r\n\r\n",
      "5;a\rb\r\nhello\r\n0\r\n\r\n",
      std::string("5\0\r\nhello\r\n0\r\n\r\n", 16),
      "5\nhello\r\n0\r\n\r\n",
      "5\r\nhello\n0\r\n\r\n",
      "5\r\nhello\r\n0\n\r\n",
      "5\r\nhello\r\n0\r\n\n",
      "5\r\r\nhello\r\n0\r\n\r\n",
      "4\r\nhello\r\n0\r\n\r\n",
      "6\r\nhello\r\n0\r\n\r\n",
      "5\r\nhello0\r\n\r\n",
      "5\r\nhello\r\n\r\n0\r\n\r\n",
      "5\r\nhello\r\n0\r\nno colon\r\n\r\n",
      "5\r\nhello\r\n0\r\nA : b\r\n\r\n",
      "5\r\nhello\r\n0\r\n a\r\n\r\n",
      "5\r\nhello\r\n0\r\nA: b\rc\r\n\r\n",
      std::string("5\r\nhello\r\n0\r\nA: \0\r\n\r\n", 22),
      "10000000000000005\r\nhello\r\n0\r\n\r\n",
      "FFFFFFFFFFFFFFFFF\r\n",
  };
  for (const auto& wire : samples) {
    CAPTURE(wire);
    CHECK(unchunked(wire).starts_with("fault: "));
  }
}

TEST_CASE("a chunk that goes beyond the limit is refused at its size") {
  CHECK(unchunked("41\r\n").starts_with("large: "));
  CHECK(unchunked("FFFFFFFF\r\n").starts_with("large: "));
  CHECK(unchunked("7FFFFFFFFFFFFF\r\n").starts_with("large: "));
  CHECK(unchunked("3f\r\n" + std::string(63, 'x') + "\r\n2\r\n").starts_with("large: "));
  CHECK(unchunked("3f\r\n" + std::string(63, 'x') + "\r\n1\r\ny\r\n0\r\n\r\n") ==
        "[" + std::string(63, 'x') + "y]");
}

TEST_CASE("extensions and trailers are counted to the byte, all together") {
  const auto trailer = [](std::size_t bytes) { return "A:" + std::string(bytes - 4, 'b') + "\r\n"; };
  CHECK(unchunked("0\r\n" + trailer(18) + "\r\n") == "[]");
  CHECK(unchunked("0\r\n" + trailer(19) + "\r\n").starts_with("fault: "));
  CHECK(unchunked("0\r\n" + trailer(8) + trailer(12) + "\r\n") == "[]");
  CHECK(unchunked("0\r\n" + trailer(10) + trailer(10) + "\r\n") == "[]");
  CHECK(unchunked("0\r\n" + trailer(10) + trailer(11) + "\r\n").starts_with("fault: "));
  // A size line may have 16 digits for nothing.
  CHECK(unchunked("0;" + std::string(30, 'a') + "\r\n\r\n") == "[]");
  CHECK(unchunked("0;" + std::string(31, 'a') + "\r\n\r\n").starts_with("fault: "));
  std::string many;
  for (int i = 0; i < 17; ++i) many += "1;" + std::string(15, 'a') + "\r\nx\r\n";
  CHECK(unchunked(many).starts_with("fault: "));
  // Nobody waits for the end of a line that is too long.
  CHECK(unchunked(std::string(40, '0')).starts_with("fault: "));
  CHECK(unchunked("0\r\n" + std::string(40, 'a')).starts_with("fault: "));
}

TEST_CASE("no limit is no limit") {
  chunked_reader reader(SIZE_MAX, SIZE_MAX);
  std::string_view wire =
      "5;a="
      "0123456789012345678901234567890123456789\r\nhello\r\n0\r\nA: b\r\n\r\n";
  std::string body;
  reader.take(wire, body);
  CHECK(reader.done());
  CHECK(body == "hello");
}
