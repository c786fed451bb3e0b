#ifndef T3API_SANDBOX_HTTP_LISTENING_SOCKET_HPP
#define T3API_SANDBOX_HTTP_LISTENING_SOCKET_HPP

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace t3api::sandbox {

/// The address that a socket is bound to.
class local_address {
 public:
  static std::optional<local_address> of(int socket) noexcept {
    local_address found;
    socklen_t size = sizeof(found.storage_);
    if (::getsockname(socket, found.generic(), &size) != 0) return std::nullopt;
    if (found.storage_.ss_family != AF_INET && found.storage_.ss_family != AF_INET6) return std::nullopt;
    return found;
  }

  /// Whether a connection with the local address `other` came in here: same port, and same address unless
  /// this is any.
  bool accepts(const local_address& other) const noexcept {
    if (storage_.ss_family != other.storage_.ss_family) return false;
    if (storage_.ss_family == AF_INET) {
      const auto mine = as<sockaddr_in>(), theirs = other.as<sockaddr_in>();
      return mine.sin_port == theirs.sin_port &&
             (mine.sin_addr.s_addr == INADDR_ANY || mine.sin_addr.s_addr == theirs.sin_addr.s_addr);
    }
    const auto mine = as<sockaddr_in6>(), theirs = other.as<sockaddr_in6>();
    return mine.sin6_port == theirs.sin6_port &&
           (IN6_IS_ADDR_UNSPECIFIED(&mine.sin6_addr) ||
            std::memcmp(&mine.sin6_addr, &theirs.sin6_addr, sizeof(in6_addr)) == 0);
  }

  static int port_of(const sockaddr_storage& address) noexcept {
    local_address copy;
    copy.storage_ = address;
    return ntohs(address.ss_family == AF_INET ? copy.as<sockaddr_in>().sin_port
                                              : copy.as<sockaddr_in6>().sin6_port);
  }

 private:
  sockaddr* generic() noexcept { return reinterpret_cast<sockaddr*>(&storage_); }

  template <class T>
  T as() const noexcept {
    T address;
    std::memcpy(&address, &storage_, sizeof(T));
    return address;
  }

  sockaddr_storage storage_{};
};

namespace listening_detail {

/// The port at the other end of a connection that came in at `server`; nothing for any other file.
inline std::optional<int> peer_port(int descriptor, const local_address& server) noexcept {
  const auto local = local_address::of(descriptor);
  if (!local || !server.accepts(*local)) return std::nullopt;
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return std::nullopt;
  return local_address::port_of(peer);
}

}  // namespace listening_detail

/// Ends the reading side of the connections of this process that came in at `server`, but for those that
/// `spared` picks by the port of their other end: who waits for a request there sees the end at once. httplib
/// keeps its connections to itself, and its 0.11 lets an idle one hold up `stop` until it times out; so they
/// are looked for among the process's open files.
inline void end_reading(const local_address& server, const std::function<bool(int peer_port)>& spared) {
  std::vector<int> descriptors;
  std::error_code failure;
  for (std::filesystem::directory_iterator file("/dev/fd", failure), end; !failure && file != end;
       file.increment(failure)) {
    descriptors.push_back(std::atoi(file->path().filename().c_str()));
  }
  const auto unwanted = [&](int descriptor) {
    const auto port = listening_detail::peer_port(descriptor, server);
    return port && !spared(*port);
  };
  for (const int descriptor : descriptors) {
    if (!unwanted(descriptor)) continue;
    // The number may belong to another file by now; the copy cannot change any more, so it is asked again.
    const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) continue;
    if (unwanted(copy)) ::shutdown(copy, SHUT_RD);
    ::close(copy);
  }
}

}  // namespace t3api::sandbox

#endif
