#include "service_bench.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <t3api/sandbox.hpp>
#include <t3api/sandbox/keys/memory_database.hpp>

#ifdef T3API_BENCH_REDIS
#include <t3api/store/redis.hpp>

#include <tests/support/redis_server.hpp>
#endif
#ifdef T3API_BENCH_SQLITE
#include <t3api/sandbox/keys/sqlite_database.hpp>
#endif
#include <tests/support/memory_growth.hpp>
#include <tests/support/temporary_folder.hpp>

#include "raw_socket.hpp"

namespace {

namespace sandbox = t3api::sandbox;
using clock_type = std::chrono::steady_clock;

constexpr int connections = 8;
constexpr const char* path = "/v2/packages/active?licenseNumber=LIC-00001&pageSize=5";

double megabytes(const t3api::test::memory_growth& of) { return static_cast<double>(of.bytes()) / 1e6; }

sandbox::settings unlimited(std::uint64_t packages = 250) {
  return {.packages = packages, .requests_per_minute = 0};
}

nlohmann::json ask(sandbox::service& service, const char* route, const nlohmann::json& body) {
  const auto answer = service.handle({.method = t3api::method::post,
                                      .path = route,
                                      .headers = {{"Content-Type", "application/json"}},
                                      .body = body.dump()});
  if (answer.status != 200) throw std::runtime_error(std::string(route) + " answered " + answer.body);
  return answer.json().value();
}

nlohmann::json login() {
  return {{"hostname", "ca.metrc.com"}, {"username", "demo-ca"}, {"password", "demo-ca-password"}};
}

struct load_result {
  double per_second, p50_microseconds, p99_microseconds;
};

/// The same request on several kept connections at once, each as fast as it can.
load_result load(std::uint16_t port, const std::string& request, int calls) {
  std::vector<std::vector<double>> times(connections);
  const auto start = clock_type::now();
  {
    std::vector<std::jthread> threads;
    for (auto& mine : times) {
      threads.emplace_back([&mine, &request, port, calls] {
        raw_socket call(port, request);
        for (int i = 0; i < calls; ++i) {
          const auto before = clock_type::now();
          call();
          mine.push_back(std::chrono::duration<double, std::micro>(clock_type::now() - before).count());
        }
      });
    }
  }
  const double seconds = std::chrono::duration<double>(clock_type::now() - start).count();
  std::vector<double> all;
  for (const auto& mine : times) all.insert(all.end(), mine.begin(), mine.end());
  std::sort(all.begin(), all.end());
  return {static_cast<double>(all.size()) / seconds, all[all.size() / 2], all[all.size() * 99 / 100]};
}

std::string get(const std::string& target, const std::string& field) {
  return "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + field + "\r\n\r\n";
}

/// nginx with one file that it serves, on a free port; goes with this object.
class nginx {
 public:
  explicit nginx(std::string_view body) {
    port_ = free_port();
    ::chmod(folder_.path().c_str(), 0755);  // Its workers may have another user.
    std::ofstream(folder_.path() + "/body.json", std::ios::binary) << body;
    std::ofstream(folder_.path() + "/nginx.conf")
        << "daemon off; worker_processes 2; pid nginx.pid; error_log stderr crit;\n"
           "events { worker_connections 256; }\n"
           "http { access_log off; keepalive_requests 100000000; default_type application/json; types {}\n"
           "  client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; "
           "scgi_temp_path s;\n"
           "  server { listen 127.0.0.1:"
        << port_ << "; root " << folder_.path() << "; tcp_nodelay on; } }\n";
    const std::string prefix = folder_.path() + "/";
    process_ = ::fork();
    if (process_ == 0) {
      ::execlp("nginx", "nginx", "-p", prefix.c_str(), "-c", "nginx.conf", nullptr);
      ::_exit(127);
    }
    for (int attempt = 0; attempt < 200; ++attempt) {
      if (::waitpid(process_, nullptr, WNOHANG) == process_) break;
      try {
        raw_socket(port_, get("/body.json", "Accept: */*"))();
        return;
      } catch (const std::runtime_error&) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    }
    end();
    throw std::runtime_error("nginx does not start");
  }
  ~nginx() { end(); }
  nginx(const nginx&) = delete;
  nginx& operator=(const nginx&) = delete;

  std::uint16_t port() const noexcept { return port_; }

 private:
  static std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(socket);
    return ntohs(address.sin_port);
  }

  void end() const {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
  }

  t3api::test::temporary_folder folder_;
  std::uint16_t port_ = 0;
  pid_t process_ = -1;
};

void print_load(const char* name, const load_result& r, double nginx_per_second) {
  std::printf("%-34s %9.0f requests/s  p50 %6.0f us  p99 %6.0f us", name, r.per_second, r.p50_microseconds,
              r.p99_microseconds);
  if (nginx_per_second > 0) std::printf("  %.2f of nginx", r.per_second / nginx_per_second);
  std::printf("\n");
}

/// Both ways in on one service.
void print_ways_in(const std::string& name, sandbox::backing on, int calls, double nginx_per_second) {
  sandbox::service service(unlimited(), sandbox::demo_directory(), std::make_shared<t3api::real_clock>(),
                           std::move(on));
  sandbox::http_server server(
      [&](const t3api::request& asked, const sandbox::caller& from) { return service.serve(asked, from); });
  server.start();
  const std::string token = ask(service, "/v2/auth/credentials", login())["accessToken"];
  const std::string key = ask(service, "/v2/auth/secretkey", login())["secretKey"];
  print_load(("JWT, " + name).c_str(),
             load(server.port(), get(path, "Authorization: Bearer " + token), calls), nginx_per_second);
  print_load(("secret key, " + name).c_str(), load(server.port(), get(path, "X-T3-API-Key: " + key), calls),
             nginx_per_second);
}

void print_throughput() {
  constexpr int calls = 4'000;
  std::string body;
  {
    sandbox::service service(unlimited());
    const std::string token = ask(service, "/v2/auth/credentials", login())["accessToken"];
    body = service
               .handle({.path = "/v2/packages/active",
                        .query = {{"licenseNumber", "LIC-00001"}, {"pageSize", "5"}},
                        .headers = {{"Authorization", "Bearer " + token}}})
               .body;
  }
  std::printf("%d connections, %zu bytes of JSON each answer\n", connections, body.size());
  double reference = 0;
  try {
    const nginx plain(body);
    const auto measured = load(plain.port(), get("/body.json", "Accept: */*"), calls);
    reference = measured.per_second;
    print_load("nginx, the same bytes from a file", measured, 0);
  } catch (const std::exception&) {
    std::printf("nginx is not installed: nothing to compare with\n");
  }
  print_ways_in("memory", {}, calls, reference);
#ifdef T3API_BENCH_SQLITE
  {
    const t3api::test::temporary_folder folder;
    print_ways_in("SQLite", {.keys = sandbox::sqlite_key_database::open(folder.path())}, calls, reference);
  }
#endif
#ifdef T3API_BENCH_REDIS
  {
    t3api::test::redis_server redis;
    const t3api::redis_store sessions({.port = redis.port(), .key = std::string(64, 'a')});
    print_ways_in("Redis", {.sessions = sessions}, calls, reference);
  }
#endif
}

/// Keys of a thousand users, without a login for each.
void fill(sandbox::secret_keys& keys, int count, std::string& one_of_them) {
  const auto now = std::chrono::system_clock::now();
  for (int i = 0; i < count; ++i) {
    const sandbox::stored_credentials credentials{.hostname = "ca.metrc.com",
                                                  .username = "user-" + std::to_string(i % 1000),
                                                  .password = "a password of usual length"};
    const auto key = keys.make(credentials, std::string(32, static_cast<char>(i % 1000 % 256)), now);
    if (i == count / 2) one_of_them = std::string(key.reveal());
  }
}

void print_keys(const char* name, const std::function<std::shared_ptr<sandbox::key_database>()>& make,
                const std::vector<int>& counts) {
  for (const int count : counts) {
    const t3api::test::memory_growth of_keys;
    const auto database = make();
    const auto ring = std::make_shared<sandbox::fixed_key_ring>(sandbox::make_key_ring());
    sandbox::secret_keys keys(database, ring);
    std::string key;
    fill(keys, count, key);
    const double grown = megabytes(of_keys);

    sandbox::service service(unlimited(), sandbox::demo_directory(), std::make_shared<t3api::real_clock>(),
                             {.keys = database, .ring = ring});
    const std::string own = ask(service, "/v2/auth/secretkey", login())["secretKey"];
    constexpr int calls = 20'000;
    const t3api::request asked{.path = "/v2/auth/whoami", .headers = {{"X-T3-API-Key", own}}};
    const auto start = clock_type::now();
    for (int i = 0; i < calls; ++i) {
      if (service.handle(asked).status != 200) throw std::runtime_error("a key was refused");
    }
    const double each = std::chrono::duration<double, std::micro>(clock_type::now() - start).count() / calls;
    std::printf("%-8s %9d keys: %6.1f us a request with a key, %7.1f MB for the keys\n", name, count, each,
                grown);
  }
}

void print_packages() {
  constexpr std::uint64_t count = 1'000'000;
  sandbox::service service(unlimited(count));
  const std::string token = ask(service, "/v2/auth/credentials", login())["accessToken"];
  const auto timed = [&](const char* name, t3api::query_params query) {
    query.emplace_back("licenseNumber", "LIC-00001");
    const t3api::test::memory_growth grown;
    const auto start = clock_type::now();
    const auto answer = service.handle({.path = "/v2/packages/active",
                                        .query = std::move(query),
                                        .headers = {{"Authorization", "Bearer " + token}}});
    const double took = std::chrono::duration<double, std::milli>(clock_type::now() - start).count();
    std::printf("1,000,000 packages, %-38s %9.2f ms, %4d, %6.1f MB more at the most\n", name, took,
                answer.status, megabytes(grown));
  };
  timed("page 1 of 10,000", {{"page", "1"}});
  timed("page 10,000", {{"page", "10000"}});
  timed("filtered, page 1", {{"filter", "item.name__contains:gummies"}});
  timed("filtered, page 2", {{"filter", "item.name__contains:gummies"}, {"page", "2"}});
  timed("sorted by quantity, page 1", {{"sort", "quantity:desc"}});
  timed("sorted by quantity, page 2", {{"sort", "quantity:desc"}, {"page", "2"}});
  timed("sorted by label, page 1", {{"sort", "label:desc"}});
}

}  // namespace

void print_service_figures() {
  print_throughput();
  print_keys("memory", [] { return std::make_shared<sandbox::memory_key_database>(); }, {1'000, 100'000});
#ifdef T3API_BENCH_SQLITE
  const t3api::test::temporary_folder few, many;
  print_keys("SQLite", [&] { return sandbox::sqlite_key_database::open(few.path()); }, {1'000});
  print_keys("SQLite", [&] { return sandbox::sqlite_key_database::open(many.path()); }, {20'000});
#endif
  print_packages();
}
