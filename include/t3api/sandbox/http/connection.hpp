#ifndef T3API_SANDBOX_HTTP_CONNECTION_HPP
#define T3API_SANDBOX_HTTP_CONNECTION_HPP

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <t3api/native/socket.hpp>
#include <t3api/sandbox/http/address.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// The server's side of one TCP or TLS connection; nothing takes longer than until a given moment, whatever
/// the peer sends. One thread may use it; another may end it by a shutdown of its socket. Expects SIGPIPE to
/// be ignored or blocked.
class connection {
 public:
  using moment = std::chrono::steady_clock::time_point;

  /// What came of a reading: nothing at the end of the stream, and when it was too late.
  struct received {
    std::size_t count = 0;
    bool late = false;
  };

  /// Takes over the socket. Speaks TLS when there is a context.
  connection(int socket, SSL_CTX* tls) noexcept : socket_(socket), ssl_(tls ? SSL_new(tls) : nullptr) {
    usable_ = detail::prepare_native(socket_) && (!tls || ssl_);
    if (ssl_) {
      SSL_set_fd(ssl_.get(), socket_);
      SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
      // Else OpenSSL reads on by itself as long as messages without data come, and nobody looks at the clock.
      SSL_clear_mode(ssl_.get(), SSL_MODE_AUTO_RETRY);
    }
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() {
    ssl_.reset();
    detail::close_native(socket_);
  }

  int socket() const noexcept { return socket_; }

  /// The IP address of the other end, in its plain spelling; empty when it is gone.
  std::string peer_address() const {
    sockaddr_storage peer{};
    socklen_t size = sizeof(peer);
    char text[NI_MAXHOST];
    auto* generic = reinterpret_cast<sockaddr*>(&peer);
    if (::getpeername(socket_, generic, &size) != 0 ||
        ::getnameinfo(generic, size, text, sizeof(text), nullptr, 0, NI_NUMERICHOST) != 0) {
      return {};
    }
    return plain_address(text);
  }

  /// Agrees on TLS, where it is spoken.
  bool handshake(moment until) {
    return !ssl_ || of_tls([this] { return SSL_accept(ssl_.get()); }, until).count > 0;
  }

  received read(char* to, std::size_t most, moment until) {
    if (ssl_) {
      return of_tls([&] { return SSL_read(ssl_.get(), to, static_cast<int>(most)); }, until);
    }
    while (usable_) {
      if (!wait(readable, until)) return {.late = true};
      const auto count = detail::receive_some(socket_, to, most);
      if (count > 0) return {.count = static_cast<std::size_t>(count)};
      if (count == 0) return {};
      usable_ = detail::would_block();
      if (is_past(until)) return {.late = true};
    }
    return {};
  }

  /// Writes as much as goes without waiting; 0 when that is nothing, or the connection is broken.
  std::size_t write_some(std::string_view bytes) {
    if (!usable_) return 0;
    if (ssl_) {
      const auto size = static_cast<int>((std::min<std::size_t>)(bytes.size(), INT_MAX));
      return of_tls([&] { return SSL_write(ssl_.get(), bytes.data(), size); }, moment()).count;
    }
    const auto count = detail::send_some(socket_, bytes);
    if (count < 0) usable_ = detail::would_block();
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }

  /// Waits until more can be written; false when it was too late or the connection is broken.
  bool wait_writable(moment until) { return usable_ && !is_past(until) && wait(writable, until); }

  /// Waits for a moment, or until the connection is gone in both directions.
  void pause(moment until) const { wait({}, until); }

  /// Says that nothing more will be sent; over TLS with close_notify, unless the stream is to look `cut`.
  void end_writing(bool cut = false) {
    if (ssl_ && !cut && usable_ && SSL_is_init_finished(ssl_.get())) {
      ERR_clear_error();
      SSL_shutdown(ssl_.get());
    }
    ::shutdown(socket_, SHUT_WR);
  }

  /// Reads and forgets what comes in, as it is on the wire, so that the closing of the connection is no reset
  /// that could overtake the last answer.
  void discard(std::size_t most, moment until) const {
    char bytes[16 * 1024];
    while (most > 0 && wait(readable, until)) {
      const auto count = detail::receive_some(socket_, bytes, (std::min)(most, sizeof(bytes)));
      if (count == 0 || (count < 0 && !detail::would_block())) return;
      if (count > 0) most -= static_cast<std::size_t>(count);
      if (is_past(until)) return;
    }
  }

  /// Makes the end of the connection a TCP reset, which loses what was written and not yet read.
  void reset_at_end() const noexcept {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  }

 private:
  struct free_ssl {
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  };

  /// Repeats a step of OpenSSL until it is done. When `until` has passed already, it is tried once.
  template <class Step>
  received of_tls(Step step, moment until) {
    while (usable_) {
      ERR_clear_error();
      const int count = step();
      if (count > 0) return {.count = static_cast<std::size_t>(count)};
      const int failure = SSL_get_error(ssl_.get(), count);
      if (failure != SSL_ERROR_WANT_READ && failure != SSL_ERROR_WANT_WRITE) {
        usable_ = failure == SSL_ERROR_ZERO_RETURN;
        break;
      }
      if (is_past(until) || !wait(failure == SSL_ERROR_WANT_READ ? readable : writable, until)) {
        return {.late = true};
      }
    }
    return {};
  }

  static constexpr detail::readiness readable{.read = true}, writable{.write = true};

  static bool is_past(moment until) { return std::chrono::steady_clock::now() >= until; }

  /// Waits for an event; past the moment, true when there is one already.
  bool wait(detail::readiness wanted, moment until) const {
    constexpr std::chrono::milliseconds longest(60'000);
    while (true) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      const auto patience = (std::clamp)(left, std::chrono::milliseconds(0), longest);
      const auto ready = detail::wait_for(socket_, wanted, detail::no_socket, patience);
      if (ready.read || ready.write) return true;
      if (is_past(until)) return false;
    }
  }

  int socket_;
  bool usable_ = true;
  std::unique_ptr<SSL, free_ssl> ssl_;
};

/// So long from now; a year stands for anything longer.
inline connection::moment after(std::chrono::milliseconds span) {
  return std::chrono::steady_clock::now() +
         (std::min<std::chrono::milliseconds>)(span, std::chrono::hours(24 * 365));
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
