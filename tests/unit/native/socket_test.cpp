#include <t3api/native/socket.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/raw_server.hpp"

using namespace t3api::detail;

namespace {

/// Two ends of one connection within this process.
struct socket_pair {
  socket_pair() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0); }
  ~socket_pair() {
    for (const int end : ends) {
      if (end >= 0) ::close(end);
    }
  }
  socket_pair(const socket_pair&) = delete;
  socket_pair& operator=(const socket_pair&) = delete;

  void close(std::size_t which) { ::close(std::exchange(ends[which], -1)); }
  void write(std::size_t which, std::string_view bytes) {
    REQUIRE(::send(ends[which], bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  }

  std::array<int, 2> ends{-1, -1};
};

}  // namespace

TEST_CASE("a duplicate goes on when the first is closed") {
  socket_pair pair;
  const int other = duplicate_native(pair.ends[0]);
  REQUIRE(other >= 0);
  CHECK((::fcntl(other, F_GETFD) & FD_CLOEXEC) != 0);
  pair.close(0);
  pair.write(1, "x");
  CHECK(has_pending_input(other));
  close_native(other);
  CHECK(duplicate_native(no_socket) == no_socket);
}

TEST_CASE("input is pending once the peer has sent something or is gone") {
  socket_pair pair;
  CHECK_FALSE(has_pending_input(pair.ends[0]));
  SUBCASE("bytes") {
    pair.write(1, "x");
    CHECK(has_pending_input(pair.ends[0]));
    char byte = 0;
    CHECK(::recv(pair.ends[0], &byte, 1, 0) == 1);  // Looking has taken nothing.
    CHECK_FALSE(has_pending_input(pair.ends[0]));
  }
  SUBCASE("the end") {
    pair.close(1);
    CHECK(has_pending_input(pair.ends[0]));
  }
}

TEST_CASE("a prepared socket neither waits nor raises a signal") {
  socket_pair pair;
  REQUIRE(prepare_native(pair.ends[0]));
  char byte = 0;
  CHECK(receive_some(pair.ends[0], &byte, 1) == -1);
  CHECK(would_block());
  CHECK(send_some(pair.ends[0], "ab", "cd") == 4);
  char bytes[8];
  CHECK(::recv(pair.ends[1], bytes, sizeof bytes, 0) == 4);
  CHECK(std::string_view(bytes, 4) == "abcd");
  pair.close(1);
  CHECK(receive_some(pair.ends[0], &byte, 1) == 0);
  CHECK(send_some(pair.ends[0], "x") == -1);  // SIGPIPE would end this program.
  CHECK_FALSE(would_block());
}

TEST_CASE("a wait ends when the socket is ready, when it is woken, and when its time is over") {
  socket_pair pair;
  const wake_up waker;
  const auto wait = [&](readiness wanted, std::chrono::milliseconds longest) {
    return wait_for(pair.ends[0], wanted, waker.descriptor(), longest);
  };
  CHECK(wait({.write = true}, std::chrono::hours(1)).write);
  CHECK_FALSE(wait({.read = true}, std::chrono::milliseconds(1)).read);
  waker.signal();
  CHECK_FALSE(wait({.read = true}, std::chrono::hours(1)).read);
  waker.clear();
  CHECK_FALSE(wait({.read = true}, std::chrono::milliseconds(1)).read);
  pair.write(1, "x");
  CHECK(wait({.read = true}, std::chrono::hours(1)).read);
  pair.close(1);
  const auto both = wait({.read = true, .write = true}, std::chrono::hours(1));
  CHECK(both.read);
  CHECK(both.write);
}

TEST_CASE("a connection is begun at once, and stands or not once it is decided") {
  std::uint16_t port = 0;
  const auto connects = [&] {
    const auto socket = begin_connect("127.0.0.1", port);
    if (socket == no_socket) return false;
    wait_for(socket, {.write = true}, no_socket, std::chrono::hours(1));
    const bool connected = is_connected(socket);
    close_native(socket);
    return connected;
  };
  {
    const t3api::test::raw_server server([](t3api::test::raw_connection&) {});
    port = server.port();
    CHECK(connects());
  }
  CHECK_FALSE(connects());
  CHECK(begin_connect("no address", 1) == no_socket);
}

TEST_CASE("addresses in digits are told from names") {
  for (const char* address : {"127.0.0.1", "::1", "2001:db8::7"}) CHECK(is_address(address));
  for (const char* name : {"localhost", "127.0.0.1.example.com", "127.1", "", "[::1]"}) {
    CHECK_FALSE(is_address(name));
  }
}

TEST_CASE("an address is its own only address; what is no name has none") {
  CHECK(lookup_addresses("127.0.0.1") == std::vector<std::string>{"127.0.0.1"});
  CHECK(lookup_addresses("no host name has blanks").empty());
}
