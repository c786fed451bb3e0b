#ifndef _WIN32

#include <t3api/native/listener.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <thread>
#include <vector>

#include <sys/resource.h>

using t3api::detail::listener;
using t3api::detail::native_socket;
using t3api::detail::no_socket;

namespace {

native_socket dial(std::uint16_t port) { return t3api::detail::begin_connect("127.0.0.1", port); }

int failure_of(const char* host, std::uint16_t port) {
  try {
    listener unused(host, port);
    return 0;
  } catch (const std::system_error& failure) {
    return failure.code().value();
  }
}

}  // namespace

TEST_CASE("a listener hands out connections in order until it is stopped") {
  listener here("127.0.0.1", 0);
  REQUIRE(here.port() != 0);
  std::vector<native_socket> open;
  for (int i = 0; i < 3; ++i) {
    open.push_back(dial(here.port()));
    open.push_back(here.accept());
    REQUIRE(open.back() != no_socket);
  }
  for (const auto socket : open) t3api::detail::close_native(socket);
  std::thread waiting([&] { CHECK(here.accept() == no_socket); });
  here.stop();
  waiting.join();
  CHECK(here.accept() == no_socket);
}

TEST_CASE("an address that cannot be had says why") {
  const listener here("127.0.0.1", 0);
  CHECK(failure_of("127.0.0.1", here.port()) == EADDRINUSE);
  CHECK(failure_of("192.0.2.1", 0) == EADDRNOTAVAIL);
  CHECK(failure_of("no such host", 0) == EADDRNOTAVAIL);
}

TEST_CASE("without descriptors a listener waits until there is one") {
  listener here("127.0.0.1", 0);
  const auto first = dial(here.port());
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 0;
  ::setrlimit(RLIMIT_NOFILE, &none);
  native_socket accepted = no_socket;
  std::thread waiting([&] { accepted = here.accept(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  ::setrlimit(RLIMIT_NOFILE, &before);
  waiting.join();
  REQUIRE(accepted != no_socket);
  t3api::detail::close_native(accepted);
  t3api::detail::close_native(first);
}

#endif
