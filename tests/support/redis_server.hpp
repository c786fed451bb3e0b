#ifndef T3API_TESTS_SUPPORT_REDIS_SERVER_HPP
#define T3API_TESTS_SUPPORT_REDIS_SERVER_HPP

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <tests/support/temporary_folder.hpp>

namespace t3api::test {

/// A redis-server of its own on a loopback port and on a Unix socket, that keeps nothing on disk and goes
/// with this object. Speaks to it in bytes, so that a test can look behind the library's back.
class redis_server {
 public:
  /// Throws std::runtime_error when none answers within some seconds.
  explicit redis_server(std::vector<std::string> more_arguments = {}, std::string password = {})
      : more_arguments_(std::move(more_arguments)), password_(std::move(password)) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      port_ = free_port();
      if (try_start()) return;
    }
    throw std::runtime_error("no redis-server could be started");
  }
  ~redis_server() { kill(); }
  redis_server(const redis_server&) = delete;
  redis_server& operator=(const redis_server&) = delete;

  int port() const noexcept { return port_; }
  std::string unix_socket() const { return folder_.path() + "/redis.sock"; }

  void kill() {
    if (process_ < 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  /// Starts again, empty, on the same port.
  void start() {
    if (!try_start()) throw std::runtime_error("redis-server does not start again");
  }
  void stand_still() { ::kill(process_, SIGSTOP); }
  void go_on() { ::kill(process_, SIGCONT); }

  /// The answer to one command, as it comes over the wire; empty when there is none.
  std::string command(const std::vector<std::string>& words) const {
    const connection wire(port_);
    if (!password_.empty()) wire.exchange({"AUTH", password_});
    return wire.exchange(words);
  }

  /// The names of all keys.
  std::vector<std::string> keys() const {
    std::vector<std::string> names;
    const std::string answer = command({"KEYS", "*"});
    auto at = answer.find("\r\n");
    while (at != answer.npos && at + 2 < answer.size()) {
      const auto line_end = answer.find("\r\n", at + 2);
      const auto size = static_cast<std::size_t>(std::stoul(answer.substr(at + 3, line_end - at - 3)));
      names.push_back(answer.substr(line_end + 2, size));
      at = line_end + 2 + size;
    }
    return names;
  }

  /// The bytes under a key; for a bulk string only.
  std::string raw_value(const std::string& key) const {
    const std::string answer = command({"GET", key});
    const auto head_end = answer.find("\r\n");
    if (answer.empty() || answer[0] != '$' || answer[1] == '-') return {};
    return answer.substr(head_end + 2, answer.size() - head_end - 4);
  }

 private:
  class connection {
   public:
    explicit connection(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
      const timeval patience{5, 0};
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(static_cast<std::uint16_t>(port));
      connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    ~connection() { ::close(socket_); }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    std::string exchange(const std::vector<std::string>& words) const {
      std::string text = "*" + std::to_string(words.size()) + "\r\n";
      for (const auto& word : words) text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
      if (!connected_ || ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) < 0) return {};
      std::string answer;
      std::size_t at = 0;
      return read_answer(answer, at) ? answer : std::string();
    }

   private:
    bool read_answer(std::string& answer, std::size_t& at) const {
      auto line_end = answer.find("\r\n", at);
      while (line_end == answer.npos) {
        if (!read_more(answer)) return false;
        line_end = answer.find("\r\n", at);
      }
      const char kind = answer[at];
      const std::string rest = answer.substr(at + 1, line_end - at - 1);
      at = line_end + 2;
      if (kind == '$' && rest != "-1") {
        at += static_cast<std::size_t>(std::stoul(rest)) + 2;
        while (answer.size() < at) {
          if (!read_more(answer)) return false;
        }
      }
      if (kind == '*') {
        for (int left = std::stoi(rest); left > 0; --left) {
          if (!read_answer(answer, at)) return false;
        }
      }
      return true;
    }
    bool read_more(std::string& answer) const {
      char bytes[16384];
      const auto received = ::recv(socket_, bytes, sizeof bytes, 0);
      if (received <= 0) return false;
      answer.append(bytes, static_cast<std::size_t>(received));
      return true;
    }

    int socket_;
    bool connected_ = false;
  };

  static int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    ::bind(socket, generic, size);
    ::getsockname(socket, generic, &size);
    ::close(socket);
    return ntohs(address.sin_port);
  }

  bool try_start() {
    std::vector<std::string> words = {"redis-server",
                                      "--port",
                                      std::to_string(port_),
                                      "--bind",
                                      "127.0.0.1",
                                      "--save",
                                      "",
                                      "--appendonly",
                                      "no",
                                      "--dir",
                                      folder_.path(),
                                      "--unixsocket",
                                      unix_socket()};
    words.insert(words.end(), more_arguments_.begin(), more_arguments_.end());
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    process_ = ::fork();
    if (process_ == 0) {
      const int nowhere = ::open("/dev/null", O_RDWR);
      ::dup2(nowhere, STDOUT_FILENO);
      ::dup2(nowhere, STDERR_FILENO);
      ::execvp(arguments[0], arguments.data());
      ::_exit(127);
    }
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (process_ > 0 && std::chrono::steady_clock::now() < give_up) {
      if (command({"CONFIG", "GET", "dir"}).find(folder_.path()) != std::string::npos) return true;
      if (::waitpid(process_, nullptr, WNOHANG) == process_) {  // The port was taken in the meantime.
        process_ = -1;
        return false;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    kill();
    return false;
  }

  const temporary_folder folder_;
  const std::vector<std::string> more_arguments_;
  const std::string password_;
  int port_ = 0;
  pid_t process_ = -1;
};

}  // namespace t3api::test

#endif
