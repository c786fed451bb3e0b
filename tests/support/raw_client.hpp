#ifndef T3API_TESTS_SUPPORT_RAW_CLIENT_HPP
#define T3API_TESTS_SUPPORT_RAW_CLIENT_HPP

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace t3api::test {

/// How a stream of bytes came to its end.
enum class stream_end { open, farewell, cut, reset };

/// A connection to a server on this machine, plain or TLS; bytes in, bytes out. What takes longer than ten
/// seconds fails the test.
class raw_client {
 public:
  explicit raw_client(std::uint16_t port, bool tls = false)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    const int yes = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    if (!tls) return;
    context_.reset(SSL_CTX_new(TLS_client_method()));
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), socket_);
    REQUIRE(SSL_connect(ssl_.get()) == 1);
  }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;
  ~raw_client() {
    ssl_.reset();
    ::close(socket_);
  }

  void send(std::string_view bytes) const { REQUIRE(try_send(bytes)); }

  /// False when the server has gone.
  bool try_send(std::string_view bytes) const {
    if (ssl_) return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Over TLS: changes its keys again and again, which is nothing to the server's reader. Whether the server
  /// ends the connection within that time.
  bool flood_key_updates(std::chrono::seconds longest) {
    BIO* const made = BIO_new(BIO_s_mem());
    SSL_set0_wbio(ssl_.get(), made);
    const auto end = std::chrono::steady_clock::now() + longest;
    std::string ahead;
    while (std::chrono::steady_clock::now() < end) {
      for (int i = 0; i < 1000 && ahead.size() < (1U << 20U); ++i) {
        REQUIRE(SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
        REQUIRE(SSL_do_handshake(ssl_.get()) == 1);
        char* data = nullptr;
        const long size = BIO_get_mem_data(made, &data);
        ahead.append(data, static_cast<std::size_t>(size));
        BIO_reset(made);
      }
      const auto sent = ::send(socket_, ahead.data(), ahead.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno != EAGAIN) return true;
      ahead.erase(0, sent > 0 ? static_cast<std::size_t>(sent) : 0);
    }
    return false;
  }

  /// Says that nothing more will be sent.
  void end_sending() const { ::shutdown(socket_, SHUT_WR); }

  /// Whether there is an answer, or the end, to be read. Never waits.
  bool has_input() const {
    char byte = 0;
    return ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
  }

  /// One answer, as long as its Content-Length says.
  std::string read_answer() {
    std::string answer;
    while (!answer.ends_with("\r\n\r\n")) {
      char byte = 0;
      REQUIRE(read(&byte, 1) == 1);
      answer += byte;
    }
    const auto length = answer.find("Content-Length: ");
    REQUIRE(length != answer.npos);
    const auto size = answer.size() + std::stoul(answer.substr(length + 16));
    while (answer.size() < size) {
      char buffer[4096];
      const auto count = read(buffer, (std::min)(sizeof(buffer), size - answer.size()));
      REQUIRE(count > 0);
      answer.append(buffer, count);
    }
    return answer;
  }

  /// Everything until the stream ends, however it does.
  std::string read_to_end() {
    std::string all;
    char buffer[4096];
    while (const auto count = read(buffer, sizeof(buffer))) all.append(buffer, count);
    return all;
  }

  /// How the stream ended that was read to its end.
  stream_end end() const noexcept { return end_; }

 private:
  template <auto Free>
  struct freed_by {
    template <class T>
    void operator()(T* object) const noexcept {
      Free(object);
    }
  };

  std::size_t read(char* to, std::size_t most) {
    if (ssl_) {
      ERR_clear_error();
      const int count = SSL_read(ssl_.get(), to, static_cast<int>(most));
      if (count > 0) return static_cast<std::size_t>(count);
      const int failure = SSL_get_error(ssl_.get(), count);
      REQUIRE(failure != SSL_ERROR_WANT_READ);
      end_ = failure == SSL_ERROR_ZERO_RETURN ? stream_end::farewell
             : failure == SSL_ERROR_SYSCALL   ? stream_end::reset
                                              : stream_end::cut;
      return 0;
    }
    const auto count = ::recv(socket_, to, most, 0);
    if (count > 0) return static_cast<std::size_t>(count);
    REQUIRE((count == 0 || errno == ECONNRESET));
    end_ = count == 0 ? stream_end::farewell : stream_end::reset;
    return 0;
  }

  int socket_;
  stream_end end_ = stream_end::open;
  std::unique_ptr<SSL_CTX, freed_by<&SSL_CTX_free>> context_;
  std::unique_ptr<SSL, freed_by<&SSL_free>> ssl_;
};

}  // namespace t3api::test

#endif
