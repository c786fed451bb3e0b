#ifndef T3API_TESTS_BENCH_RAW_SOCKET_HPP
#define T3API_TESTS_BENCH_RAW_SOCKET_HPP

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <openssl/ssl.h>

/// One request again and again by blocking read and write on one kept connection, plain or by OpenSSL alone:
/// the least that any client must do.
class raw_socket {
 public:
  /// `request` is sent as it is to that port of this machine. No certificate is looked at.
  raw_socket(std::uint16_t port, std::string request, bool tls = false)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)), request_(std::move(request)), buffer_(1U << 20U) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int yes = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        (tls && !shake_hands())) {
      end();
      throw std::runtime_error("port " + std::to_string(port) +
                               " of this machine does not accept connections");
    }
  }
  ~raw_socket() { end(); }
  raw_socket(const raw_socket&) = delete;
  raw_socket& operator=(const raw_socket&) = delete;

  /// Throws std::runtime_error unless the answer has the status 200.
  void operator()() {
    if (send(request_) != static_cast<long>(request_.size())) fail();
    std::size_t received = 0;
    std::size_t wanted = std::string::npos;
    while (received < wanted) {
      const auto more = receive(buffer_.data() + received, buffer_.size() - received);
      if (more <= 0) fail();
      received += static_cast<std::size_t>(more);
      if (wanted != std::string::npos) continue;
      const std::string_view text(buffer_.data(), received);
      const auto head_end = text.find("\r\n\r\n");
      if (head_end == text.npos) continue;
      if (!text.starts_with("HTTP/1.1 200")) fail();
      const auto length = text.find("Content-Length: ");
      wanted = head_end + 4 + static_cast<std::size_t>(std::atoi(buffer_.data() + length + 16));
    }
    body_ = std::string_view(buffer_.data(), received);
    body_.remove_prefix(body_.find("\r\n\r\n") + 4);
  }

  /// The body of the last answer.
  std::string_view body() const noexcept { return body_; }

 private:
  [[noreturn]] static void fail() { throw std::runtime_error("the raw socket's call failed"); }

  bool shake_hands() {
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    session_ = SSL_new(context);
    SSL_CTX_free(context);
    return SSL_set_fd(session_, socket_) == 1 && SSL_connect(session_) == 1;
  }

  long send(std::string_view bytes) {
    return session_ == nullptr ? ::send(socket_, bytes.data(), bytes.size(), 0)
                               : SSL_write(session_, bytes.data(), static_cast<int>(bytes.size()));
  }

  long receive(char* to, std::size_t room) {
    return session_ == nullptr ? ::recv(socket_, to, room, 0)
                               : SSL_read(session_, to, static_cast<int>(room));
  }

  void end() {
    SSL_free(session_);
    ::close(socket_);
  }

  int socket_;
  SSL* session_ = nullptr;
  std::string request_;
  std::vector<char> buffer_;
  std::string_view body_;
};

#endif
