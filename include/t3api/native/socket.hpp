#ifndef T3API_NATIVE_SOCKET_HPP
#define T3API_NATIVE_SOCKET_HPP

// This folder is the one place of the client wing that talks to the operating system itself.

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#endif

namespace t3api::inline v0_1_0::detail {

#ifdef _WIN32
using native_socket = SOCKET;
inline constexpr native_socket no_socket = INVALID_SOCKET;
#else
using native_socket = int;
inline constexpr native_socket no_socket = -1;
#endif

inline void close_native(native_socket socket) noexcept {
#ifdef _WIN32
  ::closesocket(socket);
#else
  ::close(socket);
#endif
}

/// Keeps a socket from programs that this one starts.
inline void close_on_exec(native_socket socket) noexcept {
#ifdef _WIN32
  ::SetHandleInformation(reinterpret_cast<HANDLE>(socket), HANDLE_FLAG_INHERIT, 0);
#else
  ::fcntl(socket, F_SETFD, FD_CLOEXEC);
#endif
}

/// A second descriptor of a socket that someone else owns. It stays valid whatever the owner does, so that
/// another thread can end the connection without ever touching a descriptor number that has been given to
/// someone new.
class socket_handle {
 public:
  explicit socket_handle(native_socket owned_elsewhere) noexcept {
#ifdef _WIN32
    WSAPROTOCOL_INFOW info;
    if (::WSADuplicateSocketW(owned_elsewhere, ::GetCurrentProcessId(), &info) == 0) {
      socket_ = ::WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0, 0);
    }
#else
    socket_ = ::fcntl(owned_elsewhere, F_DUPFD_CLOEXEC, 0);
#endif
  }
  socket_handle(socket_handle&& other) noexcept : socket_(std::exchange(other.socket_, no_socket)) {}
  socket_handle& operator=(socket_handle&& other) noexcept {
    std::swap(socket_, other.socket_);
    return *this;
  }
  ~socket_handle() {
    if (socket_ != no_socket) close_native(socket_);
  }

  bool valid() const noexcept { return socket_ != no_socket; }

  /// Ends the connection in both directions: whoever connects, reads or writes on it gets an error at once.
  void interrupt() const noexcept {
#ifdef _WIN32
    ::shutdown(socket_, SD_BOTH);
#else
    ::shutdown(socket_, SHUT_RDWR);
#endif
  }

  /// Whether there is something to read, be it the peer's farewell or an error. Never blocks.
  bool has_pending_input() const noexcept {
#ifdef _WIN32
    u_long waiting = 0;
    if (::ioctlsocket(socket_, FIONREAD, &waiting) != 0 || waiting > 0) return true;
    WSAPOLLFD poll{socket_, POLLRDNORM, 0};
    return ::WSAPoll(&poll, 1, 0) != 0;
#else
    char byte = 0;
    return ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
           (errno != EAGAIN && errno != EWOULDBLOCK);
#endif
  }

  /// How many bytes the program has taken from this connection so far; nothing where the system does not
  /// tell.
  std::optional<std::uint64_t> bytes_consumed() const noexcept {
#ifdef __linux__
    // The head of `struct tcp_info` in linux/tcp.h; libc's own copy stops short of what is needed here.
    struct {
      std::uint8_t states[8];
      std::uint32_t counters[24];
      std::uint64_t pacing_rates[2];
      std::uint64_t bytes_acked;
      std::uint64_t bytes_received;
    } info{};
    const auto received = [&]() -> std::optional<std::uint64_t> {
      socklen_t size = sizeof info;
      const bool told =
          ::getsockopt(socket_, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && size >= sizeof info;
      return told ? std::optional(info.bytes_received) : std::nullopt;
    };
    // What comes between the two answers would be in one of them only.
    constexpr int most_tries = 10;
    for (int tries = 0; tries < most_tries; ++tries) {
      int unread = 0;
      const auto before = received();
      if (!before || ::ioctl(socket_, FIONREAD, &unread) != 0) return std::nullopt;
      if (received() == before) return *before - static_cast<std::uint64_t>(unread);
    }
#endif
    return std::nullopt;
  }

 private:
  native_socket socket_ = no_socket;
};

/// Keeps a write to a connection that the peer has closed from raising SIGPIPE in this thread, without
/// touching the program's own handling of that signal.
class sigpipe_guard {
 public:
#ifdef _WIN32
  sigpipe_guard() = default;
  void write_may_have_failed() noexcept {}
#else
  sigpipe_guard() noexcept {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~sigpipe_guard() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  /// Takes the signal away that a failed write has left pending, unless the thread had it blocked all along.
  void write_may_have_failed() noexcept {
    sigset_t pending;
    ::sigpending(&pending);
    if (::sigismember(&before_, SIGPIPE) == 1 || ::sigismember(&pending, SIGPIPE) != 1) return;
#ifdef __APPLE__
    int signal = 0;
    ::sigwait(&pipe_, &signal);
#else
    const timespec at_once{};
    ::sigtimedwait(&pipe_, nullptr, &at_once);
#endif
  }
#endif
  sigpipe_guard(const sigpipe_guard&) = delete;
  sigpipe_guard& operator=(const sigpipe_guard&) = delete;

#ifndef _WIN32
 private:
  sigset_t pipe_{};
  sigset_t before_{};
#endif
};

/// Whether `host` is an IPv4 or IPv6 address in digits.
inline bool is_address(const std::string& host) noexcept {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, host.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

/// The addresses of a name in the system's order of preference; empty when it has none. Blocks as long as the
/// system resolver likes.
inline std::vector<std::string> lookup_addresses(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) {
    hints.ai_flags = 0;
    if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return {};
  }
  std::vector<std::string> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(entry->ai_addr, static_cast<socklen_t>(entry->ai_addrlen), text, sizeof text, nullptr,
                      0, NI_NUMERICHOST) == 0) {
      addresses.emplace_back(text);
    }
  }
  ::freeaddrinfo(found);
  return addresses;
}

}  // namespace t3api::inline v0_1_0::detail

#endif
