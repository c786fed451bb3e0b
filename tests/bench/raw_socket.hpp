#ifndef T3API_TESTS_BENCH_RAW_SOCKET_HPP
#define T3API_TESTS_BENCH_RAW_SOCKET_HPP

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// One request again and again by blocking read and write on one kept socket: the least that any client must
/// do.
class raw_socket {
 public:
  /// `request` is sent as it is to that port of this machine.
  raw_socket(std::uint16_t port, std::string request)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)), request_(std::move(request)), buffer_(1U << 20U) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int yes = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      ::close(socket_);
      throw std::runtime_error("port " + std::to_string(port) +
                               " of this machine does not accept connections");
    }
  }
  ~raw_socket() { ::close(socket_); }
  raw_socket(const raw_socket&) = delete;
  raw_socket& operator=(const raw_socket&) = delete;

  /// Throws std::runtime_error unless the answer has the status 200.
  void operator()() {
    if (::send(socket_, request_.data(), request_.size(), 0) != static_cast<ssize_t>(request_.size())) fail();
    std::size_t received = 0;
    std::size_t wanted = std::string::npos;
    while (received < wanted) {
      const auto more = ::recv(socket_, buffer_.data() + received, buffer_.size() - received, 0);
      if (more <= 0) fail();
      received += static_cast<std::size_t>(more);
      const std::string_view text(buffer_.data(), received);
      const auto head_end = text.find("\r\n\r\n");
      if (head_end == text.npos) continue;
      if (!text.starts_with("HTTP/1.1 200")) fail();
      const auto length = text.find("Content-Length: ");
      wanted = head_end + 4 + static_cast<std::size_t>(std::atoi(buffer_.data() + length + 16));
      body_ = text.substr(head_end + 4);
    }
  }

  /// The body of the last answer.
  std::string_view body() const noexcept { return body_; }

 private:
  [[noreturn]] static void fail() { throw std::runtime_error("the raw socket's call failed"); }

  int socket_;
  std::string request_;
  std::vector<char> buffer_;
  std::string_view body_;
};

#endif
