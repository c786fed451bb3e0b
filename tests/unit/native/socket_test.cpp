#include <t3api/native/socket.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <optional>
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

/// A TCP connection to this machine.
[[maybe_unused]] int connected_to(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return socket;
}

bool is_open(int descriptor) { return ::fcntl(descriptor, F_GETFD) >= 0; }

bool sigpipe_is_pending() {
  sigset_t pending;
  ::sigpending(&pending);
  return ::sigismember(&pending, SIGPIPE) == 1;
}

bool sigpipe_is_blocked() {
  sigset_t blocked;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  return ::sigismember(&blocked, SIGPIPE) == 1;
}

/// Raises SIGPIPE in this thread, as a program does that uses the system's plain write.
void write_to_closed_peer() {
  socket_pair pair;
  pair.close(1);
  CHECK(::write(pair.ends[0], "x", 1) == -1);
}

}  // namespace

TEST_CASE("a handle keeps the connection open whatever the owner does") {
  socket_pair pair;
  const socket_handle handle(pair.ends[0]);
  REQUIRE(handle.valid());
  pair.close(0);
  pair.write(1, "x");  // The connection stands as long as the handle does.
  CHECK(handle.has_pending_input());
}

TEST_CASE("a handle closes its descriptor and not the owner's") {
  socket_pair pair;
  { const socket_handle handle(pair.ends[0]); }
  CHECK(is_open(pair.ends[0]));
  pair.close(0);
  char byte = 0;
  CHECK(::recv(pair.ends[1], &byte, 1, 0) == 0);
}

TEST_CASE("a handle that was moved from holds nothing") {
  socket_pair pair;
  socket_handle first(pair.ends[0]);
  const socket_handle second(std::move(first));
  CHECK_FALSE(first.valid());
  CHECK(second.valid());
}

TEST_CASE("there is no handle to what is no socket") { CHECK_FALSE(socket_handle(no_socket).valid()); }

TEST_CASE("an interrupted connection ends at both ends") {
  socket_pair pair;
  const socket_handle handle(pair.ends[0]);
  handle.interrupt();
  char byte = 0;
  CHECK(::recv(pair.ends[0], &byte, 1, 0) == 0);
  CHECK(::recv(pair.ends[1], &byte, 1, 0) == 0);
}

TEST_CASE("input is pending once the peer has sent something or is gone") {
  socket_pair pair;
  const socket_handle handle(pair.ends[0]);
  CHECK_FALSE(handle.has_pending_input());
  SUBCASE("bytes") {
    pair.write(1, "x");
    CHECK(handle.has_pending_input());
    char byte = 0;
    CHECK(::recv(pair.ends[0], &byte, 1, 0) == 1);  // Looking has taken nothing.
    CHECK_FALSE(handle.has_pending_input());
  }
  SUBCASE("the end") {
    pair.close(1);
    CHECK(handle.has_pending_input());
  }
}

#ifdef __linux__
TEST_CASE("bytes count as consumed when the program has taken them") {
  t3api::test::raw_server server([](t3api::test::raw_connection& peer) {
    peer.write("0123456789");
    peer.wait_until_closed();
  });
  const int socket = connected_to(server.port());
  const socket_handle handle(socket);
  std::array<char, 10> bytes{};
  REQUIRE(::recv(socket, bytes.data(), bytes.size(), MSG_PEEK | MSG_WAITALL) == 10);
  CHECK(handle.bytes_consumed() == 0);
  REQUIRE(::recv(socket, bytes.data(), 4, MSG_WAITALL) == 4);
  CHECK(handle.bytes_consumed() == 4);
  ::close(socket);
}

TEST_CASE("bytes that come while they are counted are not taken for consumed ones") {
  constexpr int most = 20'000;
  t3api::test::raw_server server([](t3api::test::raw_connection& peer) {
    for (int i = 0; i < most; ++i) peer.write("x");
    peer.wait_until_closed();
  });
  const int socket = connected_to(server.port());
  const socket_handle handle(socket);
  int wrong = 0;
  for (int there = 0; there < most;) {
    if (handle.bytes_consumed().value_or(0) != 0) ++wrong;
    REQUIRE(::ioctl(socket, FIONREAD, &there) == 0);
  }
  CHECK(wrong == 0);
  ::close(socket);
}

TEST_CASE("what is no TCP connection consumes nothing that could be told") {
  socket_pair pair;
  CHECK(socket_handle(pair.ends[0]).bytes_consumed() == std::nullopt);
}
#endif

TEST_CASE("a write to a peer that is gone raises no signal under guard, and leaves none behind") {
  const bool blocked_before = sigpipe_is_blocked();
  {
    sigpipe_guard guard;
    CHECK(sigpipe_is_blocked());
    write_to_closed_peer();
    guard.write_may_have_failed();
    CHECK_FALSE(sigpipe_is_pending());
  }
  CHECK(sigpipe_is_blocked() == blocked_before);
}

TEST_CASE("a guard takes no signal that the program itself keeps waiting") {
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  sigset_t before;
  ::pthread_sigmask(SIG_BLOCK, &pipe, &before);
  write_to_closed_peer();
  {
    sigpipe_guard guard;
    guard.write_may_have_failed();
  }
  CHECK(sigpipe_is_blocked());
  CHECK(sigpipe_is_pending());
  int taken = 0;
  ::sigwait(&pipe, &taken);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
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
