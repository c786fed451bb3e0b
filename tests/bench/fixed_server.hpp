#ifndef T3API_TESTS_BENCH_FIXED_SERVER_HPP
#define T3API_TESTS_BENCH_FIXED_SERVER_HPP

#include <cstddef>
#include <cstdint>
#include <string>

#include <sys/types.h>

/// A server that does as little as a server can: it answers each request with the same bytes, GET /page with
/// a large body, everything else with a small one. It is a process of its own, so that neither its work nor
/// its memory is counted with a client's. Make it before the program has threads; it goes with this object.
class fixed_server {
 public:
  static constexpr std::size_t small_body = 71, large_body = 214'000;

  /// Throws std::runtime_error.
  fixed_server();
  ~fixed_server();
  fixed_server(const fixed_server&) = delete;
  fixed_server& operator=(const fixed_server&) = delete;

  std::uint16_t port(bool tls) const noexcept { return tls ? tls_port_ : plain_port_; }
  /// Of the plain or the TLS port, whose certificate nobody knows.
  std::string url(bool tls) const;

 private:
  std::uint16_t plain_port_ = 0, tls_port_ = 0;
  pid_t process_ = -1;
};

#endif
