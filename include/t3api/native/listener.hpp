#ifndef T3API_NATIVE_LISTENER_HPP
#define T3API_NATIVE_LISTENER_HPP

#ifdef _WIN32
#error "t3api: <t3api/native/listener.hpp> needs a POSIX system"
#endif

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <system_error>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <t3api/native/socket.hpp>

namespace t3api::inline v0_1_0::detail {

/// A TCP socket that listens at one address, and hands out the connections that come in. One thread calls
/// `accept`; any thread may call `stop`.
class listener {
 public:
  /// Listens at the first address of `host` that can be had; port 0 takes any free port. Throws
  /// std::system_error with the system's reason; EADDRNOTAVAIL when `host` has no address.
  listener(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    int failure = EADDRNOTAVAIL;
    if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) == 0) {
      for (const auto* at = found; at != nullptr && socket_ == no_socket; at = at->ai_next) {
        if (!listen_at(*at)) failure = errno;
      }
      ::freeaddrinfo(found);
    }
    if (socket_ == no_socket) throw std::system_error(failure, std::generic_category(), "listen");
  }
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;
  ~listener() { close_native(socket_); }

  /// The port it listens on.
  std::uint16_t port() const noexcept {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&bound), &size);
    return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(bound).sin_port);
  }

  /// Waits for the next connection, which the caller has to close; `no_socket` after `stop`.
  native_socket accept() const noexcept {
    constexpr std::chrono::milliseconds pause(10), longest(1000);
    bool exhausted = false;  // No descriptor or no memory is left: others must free some first.
    while (!stopped_) {
      if (exhausted) {
        wait_for(no_socket, {}, wake_.descriptor(), pause);
      } else {
        wait_for(socket_, {.read = true}, wake_.descriptor(), longest);
      }
      const native_socket accepted = ::accept(socket_, nullptr, nullptr);
      if (accepted != no_socket) return accepted;
      exhausted = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    }
    return no_socket;
  }

  /// Makes `accept` return, now and from now on.
  void stop() noexcept {
    stopped_ = true;
    wake_.signal();
  }

 private:
  /// False, with errno, when this address cannot be had.
  bool listen_at(const addrinfo& at) noexcept {
    constexpr int most_waiting = 1024;
    const native_socket made = ::socket(at.ai_family, at.ai_socktype, at.ai_protocol);
    if (made == no_socket) return false;
    const int yes = 1, no = 0;
    // Not SO_REUSEPORT, which would let two servers share a port unnoticed.
    ::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (at.ai_family == AF_INET6) ::setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (prepare_native(made) && ::bind(made, at.ai_addr, at.ai_addrlen) == 0 &&
        ::listen(made, most_waiting) == 0) {
      socket_ = made;
      return true;
    }
    const int failure = errno;
    close_native(made);
    errno = failure;
    return false;
  }

  native_socket socket_ = no_socket;
  const wake_up wake_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
