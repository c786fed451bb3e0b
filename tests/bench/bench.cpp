// What t3api adds to a call: `bench` runs the benchmarks, `bench --ratios` prints ratios taken in one run,
// and `bench --service` what the sandbox's service bears.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
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

#include <t3api/sandbox.hpp>
#include <t3api/t3api.hpp>

#include "allocation_count.hpp"
#include "raw_socket.hpp"
#include "service_bench.hpp"

namespace {

constexpr const char* path = "/v2/auth/whoami";

/// The sandbox on plain HTTP, and a token that it takes.
class local_service {
 public:
  local_service() : server_([this](const t3api::request& r) { return service_.handle(r); }) {
    server_.start();
    const t3api::client client{t3api::no_auth{}, {.host = server_.url()}};
    const auto answer =
        client.post("/v2/auth/apikey", {{"apiKey", "demo-api-key"}, {"stateCode", "CA"}}).value();
    token_ = answer.json().value().at("accessToken").get<std::string>();
  }

  std::string url() const { return server_.url(); }
  std::uint16_t port() const { return server_.port(); }
  const std::string& token() const { return token_; }

 private:
  t3api::sandbox::service service_{{.requests_per_minute = 0}};
  t3api::sandbox::http_server server_;
  std::string token_;
};

const local_service& service() {
  static const local_service running;
  return running;
}

/// The call under test as the bytes that a client sends.
std::string request_bytes() {
  return std::string("GET ") + path +
         " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nAccept-Encoding: "
         "gzip\r\nAuthorization: Bearer " +
         service().token() + "\r\n\r\n";
}

/// That call on a bare socket.
struct raw_call : raw_socket {
  raw_call() : raw_socket(service().port(), request_bytes()) {}
};

/// One call by cpp-httplib alone on one kept connection.
class raw_httplib {
 public:
  raw_httplib() : client_("127.0.0.1", service().port()) {
    client_.set_keep_alive(true);
    client_.set_tcp_nodelay(true);
  }
  void operator()() {
    const auto answer = client_.Get(path, {{"Authorization", "Bearer " + service().token()},
                                           {"Accept", "application/json"},
                                           {"Accept-Encoding", "gzip"}});
    if (!answer || answer->status != 200) throw std::runtime_error("cpp-httplib's call failed");
  }

 private:
  httplib::Client client_;
};

/// One call by the library under test.
class t3api_call {
 public:
  t3api_call() : client_(t3api::bearer_auth(service().token()), {.host = service().url()}) {}
  explicit t3api_call(const t3api::default_client<t3api::bearer_auth>& shared) : client_(shared) {}
  void operator()() { benchmark::DoNotOptimize(client_.get(path).value()); }

  const auto& client() const { return client_; }

 private:
  t3api::default_client<t3api::bearer_auth> client_;
};

/// Gives out a token without a network: lets the cost of `authorize` be seen alone.
class local_exchange final : public t3api::exchange {
 public:
  t3api::result<t3api::response> send(t3api::request message) override {
    return send_until(std::move(message), deadline());
  }
  t3api::result<t3api::response> send_until(t3api::request, t3api::steady_time) override {
    return t3api::response{.status = 200, .body = nlohmann::json{{"accessToken", service().token()}}.dump()};
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

/// The median over many short rounds of (time of `ours` / time of `theirs`), the two taking turns at going
/// first.
double ratio(const std::function<void()>& ours, const std::function<void()>& theirs, int rounds) {
  ours();
  theirs();
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    double mine = 0, other = 0;
    if (round % 2 == 0) mine = seconds_for(ours);
    other = seconds_for(theirs);
    if (round % 2 != 0) mine = seconds_for(ours);
    ratios.push_back(mine / other);
  }
  return median(std::move(ratios));
}

template <class Call>
std::function<void()> repeated(std::shared_ptr<Call> call, int times) {
  return [call, times] {
    for (int i = 0; i < times; ++i) (*call)();
  };
}

template <class Call>
std::function<void()> on_threads(std::vector<std::shared_ptr<Call>> calls, int times) {
  return [calls, times] {
    std::vector<std::jthread> threads;
    for (const auto& call : calls) {
      threads.emplace_back([&call, times] {
        for (int i = 0; i < times; ++i) (*call)();
      });
    }
  };
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
  const std::string answer = nlohmann::json{{"accessToken", service().token()}}.dump();
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

void print_ratios() {
  std::fprintf(stderr, "t3api %s, cpp-httplib %s, nlohmann/json %d.%d.%d, %s, %u cores\n",
               std::string(t3api::version_string).c_str(), CPPHTTPLIB_VERSION, NLOHMANN_JSON_VERSION_MAJOR,
               NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH, OPENSSL_VERSION_TEXT,
               std::thread::hardware_concurrency());
  constexpr int rounds = 101, calls = 50, threads = 8;
  const auto ours = std::make_shared<t3api_call>();
  const auto plain = std::make_shared<raw_httplib>();
  const auto socket = std::make_shared<raw_call>();
  print("get_over_raw_httplib", ratio(repeated(ours, calls), repeated(plain, calls), rounds), "1.05");
  print("get_over_raw_socket", ratio(repeated(ours, calls), repeated(socket, calls), rounds), "1.25");
  print("raw_httplib_over_raw_socket", ratio(repeated(plain, calls), repeated(socket, calls), rounds), "-");

  std::vector<std::shared_ptr<t3api_call>> shared;
  std::vector<std::shared_ptr<raw_httplib>> separate;
  for (int i = 0; i < threads; ++i) {
    shared.push_back(std::make_shared<t3api_call>(ours->client()));
    separate.push_back(std::make_shared<raw_httplib>());
  }
  print("8_threads_sharing_over_8_raw_httplib",
        ratio(on_threads(shared, calls), on_threads(separate, calls), rounds / 2), "1.10");

  print_authorize("bearer_auth", t3api::bearer_auth(service().token()));
  print_authorize("api_key_auth", t3api::api_key_auth("demo-api-key", "CA"));
  print_call_allocations();
}

template <class Call>
void call_once(benchmark::State& state) {
  Call call;
  for (auto _ : state) call();
}
BENCHMARK(call_once<t3api_call>)->Name("t3api get whoami")->UseRealTime();
BENCHMARK(call_once<raw_httplib>)->Name("raw cpp-httplib")->UseRealTime();
BENCHMARK(call_once<raw_call>)->Name("raw blocking socket")->UseRealTime();

}  // namespace

int main(int count, char** arguments) {
  try {
    if (count == 2 && std::string_view(arguments[1]) == "--ratios") {
      print_ratios();
      return 0;
    }
    if (count == 2 && std::string_view(arguments[1]) == "--service") {
      print_service_figures();
      return 0;
    }
    benchmark::Initialize(&count, arguments);
    if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "bench: %s\n", failure.what());
    return 1;
  }
}
