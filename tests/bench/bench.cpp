// What t3api adds to a call. `bench` runs the benchmarks; `bench --ratios` prints ratios taken in one run;
// `bench --repeat CALLER CALL TIMES`, such as `--repeat client get-tls 1000`, makes one call again and again,
// for strace and valgrind; `bench --service` prints what the sandbox's service bears.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <t3api/t3api.hpp>

#include "allocation_count.hpp"
#include "callers.hpp"
#include "fixed_server.hpp"
#include "service_bench.hpp"

namespace {

constexpr const char* path = "/v2/auth/whoami";

/// Gives out a token without a network: lets the cost of `authorize` be seen alone.
class local_exchange final : public t3api::exchange {
 public:
  t3api::result<t3api::response> send(t3api::request message) override {
    return send_until(std::move(message), deadline());
  }
  t3api::result<t3api::response> send_until(t3api::request, t3api::steady_time) override {
    return t3api::response{.status = 200, .body = R"({"accessToken":"token"})"};
  }
  const t3api::url& host() const noexcept override { return host_; }
  t3api::clock& clock() const noexcept override { return clock_; }
  t3api::steady_time deadline() const noexcept override { return t3api::steady_time::max(); }
  const std::stop_token& stop() const noexcept override { return stop_; }
  void report(const t3api::renewal_event&) noexcept override {}

 private:
  t3api::url host_{};
  mutable t3api::real_clock clock_;
  std::stop_token stop_;
};

double seconds_for(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

const caller& find(const std::vector<caller>& ways, std::string_view name) {
  for (const auto& way : ways) {
    if (way.name == name) return way;
  }
  throw std::runtime_error("there is no caller '" + std::string(name) + "' for that call here");
}

std::function<void()> repeated(std::function<void()> once, int times) {
  return [once = std::move(once), times] {
    for (int i = 0; i < times; ++i) once();
  };
}

/// Prints for each call and each way to make it how much longer it takes than on the bare socket: the median
/// over many short rounds, in which the ways take turns at going first.
void print_call_ratios(const fixed_server& server) {
  constexpr int rounds = 301;
  for (const auto& call : measured_calls()) {
    const auto ways = callers(server, call);
    const int times = call.large ? 5 : 20;
    std::vector<std::vector<double>> seconds(ways.size()), ratios(ways.size());
    for (int round = 0; round < rounds; ++round) {
      for (std::size_t turn = 0; turn < ways.size(); ++turn) {
        const auto way = (turn + static_cast<std::size_t>(round)) % ways.size();
        seconds[way].push_back(seconds_for(repeated(ways[way].once, times)));
      }
      for (std::size_t way = 0; way < ways.size(); ++way)
        ratios[way].push_back(seconds[way].back() / seconds[0].back());
    }
    std::printf("%s: bare socket %.1f us", call.name.c_str(), median(seconds[0]) / times * 1e6);
    for (std::size_t way = 1; way < ways.size(); ++way)
      std::printf(", %s %.2f", ways[way].name.c_str(), median(ratios[way]));
    std::printf("\n");
  }
}

/// Eight threads on one client against eight bare sockets: what the threads cost each other.
void print_thread_ratio(const fixed_server& server) {
  constexpr int rounds = 51, times = 50, threads = 8;
  const auto& call = measured_calls().front();
  std::vector<caller> shared, separate;
  for (int i = 0; i < threads; ++i) {
    const auto ways = callers(server, call);
    separate.push_back(ways.front());
    // A copy of one client: they share its connections.
    shared.push_back(i == 0 ? find(ways, "client") : shared.front());
  }
  const auto all_at_once = [](const std::vector<caller>& ways) {
    std::vector<std::jthread> running;
    for (const auto& way : ways) running.emplace_back(repeated(way.once, times));
  };
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    const double ours = seconds_for([&] { all_at_once(shared); });
    ratios.push_back(ours / seconds_for([&] { all_at_once(separate); }));
  }
  std::printf("8 threads sharing a client over 8 bare sockets: %.2f\n", median(ratios));
}

void print(const char* name, double value, const char* goal) {
  std::printf("%s %.3f %s\n", name, value, goal);
}

double per_call(int times, const std::function<void()>& work, std::size_t& allocated) {
  const auto before = allocation_count();
  const double elapsed = seconds_for([&] {
    for (int i = 0; i < times; ++i) work();
  });
  allocated = allocation_count() - before;
  return elapsed / times;
}

/// What a fresh token costs, in a header list that has room for it, as the client's has.
template <class Auth>
void print_authorize(const std::string& method, Auth auth) {
  constexpr int times = 1'000'000;
  local_exchange via;
  t3api::request message;
  message.headers.reserve(1);
  auth.authorize(message, via).value();
  std::size_t allocated = 0;
  const double seconds = per_call(
      times,
      [&] {
        message.headers.erase("Authorization");
        benchmark::DoNotOptimize(auth.authorize(message, via));
      },
      allocated);
  print(("authorize_" + method + "_nanoseconds").c_str(), seconds * 1e9, "-");
  print(("authorize_" + method + "_allocations").c_str(), static_cast<double>(allocated) / times, "1");
}

/// What a whole call allocates beside what a transport does, with a token that is there already.
void print_call_allocations() {
  constexpr int times = 10'000;
  const std::string answer = R"({"accessToken":"token"})";
  const auto serve = [&answer](const t3api::request& asked) {
    t3api::response given{.status = 200};
    if (asked.method == t3api::method::post) given.body = answer;
    return given;
  };
  using transport = t3api::in_process_transport<decltype(serve)>;
  const t3api::client<transport, t3api::api_key_auth, t3api::no_retry> client(
      transport(serve), t3api::api_key_auth("demo-api-key", "CA"), t3api::no_retry(),
      {.host = "http://127.0.0.1"});
  client.get(path).value();
  std::size_t allocated = 0;
  per_call(
      times, [&] { benchmark::DoNotOptimize(client.get(path)); }, allocated);
  print("get_in_process_allocations", static_cast<double>(allocated) / times, "-");
  per_call(
      times,
      [&] {
        benchmark::DoNotOptimize(
            client.send({.path = path, .headers = {{"X-Request-Id", "nightly-import-0001"}}}));
      },
      allocated);
  print("get_in_process_with_request_id_allocations", static_cast<double>(allocated) / times, "-");
}

void print_ratios(const fixed_server& server) {
  std::fprintf(stderr, "t3api %s, nlohmann/json %d.%d.%d, %s, %u cores\n",
               std::string(t3api::version_string).c_str(), NLOHMANN_JSON_VERSION_MAJOR,
               NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH, OPENSSL_VERSION_TEXT,
               std::thread::hardware_concurrency());
#ifdef CPPHTTPLIB_VERSION
  std::fprintf(stderr, "cpp-httplib %s\n", CPPHTTPLIB_VERSION);
#endif
  print_call_ratios(server);
  print_thread_ratio(server);
  print_authorize("bearer_auth", t3api::bearer_auth("token"));
  print_authorize("api_key_auth", t3api::api_key_auth("demo-api-key", "CA"));
  print_call_allocations();
}

void repeat(const fixed_server& server, std::string_view way, std::string_view name, int times) {
  for (const auto& call : measured_calls()) {
    if (call.name == name) return repeated(find(callers(server, call), way).once, times)();
  }
  throw std::runtime_error("there is no call '" + std::string(name) + "'");
}

void run_benchmarks(const fixed_server& server) {
  for (const auto& call : measured_calls()) {
    for (const auto& way : callers(server, call)) {
      const auto run = [once = way.once](benchmark::State& state) {
        for (auto _ : state) once();
      };
      benchmark::RegisterBenchmark((call.name + ", " + way.name).c_str(), run)->UseRealTime();
    }
  }
  benchmark::RunSpecifiedBenchmarks();
}

}  // namespace

int main(int count, char** arguments) {
  try {
    const std::vector<std::string_view> given(arguments + 1, arguments + count);
    if (given.size() == 1 && given[0] == "--service") {
      print_service_figures();
      return 0;
    }
    const fixed_server server;
    if (given.size() == 1 && given[0] == "--ratios") {
      print_ratios(server);
      return 0;
    }
    if (given.size() == 4 && given[0] == "--repeat") {
      repeat(server, given[1], given[2], std::atoi(arguments[4]));
      return 0;
    }
    benchmark::Initialize(&count, arguments);
    if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
    run_benchmarks(server);
    return 0;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "bench: %s\n", failure.what());
    return 1;
  }
}
