// The program t3api-sandbox, really started, from outside.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <doctest/doctest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <t3api/sandbox/http/certificate.hpp>

#include "tests/support/temporary_folder.hpp"

using nlohmann::json;

namespace {

namespace fs = std::filesystem;

std::string program() {
  const char* folder = std::getenv("T3API_BIN_DIR");
  return fs::path(folder != nullptr ? folder : "build/bin") / "t3api-sandbox";
}

/// The program with these arguments, its output and errors in pipes.
class started {
 public:
  explicit started(std::vector<std::string> arguments) {
    REQUIRE_MESSAGE(fs::exists(program()), "build the program first, or set T3API_BIN_DIR to its folder");
    int out[2], err[2];
    REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(err, O_CLOEXEC) == 0);
    arguments.insert(arguments.begin(), program());
    std::vector<char*> pointers;
    for (auto& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::dup2(out[1], 1);
      ::dup2(err[1], 2);
      ::execv(pointers[0], pointers.data());
      ::_exit(127);
    }
    ::close(out[1]);
    ::close(err[1]);
    out_ = out[0];
    err_ = err[0];
  }
  started(const started&) = delete;
  started& operator=(const started&) = delete;
  ~started() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(out_);
    ::close(err_);
  }

  /// The line that tells it is ready.
  json ready() const {
    const std::string line = read_until(out_, '\n');
    REQUIRE_FALSE(line.empty());
    return json::parse(line);
  }

  pid_t pid() const { return pid_; }
  void signal(int number) const { REQUIRE(::kill(pid_, number) == 0); }

  /// Its exit code, or minus the signal that ended it.
  int exit_code() {
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  std::string rest_of_output() const { return read_until(out_, -1); }
  std::string errors() const { return read_until(err_, -1); }

 private:
  static std::string read_until(int pipe, int end) {
    std::string text;
    for (char c = 0; ::read(pipe, &c, 1) == 1;) {
      text += c;
      if (c == end) break;
    }
    return text;
  }

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
};

/// Runs the program to its end, which must have this code; gives what it wrote to standard error.
std::string errors_of(std::vector<std::string> arguments, int code) {
  started run(std::move(arguments));
  const auto errors = run.errors();
  CHECK(run.rest_of_output().empty());
  CHECK(run.exit_code() == code);
  CHECK(std::count(errors.begin(), errors.end(), '\n') == 1);
  return errors;
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("it tells its address, serves, logs without queries, and ends on SIGTERM and SIGINT") {
  for (const int signal : {SIGTERM, SIGINT}) {
    started run({});
    const auto ready = run.ready();
    CHECK(ready["pid"] == run.pid());
    const std::string url = ready["url"];
    CHECK(url.substr(0, 17) == "http://127.0.0.1:");
    httplib::Client client(url);
    client.set_keep_alive(true);
    REQUIRE(client.Get("/v2/states"));
    CHECK(client.Get("/v2/licenses?secretKey=canary")->status == 401);
    run.signal(signal);
    CHECK(run.exit_code() == 0);
    const auto errors = run.errors();
    CHECK(holds(errors, "GET /v2/states 200 "));
    CHECK(holds(errors, "GET /v2/licenses 401 "));
    CHECK_FALSE(holds(errors, "canary"));
    CHECK(run.rest_of_output().empty());
  }
}

TEST_CASE("its settings reach the service") {
  const t3api::test::temporary_folder folder;
  const auto accounts = folder.write(
      "accounts.json",
      R"({"accounts":[{"hostname":"ca.metrc.com","username":"me","password":"mine","licenses":["A"]}]})");
  started run({"--jwt-ttl", "15m", "--session-ttl", "90", "--packages", "7", "--accounts", accounts});
  httplib::Client client(run.ready()["url"].get<std::string>());
  const auto exchange =
      client.Post("/v2/auth/credentials", R"({"hostname":"ca.metrc.com","username":"me","password":"mine"})",
                  "application/json");
  REQUIRE(exchange);
  REQUIRE(exchange->status == 200);
  const auto body = json::parse(exchange->body);
  CHECK(body["expiresIn"] == 900);
  const auto packages =
      client.Get("/v2/packages/active?licenseNumber=A",
                 httplib::Headers{{"Authorization", "Bearer " + body["accessToken"].get<std::string>()}});
  REQUIRE(packages);
  CHECK(json::parse(packages->body)["total"] == 7);
}

TEST_CASE("it serves HTTPS with a certificate from files") {
  const t3api::test::temporary_folder folder;
  const auto made = t3api::sandbox::make_certificate();
  const auto certificate = folder.write("cert.pem", made.certificate_pem),
             key = folder.write("key.pem", made.key_pem);
  started run({"--tls-cert", certificate, "--tls-key", key});
  const std::string url = run.ready()["url"];
  CHECK(url.substr(0, 8) == "https://");
  httplib::Client client(url);
  client.enable_server_certificate_verification(false);
  CHECK(client.Get("/v2/states"));
}

TEST_CASE("bad arguments end it with 2 and one sentence that names them") {
  const std::vector<std::vector<std::string>> all = {
      {"--nonsense"},
      {"--port"},
      {"--port", "65536"},
      {"--port", "-1"},
      {"--port", "x"},
      {"--jwt-ttl", "0"},
      {"--jwt-ttl", "1d"},
      {"--jwt-ttl", ""},
      {"--session-ttl", "h"},
      {"--packages", "1e6"},
      {"--host", ""},
      {"--tls-cert", "x"},
      {"--jwt-ttl", "99999999999999h"},
  };
  for (const auto& arguments : all) {
    CAPTURE(arguments[0]);
    CHECK(holds(errors_of(arguments, 2), arguments[0]));
  }
}

TEST_CASE("--help explains and ends well") {
  started run({"--help"});
  CHECK(holds(run.rest_of_output(), "--session-ttl"));
  CHECK(run.exit_code() == 0);
}

TEST_CASE("what it cannot use ends it with 1 and one sentence") {
  const t3api::test::temporary_folder folder;
  started other({});
  const std::string url = other.ready()["url"];
  CHECK(holds(errors_of({"--port", url.substr(url.rfind(':') + 1)}, 1), "uses the port"));
  CHECK(holds(errors_of({"--accounts", "/nowhere.json"}, 1), "/nowhere.json"));
  const auto broken =
      folder.write("broken.json", R"({"accounts":[{"hostname":"ca.metrc.com","username":"u"}]})");
  CHECK(holds(errors_of({"--accounts", broken}, 1), "accounts[0].password is missing"));
  const auto one = t3api::sandbox::make_certificate(), two = t3api::sandbox::make_certificate();
  const auto certificate = folder.write("cert.pem", one.certificate_pem),
             key = folder.write("key.pem", two.key_pem);
  CHECK(holds(errors_of({"--tls-cert", certificate, "--tls-key", key}, 1), "does not belong"));
  CHECK(holds(errors_of({"--tls-cert", "/nowhere.pem", "--tls-key", key}, 1), "/nowhere.pem"));
  CHECK(holds(errors_of({"--tls-cert", key, "--tls-key", key}, 1), "BEGIN CERTIFICATE"));
}

TEST_CASE("it warns when other machines can reach it") {
  started run({"--host", "0.0.0.0"});
  CHECK(run.ready()["url"].get<std::string>().substr(0, 17) == "http://localhost:");
  run.signal(SIGTERM);
  CHECK(run.exit_code() == 0);
  CHECK(holds(run.errors(), "warning: 0.0.0.0 "));
}
