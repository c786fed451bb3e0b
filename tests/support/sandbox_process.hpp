#ifndef T3API_TESTS_SUPPORT_SANDBOX_PROCESS_HPP
#define T3API_TESTS_SUPPORT_SANDBOX_PROCESS_HPP

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace t3api::test {

/// The program t3api-sandbox with these arguments, really started. Its output goes into a pipe and its
/// errors, which the access log makes long, into a file. It is killed when it outlives this object.
class sandbox_process {
 public:
  /// `environment` holds "NAME=value", and is all that the program gets. Throws std::runtime_error.
  explicit sandbox_process(std::vector<std::string> arguments, std::vector<std::string> environment = {})
      : errors_(folder_.write("errors", "")) {
    arguments.insert(arguments.begin(), program());
    std::array<int, 2> out{};
    if (::pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe can be made");
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, out[1], 1);
    ::posix_spawn_file_actions_addopen(&files, 2, errors_.c_str(), O_WRONLY | O_APPEND, 0);
    const int failure = ::posix_spawn(&pid_, arguments[0].c_str(), &files, nullptr,
                                      pointers(arguments).data(), pointers(environment).data());
    ::posix_spawn_file_actions_destroy(&files);
    ::close(out[1]);
    out_ = out[0];
    if (failure == 0) return;
    ::close(out_);
    throw std::runtime_error(arguments[0] + " does not start: build it first, or set T3API_BIN_DIR");
  }
  sandbox_process(const sandbox_process&) = delete;
  sandbox_process& operator=(const sandbox_process&) = delete;
  ~sandbox_process() {
    kill();
    ::close(out_);
  }

  static std::string program() {
    const char* folder = std::getenv("T3API_BIN_DIR");
    return std::filesystem::path(folder != nullptr ? folder : "build/bin") / "t3api-sandbox";
  }

  /// What it tells when it is ready. Throws std::runtime_error, with its errors, when it ends before.
  nlohmann::json ready() {
    const std::string line = read_until('\n');
    if (line.empty()) throw std::runtime_error("the sandbox ended before it was ready: " + errors());
    return nlohmann::json::parse(line);
  }

  pid_t pid() const noexcept { return pid_; }
  void signal(int number) const { ::kill(pid_, number); }

  /// Ends it with SIGKILL and waits until it is gone.
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    exit_code();
  }

  /// Waits for its end; its exit code, or minus the signal that ended it.
  int exit_code() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  /// Waits until it has written something to standard error, or for some seconds.
  void wait_for_errors() const {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::filesystem::file_size(errors_) == 0 && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  /// What it wrote to standard output and nobody read yet; waits until it ends.
  std::string rest_of_output() { return read_until(-1); }
  /// What it wrote to standard error so far.
  std::string errors() const { return content_of(errors_); }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (auto& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
  }

  std::string read_until(int end) const {
    std::string text;
    for (char c = 0; ::read(out_, &c, 1) == 1;) {
      text += c;
      if (c == end) break;
    }
    return text;
  }

  const temporary_folder folder_;
  const std::string errors_;
  pid_t pid_ = -1;
  int out_ = -1;
};

/// A program that ran to its end.
struct sandbox_run {
  int code = 0;
  std::string output{};
  std::string errors{};
};

/// Runs the program to its end.
inline sandbox_run run_sandbox(std::vector<std::string> arguments,
                               std::vector<std::string> environment = {}) {
  sandbox_process run(std::move(arguments), std::move(environment));
  sandbox_run ended{.output = run.rest_of_output()};
  ended.code = run.exit_code();
  ended.errors = run.errors();
  return ended;
}

}  // namespace t3api::test

#endif
