// The program t3api-sandbox, really started, from outside.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <t3api/core/iso_time.hpp>
#include <t3api/sandbox/http/certificate.hpp>

#include "tests/support/sandbox_process.hpp"
#include "tests/support/temporary_folder.hpp"

using nlohmann::json;
using t3api::test::run_sandbox;
using t3api::test::sandbox_process;

namespace {

/// Runs the program to its end, which must have this code; gives what it wrote to standard error.
std::string errors_of(std::vector<std::string> arguments, int code,
                      std::vector<std::string> environment = {}) {
  const auto run = run_sandbox(std::move(arguments), std::move(environment));
  CHECK(run.output.empty());
  CHECK(run.code == code);
  CHECK(std::count(run.errors.begin(), run.errors.end(), '\n') == 1);
  return run.errors;
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

/// A secret key of the demo account in California.
std::string secret_key(httplib::Client& client) {
  const auto made =
      client.Post("/v2/auth/secretkey",
                  R"({"hostname":"ca.metrc.com","username":"demo-ca","password":"demo-ca-password"})",
                  "application/json");
  REQUIRE(made);
  REQUIRE(made->status == 200);
  return json::parse(made->body).at("secretKey");
}

}  // namespace

TEST_CASE("it tells its address, serves, and ends on SIGTERM and SIGINT") {
  for (const int signal : {SIGTERM, SIGINT}) {
    sandbox_process run({});
    const auto ready = run.ready();
    CHECK(ready["pid"] == run.pid());
    const std::string url = ready["url"];
    CHECK(url.substr(0, 17) == "http://127.0.0.1:");
    httplib::Client client(url);
    client.set_keep_alive(true);
    REQUIRE(client.Get("/v2/states"));
    run.signal(signal);
    CHECK(run.exit_code() == 0);
    CHECK(run.rest_of_output().empty());
  }
}

TEST_CASE("what tests ordered to wait does not hold up its end") {
  const auto ends_while_waiting = [](const std::string& path, const std::string& order,
                                     const std::string& sign) {
    sandbox_process run({"--faults"});
    const std::string url = run.ready()["url"];
    httplib::Client client(url);
    REQUIRE(client.Post(path, order, "application/json"));
    std::thread waiting([&] {
      httplib::Client other(url);
      other.set_read_timeout(60);
      other.Post("/v2/auth/credentials",
                 R"({"hostname":"ca.metrc.com","username":"demo-ca","password":"demo-ca-password"})",
                 "application/json");
    });
    bool waits = false;
    for (int tries = 0; !waits && tries < 2000; ++tries) {
      waits = holds(client.Get(path)->body, sign);
      if (!waits) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    CHECK(waits);
    run.signal(SIGTERM);
    CHECK(run.exit_code() == 0);
    waiting.join();
  };
  ends_while_waiting("/sandbox/faults", R"({"delayMs":3600000})", "\"struck\":1");
  ends_while_waiting("/sandbox/metrc", R"({"delayLogins":3600000})", "\"attempts\":1");
}

TEST_CASE("a second signal ends it at once") {
  sandbox_process run({});
  run.ready();
  for (const int signal : {SIGSTOP, SIGINT, SIGTERM, SIGCONT}) run.signal(signal);
  const int code = run.exit_code();
  CHECK((code == -SIGINT || code == -SIGTERM));
}

TEST_CASE("a start that hangs is ended by the first signal") {
  const t3api::test::temporary_folder folder;
  const std::string accounts = folder.path() + "/accounts.json";
  REQUIRE(::mkfifo(accounts.c_str(), 0600) == 0);
  sandbox_process run({"--accounts", accounts});
  const int pipe = ::open(accounts.c_str(), O_WRONLY);  // Until it waits for what comes out of it.
  run.signal(SIGINT);
  std::promise<void> ended;
  std::thread rescuer([pipe, over = ended.get_future()] {
    over.wait_for(std::chrono::seconds(20));
    ::close(pipe);
  });
  CHECK(run.exit_code() == -SIGINT);
  ended.set_value();
  rescuer.join();
}

TEST_CASE("it leaves no core dump") {
  sandbox_process run({});
  run.ready();
  const auto process = "/proc/" + std::to_string(run.pid());
  if (!std::filesystem::exists(process + "/limits")) return;
  std::ifstream limits(process + "/limits");
  bool none = false;
  for (std::string line; std::getline(limits, line);) {
    std::istringstream words(line.starts_with("Max core file size") ? line.substr(18) : "");
    std::string soft, hard;
    none |= static_cast<bool>(words >> soft >> hard) && soft == "0" && hard == "0";
  }
  CHECK(none);
  if (::geteuid() != 0) CHECK_FALSE(std::ifstream(process + "/environ").is_open());
}

TEST_CASE("--login-limit says how many wrong logins there may be") {
  const auto statuses = [](const std::string& limit, int logins) {
    sandbox_process run({"--login-limit", limit});
    httplib::Client client(run.ready()["url"].get<std::string>());
    client.set_keep_alive(true);
    std::map<int, int> counts;
    for (int i = 0; i < logins; ++i) {
      ++counts[client
                   .Post("/v2/auth/credentials",
                         R"({"hostname":"ca.metrc.com","username":"demo-ca","password":"wrong"})",
                         "application/json")
                   ->status];
    }
    return counts;
  };
  CHECK(statuses("2", 4) == std::map<int, int>{{401, 2}, {429, 2}});
  CHECK(statuses("0", 52) == std::map<int, int>{{401, 52}});
  CHECK(statuses("52", 53) == std::map<int, int>{{401, 52}, {429, 1}});
}

TEST_CASE("--key-limit says how many secret keys a user may have") {
  sandbox_process run({"--key-limit", "1"});
  httplib::Client client(run.ready()["url"].get<std::string>());
  secret_key(client);
  CHECK(client
            .Post("/v2/auth/secretkey",
                  R"({"hostname":"ca.metrc.com","username":"demo-ca","password":"demo-ca-password"})",
                  "application/json")
            ->status == 409);
}

TEST_CASE("the access log has what never became a request") {
  sandbox_process run({});
  httplib::Client client(run.ready()["url"].get<std::string>());
  const auto answer = client.Get("/v2/states", httplib::Headers{{"X-Long", std::string(9000, 'a')}});
  REQUIRE(answer);
  CHECK(answer->status == 431);
  run.signal(SIGTERM);
  CHECK(run.exit_code() == 0);
  CHECK(run.errors().substr(24) == " 127.0.0.1 - - 431 - -\n");
}

TEST_CASE("a line of the access log has time, caller, method, path, status, duration and request id") {
  sandbox_process run({});
  httplib::Client client(run.ready()["url"].get<std::string>());
  const auto answer = client.Get("/v2/states?secretKey=canary");
  REQUIRE(answer);
  run.signal(SIGTERM);
  CHECK(run.exit_code() == 0);
  std::istringstream line(run.errors());
  std::string time, address, method, path, status, took, unit, id, more;
  line >> time >> address >> method >> path >> status >> took >> unit >> id;
  CHECK(t3api::parse_iso_time(time));
  CHECK(time.size() == 24);
  CHECK(address == "127.0.0.1");
  CHECK(method == "GET");
  CHECK(path == "/v2/states");
  CHECK(status == "200");
  CHECK(took.find_first_not_of("0123456789.") == took.npos);
  CHECK(unit == "ms");
  CHECK(id == answer->get_header_value("X-Request-Id"));
  CHECK_FALSE(static_cast<bool>(line >> more));
}

TEST_CASE("the access log has no secret, however it got into a path, and no byte that is not ASCII") {
  const std::string canary = "c0ffee00-1111-4222-8333-444455556666";
  sandbox_process run({});
  httplib::Client client(run.ready()["url"].get<std::string>());
  for (const std::string path :
       {"/v2/licenses?secretKey=", "/v2/licenses&secretKey=", "/v2/licenses%3FsecretKey=", "/v2/licenses;k=",
        "/v2/licenses/", "/v2/auth/secretkey/", "/v2%2Flicenses%3fx"}) {
    REQUIRE(client.Get(path + canary));
  }
  REQUIRE(client.Delete("/v2/auth/secretkey/" + canary));
  REQUIRE(client.Get("/v2/%ff%C3%A4%5C%20"));
  REQUIRE(client.Get("/v2/" + std::string(300, 'a')));
  run.signal(SIGTERM);
  CHECK(run.exit_code() == 0);
  const auto log = run.errors();
  CHECK_FALSE(holds(log, "c0ffee00"));
  CHECK(holds(log, "DELETE /v2/auth/secretkey/... 401 "));
  CHECK(holds(log, "GET /v2/licenses... 404 "));
  CHECK(holds(log, "\\xff\\xc3\\xa4"));
  CHECK(log.find_first_not_of("\n !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
                              "abcdefghijklmnopqrstuvwxyz{|}~") == log.npos);
  CHECK(std::count(log.begin(), log.end(), '\n') == 10);
}

TEST_CASE("its settings reach the service") {
  const t3api::test::temporary_folder folder;
  const auto accounts = folder.write(
      "accounts.json",
      R"({"accounts":[{"hostname":"ca.metrc.com","username":"me","password":"mine","licenses":["A"]}]})");
  sandbox_process run({"--jwt-ttl", "15m", "--session-ttl", "90", "--packages", "7", "--accounts", accounts,
                       "--rate-limit", "3"});
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
  const httplib::Headers token{{"Authorization", "Bearer " + body["accessToken"].get<std::string>()}};
  CHECK(client.Get("/v2/auth/whoami", token)->status == 200);
  CHECK(client.Get("/v2/auth/whoami", token)->status == 429);  // The login was the first.
}

TEST_CASE("behind --proxy the access log names the caller that the proxy names") {
  for (const auto& [proxy, caller] :
       {std::pair{"127.0.0.1", "192.0.2.7"}, std::pair{"192.0.2.1", "127.0.0.1"}}) {
    sandbox_process run({"--proxy", proxy});
    httplib::Client client(run.ready()["url"].get<std::string>());
    REQUIRE(client.Get("/v2/states", httplib::Headers{{"X-Forwarded-For", "10.0.0.1, 192.0.2.7"}}));
    run.signal(SIGTERM);
    CHECK(run.exit_code() == 0);
    CHECK(holds(run.errors(), std::string("Z ") + caller + " GET /v2/states 200 "));
  }
}

TEST_CASE("the same seed makes the same data, another seed other data") {
  const auto labels = [](const std::string& seed) {
    sandbox_process run({"--seed", seed, "--packages", "3"});
    httplib::Client client(run.ready()["url"].get<std::string>());
    const auto key = secret_key(client);
    const auto page = client.Get("/v2/packages/active?licenseNumber=LIC-00001&secretKey=" + key);
    REQUIRE(page);
    std::vector<std::string> all;
    const auto rows = json::parse(page->body);
    for (const auto& row : rows.at("data")) all.push_back(row.at("item").dump() + row.at("quantity").dump());
    return all;
  };
  const auto one = labels("1");
  CHECK(one.size() == 3);
  CHECK(one == labels("1"));
  CHECK(one != labels("18446744073709551615"));
}

TEST_CASE("faults can be ordered with --faults only") {
  const auto status = [](std::vector<std::string> arguments) {
    sandbox_process run(std::move(arguments));
    httplib::Client client(run.ready()["url"].get<std::string>());
    return client.Get("/sandbox/faults")->status;
  };
  CHECK(status({}) == 404);
  CHECK(status({"--faults"}) == 200);
}

TEST_CASE("it serves HTTPS with a certificate from files") {
  const t3api::test::temporary_folder folder;
  const auto made = t3api::sandbox::make_certificate();
  const auto certificate = folder.write("cert.pem", made.certificate_pem),
             key = folder.write("key.pem", made.key_pem);
  sandbox_process run({"--tls-cert", certificate, "--tls-key", key});
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
      {"--proxy", "localhost"},
      {"--rate-limit", "many"},
      {"--seed", "-1"},
      {"--seed", "18446744073709551616"},
      {"--faults", "--host", "0.0.0.0"},
      {"--faults", "--proxy", "127.0.0.1"},
      {"--login-limit", "few"},
      {"--data", "/nowhere"},
      {"--redis", "127.0.0.1:1"},
      {"--kek-file"},
      {"--redis", "localhost"},
      {"--redis", "localhost:"},
      {"--redis", "localhost:0"},
      {"--redis", "localhost:65536"},
      {"--redis", "[::1"},
      {"--redis", ":6379"},
      {"--redis", "redis://"},
      {"--redis", "redis://localhost/x"},
      {"--redis", "rediss://localhost"},
      {"--redis", "unix:redis.sock"},
  };
  for (const auto& arguments : all) {
    CAPTURE(arguments[0]);
    CAPTURE(arguments.back());
    CHECK(holds(errors_of(arguments, 2), arguments[0]));
  }
}

TEST_CASE("a password in an argument is refused, and not repeated") {
  for (const std::string address :
       {"redis://:canary@localhost", "redis://user:canary@localhost:6379/1", "canary@localhost:6379",
        "user:canary@localhost:6379", "rediss://user:canary@localhost"}) {
    CAPTURE(address);
    const auto said = errors_of({"--redis", address}, 2);
    CHECK(holds(said, "T3API_SANDBOX_REDIS_PASSWORD"));
    CHECK_FALSE(holds(said, "canary"));
  }
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"--redis=redis://:canary@localhost"},
                                                                     {"--redis", "localhost:canary"},
                                                                     {"--port", "1", "canary"},
                                                                     {"canary"},
                                                                     {"--password=canary"},
                                                                     {"keygen", "--key=canary"},
                                                                     {"rotate", "canary"}}) {
    CAPTURE(arguments[0]);
    CHECK_FALSE(holds(errors_of(arguments, 2), "canary"));
  }
}

TEST_CASE("--help explains and ends well") {
  sandbox_process run({"--help"});
  const auto help = run.rest_of_output();
  for (const std::string word : {"--host",
                                 "--port",
                                 "--name",
                                 "--tls-cert",
                                 "--tls-key",
                                 "--accounts",
                                 "--jwt-ttl",
                                 "--session-ttl",
                                 "--rate-limit",
                                 "--login-limit",
                                 "--key-limit",
                                 "--packages",
                                 "--seed",
                                 "--faults",
                                 "--data",
                                 "--kek-file",
                                 "--redis",
                                 "keygen FILE",
                                 "keygen --add",
                                 "keygen --prune",
                                 "rotate",
                                 "T3API_SANDBOX_KEYS",
                                 "T3API_SANDBOX_REDIS_PASSWORD"}) {
    CAPTURE(word);
    CHECK(holds(help, word));
  }
  CHECK(run.exit_code() == 0);
  CHECK(run_sandbox({"rotate", "--help"}).output == help);
}

TEST_CASE("what it cannot use ends it with 1 and one sentence") {
  const t3api::test::temporary_folder folder;
  sandbox_process other({});
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
  sandbox_process run({"--host", "0.0.0.0"});
  CHECK(run.ready()["url"].get<std::string>().substr(0, 17) == "http://localhost:");
  run.signal(SIGTERM);
  CHECK(run.exit_code() == 0);
  CHECK(holds(run.errors(), "warning: 0.0.0.0 "));
}
