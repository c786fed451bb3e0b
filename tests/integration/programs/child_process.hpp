#ifndef T3API_TESTS_INTEGRATION_PROGRAMS_CHILD_PROCESS_HPP
#define T3API_TESTS_INTEGRATION_PROGRAMS_CHILD_PROCESS_HPP

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace t3api::test {

/// How a program is started. Its environment is what is given here and nothing else.
struct program_start {
  std::vector<std::string> command;  ///< The program's path and its arguments.
  std::vector<std::string> environment{};
  std::string folder = ".";
};

/// A program that runs, with its standard input, output and errors in pipes. It is killed when it outlives
/// this object.
class child_process {
 public:
  explicit child_process(const program_start& how) {
    const auto arguments = pointers(how.command), environment = pointers(how.environment);
    if (::pipe2(in_.data(), O_CLOEXEC) != 0 || ::pipe2(out_.data(), O_CLOEXEC) != 0 ||
        ::pipe2(err_.data(), O_CLOEXEC) != 0) {
      throw std::runtime_error("no pipe can be made");
    }
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("no process can be made");
    if (pid_ == 0) {
      ::dup2(in_[0], 0);
      ::dup2(out_[1], 1);
      ::dup2(err_[1], 2);
      if (::chdir(how.folder.c_str()) == 0) ::execve(arguments[0], arguments.data(), environment.data());
      ::_exit(127);
    }
    close(in_[0]);
    close(out_[1]);
    close(err_[1]);
  }
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    for (auto* pipe : {&in_, &out_, &err_}) {
      for (int& end : *pipe) close(end);
    }
  }

  pid_t pid() const noexcept { return pid_; }

  void write(std::string_view text) const {
    if (::write(in_[1], text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      throw std::runtime_error("the program does not read");
  }

  /// The next line of its output, or what came of it before the output ended.
  std::string read_line() const {
    std::string line;
    for (char c = 0; ::read(out_[0], &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }

  struct ended {
    int code = 0;  ///< Minus the signal that ended it.
    std::string output{};
    std::string errors{};
  };

  /// Waits for its end.
  ended wait() {
    ended result;
    close(in_[1]);
    std::array<pollfd, 2> open{{{out_[0], POLLIN, 0}, {err_[0], POLLIN, 0}}};
    while (open[0].fd >= 0 || open[1].fd >= 0) {
      ::poll(open.data(), open.size(), -1);
      for (auto& pipe : open) {
        std::array<char, 4096> bytes{};
        if (pipe.fd < 0 || pipe.revents == 0) continue;
        const auto count = ::read(pipe.fd, bytes.data(), bytes.size());
        auto& text = pipe.fd == out_[0] ? result.output : result.errors;
        if (count > 0) text.append(bytes.data(), static_cast<std::size_t>(count));
        if (count == 0) pipe.fd = -1;
      }
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    result.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return result;
  }

 private:
  static std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (const auto& text : texts) all.push_back(const_cast<char*>(text.c_str()));
    all.push_back(nullptr);
    return all;
  }

  static void close(int& descriptor) {
    if (descriptor >= 0) ::close(descriptor);
    descriptor = -1;
  }

  pid_t pid_ = -1;
  std::array<int, 2> in_{-1, -1}, out_{-1, -1}, err_{-1, -1};
};

}  // namespace t3api::test

#endif
