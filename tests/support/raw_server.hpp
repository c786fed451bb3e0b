#ifndef T3API_TESTS_SUPPORT_RAW_SERVER_HPP
#define T3API_TESTS_SUPPORT_RAW_SERVER_HPP

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace t3api::test {

/// One accepted connection of a raw_server: bytes in, bytes out, nothing in between.
class raw_connection {
 public:
  explicit raw_connection(int socket) : socket_(socket) {}

  /// The next whole request, head and body; empty when the peer has closed.
  std::string read_request() {
    while (true) {
      const auto head_end = buffer_.find("\r\n\r\n");
      if (head_end != buffer_.npos) {
        const std::size_t size = head_end + 4 + content_length(buffer_.substr(0, head_end));
        if (buffer_.size() >= size) {
          std::string request = buffer_.substr(0, size);
          buffer_.erase(0, size);
          return request;
        }
      }
      if (!read_more()) return {};
    }
  }

  /// False when the peer is gone.
  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Waits until the peer closes; what it sends is thrown away.
  void wait_until_closed() {
    while (read_more()) buffer_.clear();
  }

  /// Makes the end of the connection a reset instead of a farewell.
  void reset_at_end() {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

  int socket() const noexcept { return socket_; }

 private:
  static std::size_t content_length(const std::string& head) {
    const auto at = head.find("Content-Length: ");
    return at == head.npos ? 0 : static_cast<std::size_t>(std::stoul(head.substr(at + 16)));
  }

  bool read_more() {
    char bytes[16384];
    const auto received = ::recv(socket_, bytes, sizeof bytes, 0);
    if (received <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(received));
    return true;
  }

  int socket_;
  std::string buffer_;
};

/// A TCP server on a free loopback port that runs a function for each connection, in a thread of its own: for
/// peers that no well-behaved HTTP server can play.
class raw_server {
 public:
  using conversation = std::function<void(raw_connection&)>;

  explicit raw_server(conversation talk) : talk_(std::move(talk)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 128) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
      throw std::runtime_error("no loopback port to listen on");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }

  ~raw_server() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
      const std::scoped_lock lock(mutex_);
      for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
    }
    for (auto& worker : workers_) worker.join();
  }

  raw_server(const raw_server&) = delete;
  raw_server& operator=(const raw_server&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  /// How many connections have come so far.
  int connections() const noexcept { return connections_; }

 private:
  void accept_all() {
    while (true) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      const int yes = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      ++connections_;
      const std::scoped_lock lock(mutex_);
      open_.push_back(socket);
      workers_.emplace_back([this, socket] {
        sigset_t pipe;  // A conversation may write when its peer is gone.
        ::sigemptyset(&pipe);
        ::sigaddset(&pipe, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
        raw_connection connection(socket);
        talk_(connection);
        const std::scoped_lock closing(mutex_);
        std::erase(open_, socket);
        ::close(socket);
      });
    }
  }

  conversation talk_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> workers_;
  std::thread acceptor_;
};

/// A whole answer with a Content-Length.
inline std::string http_answer(std::string_view body, std::string_view status = "200 OK",
                               std::string_view more_headers = "") {
  return "HTTP/1.1 " + std::string(status) +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(more_headers) + "\r\n" + std::string(body);
}

}  // namespace t3api::test

#endif
