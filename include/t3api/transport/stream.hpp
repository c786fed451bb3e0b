#ifndef T3API_TRANSPORT_STREAM_HPP
#define T3API_TRANSPORT_STREAM_HPP

#include <t3api/detail/require_openssl.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <t3api/native/socket.hpp>

namespace t3api::inline v0_1_0::detail {

/// What an attempt to move bytes came to. `ended`: the peer closed its side in order; over TLS it said so.
enum class io { moved, wants_read, wants_write, ended, broken };

/// A connected socket, plain or under TLS. No call waits. Owns the socket.
class stream {
 public:
  explicit stream(native_socket socket) noexcept : socket_(socket) {}
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  /// Says farewell to a TLS peer, who may be gone.
  ~stream() {
    if (tls_ != nullptr) {
      if (established_ && !broken_) SSL_shutdown(tls_);
      SSL_free(tls_);
      ERR_clear_error();
    }
    if (socket_ != no_socket) close_native(socket_);
  }

  native_socket socket() const noexcept { return socket_; }
  SSL* tls() const noexcept { return tls_; }

  /// Everything goes through `session` from now on, which is owned. False for lack of memory.
  bool start_tls(SSL* session, const BIO_METHOD* method) {
    tls_ = session;
    BIO* bio = BIO_new(method);
    if (bio == nullptr) return false;
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls_, bio, bio);
    return true;
  }

  /// Goes on with the handshake; `moved` once it is done.
  io shake_hands() {
    begin_step();
    const auto state = told(SSL_connect(tls_));
    established_ = state == io::moved;
    return state;
  }

  /// Reads what is there, at most `room` bytes.
  io read(char* to, std::size_t room, std::size_t& count) {
    if (tls_ != nullptr) {
      begin_step();
      return told(SSL_read_ex(tls_, to, room, &count));
    }
    const auto got = receive_some(socket_, to, room);
    count = got > 0 ? static_cast<std::size_t>(got) : 0;
    if (got > 0) return io::moved;
    if (got == 0) return io::ended;
    return would_block() ? io::wants_read : io::broken;
  }

  /// Writes what fits of two pieces, the first of which comes first.
  io write(std::string_view first, std::string_view second, std::size_t& count) {
    if (tls_ != nullptr) {
      const auto piece = first.empty() ? second : first;
      begin_step();
      return told(SSL_write_ex(tls_, piece.data(), piece.size(), &count));
    }
    const auto sent = send_some(socket_, first, second);
    count = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    if (sent >= 0) return io::moved;
    return would_block() ? io::wants_write : io::broken;
  }

  /// Whether nothing waits to be read, not even the peer's end.
  bool is_quiet() const {
    return (tls_ == nullptr || SSL_has_pending(tls_) == 0) && !has_pending_input(socket_);
  }

  /// How OpenSSL reaches the socket: its own way raises SIGPIPE, and a read could go on for ever with records
  /// that hold no data. To be freed by the caller.
  static BIO_METHOD* make_bio_method() {
    BIO_METHOD* method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "t3api socket");
    if (method == nullptr) return nullptr;
    BIO_meth_set_read_ex(method, [](BIO* bio, char* to, std::size_t room, std::size_t* count) {
      BIO_clear_retry_flags(bio);
      auto& self = *static_cast<stream*>(BIO_get_data(bio));
      constexpr int most_receptions = 64;
      const bool enough = ++self.receptions_ > most_receptions;
      const auto got = enough ? -1 : receive_some(self.socket_, to, room);
      *count = got > 0 ? static_cast<std::size_t>(got) : 0;
      if (enough || (got < 0 && would_block())) BIO_set_retry_read(bio);
      return got > 0 ? 1 : 0;
    });
    BIO_meth_set_write_ex(method, [](BIO* bio, const char* from, std::size_t size, std::size_t* count) {
      BIO_clear_retry_flags(bio);
      const auto sent = send_some(static_cast<stream*>(BIO_get_data(bio))->socket_, {from, size});
      *count = sent > 0 ? static_cast<std::size_t>(sent) : 0;
      if (sent < 0 && would_block()) BIO_set_retry_write(bio);
      return sent > 0 ? 1 : 0;
    });
    BIO_meth_set_ctrl(method,
                      [](BIO*, int command, long, void*) -> long { return command == BIO_CTRL_FLUSH; });
    return method;
  }

 private:
  /// What others left in this thread's queue of errors would be taken for the session's.
  void begin_step() noexcept {
    ERR_clear_error();
    receptions_ = 0;
  }

  /// What OpenSSL's last step on the session came to.
  io told(int success) {
    if (success == 1) return io::moved;
    const int code = SSL_get_error(tls_, success);
    if (code == SSL_ERROR_WANT_READ) return io::wants_read;
    if (code == SSL_ERROR_WANT_WRITE) return io::wants_write;
    if (code == SSL_ERROR_ZERO_RETURN) return io::ended;
    broken_ = true;
    return io::broken;
  }

  native_socket socket_;
  SSL* tls_ = nullptr;
  int receptions_ = 0;  ///< From the socket within one step.
  bool established_ = false;
  bool broken_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
