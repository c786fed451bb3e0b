#ifndef T3API_NATIVE_SOCKET_HPP
#define T3API_NATIVE_SOCKET_HPP

// This folder is the one place of the client wing that talks to the operating system itself.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
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
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
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

/// Has the system's sockets ready for use.
inline void start_sockets() noexcept {
#ifdef _WIN32
  [[maybe_unused]] static const int started = [] {
    WSADATA data;
    return ::WSAStartup(MAKEWORD(2, 2), &data);
  }();
#endif
}

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

/// A second descriptor of the same socket, or `no_socket`.
inline native_socket duplicate_native(native_socket socket) noexcept {
#ifdef _WIN32
  WSAPROTOCOL_INFOW info;
  if (::WSADuplicateSocketW(socket, ::GetCurrentProcessId(), &info) != 0) return no_socket;
  return ::WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0, 0);
#else
  const int copy = ::dup(socket);
  if (copy >= 0) close_on_exec(copy);
  return copy;
#endif
}

/// Whether the last call on a socket failed only because it would have had to wait.
inline bool would_block() noexcept {
#ifdef _WIN32
  return ::WSAGetLastError() == WSAEWOULDBLOCK;
#else
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == EINPROGRESS;
#endif
}

/// Makes a socket fit for `receive_some` and `send_some`: no call on it waits, small packets go at once, and
/// a write to a peer that is gone raises no signal.
inline bool prepare_native(native_socket socket) noexcept {
  const int on = 1;
  const auto* value = reinterpret_cast<const char*>(&on);
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, value, sizeof on);
  close_on_exec(socket);
#ifdef _WIN32
  u_long yes = 1;
  return ::ioctlsocket(socket, FIONBIO, &yes) == 0;
#else
#ifdef SO_NOSIGPIPE
  ::setsockopt(socket, SOL_SOCKET, SO_NOSIGPIPE, value, sizeof on);
#endif
  const int flags = ::fcntl(socket, F_GETFL);
  return flags >= 0 && ::fcntl(socket, F_SETFL, flags | O_NONBLOCK) == 0;
#endif
}

/// Receives what is there. The count, 0 at the peer's end, or negative: see `would_block`.
inline std::ptrdiff_t receive_some(native_socket socket, char* to, std::size_t room) noexcept {
#ifdef _WIN32
  return ::recv(socket, to, static_cast<int>((std::min<std::size_t>)(room, 1U << 30U)), 0);
#else
  return ::recv(socket, to, room, 0);
#endif
}

/// Sends what fits, both pieces at once. The count, or negative: see `would_block`.
inline std::ptrdiff_t send_some(native_socket socket, std::string_view first,
                                std::string_view second = {}) noexcept {
#ifdef _WIN32
  const auto piece = first.empty() ? second : first;
  return ::send(socket, piece.data(), static_cast<int>((std::min<std::size_t>)(piece.size(), 1U << 30U)), 0);
#else
#ifdef MSG_NOSIGNAL
  constexpr int no_signal = MSG_NOSIGNAL;
#else
  constexpr int no_signal = 0;
#endif
  if (second.empty()) return ::send(socket, first.data(), first.size(), no_signal);
  iovec pieces[2] = {{const_cast<char*>(first.data()), first.size()},
                     {const_cast<char*>(second.data()), second.size()}};
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = 2;
  return ::sendmsg(socket, &message, no_signal);
#endif
}

/// Whether there is something to read, be it the peer's farewell or an error. Never waits.
inline bool has_pending_input(native_socket socket) noexcept {
  char byte = 0;
#ifdef _WIN32
  u_long waiting = 0;
  if (::ioctlsocket(socket, FIONREAD, &waiting) != 0 || waiting > 0) return true;
  return ::recv(socket, &byte, 1, MSG_PEEK) >= 0 || ::WSAGetLastError() != WSAEWOULDBLOCK;
#else
  return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
#endif
}

/// Something that a waiting thread can be woken by from another one. Where the system is out of descriptors,
/// or has none of this kind, `descriptor()` is `no_socket`: who waits then has to look up from time to time.
class wake_up {
 public:
#ifdef _WIN32
  native_socket descriptor() const noexcept { return no_socket; }
  void signal() const noexcept {}
  void clear() const noexcept {}
#else
  wake_up() noexcept {
    if (::pipe(ends_) != 0) return;
    for (const int end : ends_) {
      close_on_exec(end);
      ::fcntl(end, F_SETFL, O_NONBLOCK);
    }
  }
  ~wake_up() {
    for (const int end : ends_) {
      if (end >= 0) ::close(end);
    }
  }
  wake_up(const wake_up&) = delete;
  wake_up& operator=(const wake_up&) = delete;

  native_socket descriptor() const noexcept { return ends_[0]; }
  void signal() const noexcept {
    const char byte = 0;
    if (ends_[1] >= 0) static_cast<void>(!::write(ends_[1], &byte, 1));
  }
  /// Takes back what was signalled.
  void clear() const noexcept {
    char bytes[16];
    while (ends_[0] >= 0 && ::read(ends_[0], bytes, sizeof bytes) > 0) {
    }
  }

 private:
  int ends_[2] = {-1, -1};
#endif
};

/// What a socket is ready for. A fault counts as both, since the next call on the socket tells it.
struct readiness {
  bool read = false;
  bool write = false;
};

/// Waits until `socket` is ready for one of the wanted things, `waker` (or `no_socket`) is signalled, or the
/// time is over, whatever is first; a signal to the process may end it early.
inline readiness wait_for(native_socket socket, readiness wanted, native_socket waker,
                          std::chrono::milliseconds longest) noexcept {
  const auto events =
      static_cast<short>((wanted.read ? POLLIN : 0) | (wanted.write ? POLLOUT : 0));  // NOLINT
  const int time = static_cast<int>((std::min<std::chrono::milliseconds::rep>)(longest.count(), 1 << 30));
#ifdef _WIN32
  WSAPOLLFD sockets[1] = {{socket, events, 0}};
  static_cast<void>(waker);
  if (::WSAPoll(sockets, 1, time) <= 0) return {};
#else
  pollfd sockets[2] = {{socket, events, 0}, {waker, POLLIN, 0}};
  if (::poll(sockets, waker == no_socket ? 1 : 2, time) <= 0) return {};
#endif
  const bool fault = (sockets[0].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
  return {fault || (sockets[0].revents & POLLIN) != 0, fault || (sockets[0].revents & POLLOUT) != 0};
}

/// Begins to connect to an address in digits. `no_socket` when it cannot even begin; else the socket is ready
/// for writing as soon as it is decided: see `is_connected`.
inline native_socket begin_connect(const std::string& address, std::uint16_t port) noexcept {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  start_sockets();
  char service[6] = {};
  for (int digit = 4, rest = port; digit >= 0; --digit, rest /= 10)
    service[digit] = static_cast<char>('0' + rest % 10);
  if (::getaddrinfo(address.c_str(), service, &hints, &found) != 0) return no_socket;
  native_socket socket = ::socket(found->ai_family, SOCK_STREAM, 0);
  if (socket != no_socket) {
    const bool begun =
        prepare_native(socket) &&
        (::connect(socket, found->ai_addr, static_cast<socklen_t>(found->ai_addrlen)) == 0 || would_block());
    if (!begun) {
      close_native(socket);
      socket = no_socket;
    }
  }
  ::freeaddrinfo(found);
  return socket;
}

/// Whether a connection that was begun, and is decided, stands.
inline bool is_connected(native_socket socket) noexcept {
  int failure = 0;
  socklen_t size = sizeof failure;
  sockaddr_storage peer;
  socklen_t peer_size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, reinterpret_cast<char*>(&failure), &size) == 0 &&
         failure == 0 && ::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0;
}

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
  start_sockets();
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
