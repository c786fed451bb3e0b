#include <t3api/transport/httplib.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>

#include "tests/support/raw_server.hpp"

using namespace t3api;
using namespace std::chrono_literals;

namespace {

/// Writes bits as deflate wants them: least significant first, Huffman codes most significant first (RFC
/// 1951).
class bit_writer {
 public:
  void bits(std::uint32_t value, int count) {
    for (int i = 0; i < count; ++i) bit((value >> i) & 1U);
  }
  void code(std::uint32_t value, int count) {
    for (int i = count; i-- > 0;) bit((value >> i) & 1U);
  }
  std::string take() {
    while (used_ != 0) bit(0);
    return std::move(bytes_);
  }

 private:
  void bit(std::uint32_t one) {
    byte_ |= one << used_;
    if (++used_ == 8) {
      bytes_ += static_cast<char>(byte_);
      byte_ = 0;
      used_ = 0;
    }
  }

  std::string bytes_;
  std::uint32_t byte_ = 0;
  int used_ = 0;
};

/// A gzip stream (RFC 1952) without its trailer: one letter, then `runs` copies of the 258 letters before.
std::string bomb(int runs) {
  bit_writer deflate;
  deflate.bits(1, 1);
  deflate.bits(1, 2);
  deflate.code(0x30 + 'x', 8);
  for (int i = 0; i < runs; ++i) {
    deflate.code(0xC5, 8);
    deflate.code(0, 5);
  }
  deflate.code(0, 7);
  return std::string("\x1F\x8B\x08\x00\x00\x00\x00\x00\x00\x03", 10) + deflate.take();
}

outcome get(const std::string& body, std::size_t limit) {
  test::raw_server server([&](test::raw_connection& peer) {
    peer.read_request();
    peer.write(test::http_answer(body, "200 OK", "Content-Encoding: gzip\r\n"));
  });
  httplib_transport transport;
  const url where = parse_url(server.url()).value();
  return transport.send({.path = "/"}, {.host = where,
                                        .deadline = std::chrono::steady_clock::now() + 30s,
                                        .stop = {},
                                        .max_body_bytes = limit});
}

}  // namespace

#if defined(T3API_WITH_ZLIB) || defined(CPPHTTPLIB_ZLIB_SUPPORT)

TEST_CASE("a compressed answer is unpacked") {
  // printf '{"packages":"many many many many"}' | gzip -n
  constexpr unsigned char packed[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xab,
                                      0x56, 0x2a, 0x48, 0x4c, 0xce, 0x4e, 0x4c, 0x4f, 0x2d, 0x56, 0xb2,
                                      0x52, 0xca, 0x4d, 0xcc, 0xab, 0x54, 0x40, 0x25, 0x94, 0x6a, 0x01,
                                      0x80, 0x53, 0xa0, 0xe9, 0x22, 0x00, 0x00, 0x00};
  const auto answer = get(std::string(std::begin(packed), std::end(packed)), 1U << 20U);
  REQUIRE(answer);
  CHECK(answer->body == "{\"packages\":\"many many many many\"}");
}

TEST_CASE("the limit counts what an answer unpacks to") {
  const std::string packed = bomb(400'000);
  CHECK(packed.size() < 700'000);
  const auto answer = get(packed, 1U << 20U);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().category == error_category::protocol);
  CHECK(answer.error().message.find("1048576 bytes") != std::string::npos);
}

#endif

TEST_CASE("an answer that claims to be compressed and is not is an error") {
  CHECK_FALSE(get("{\"plain\":true}", 1U << 20U));
}
