// run:
// Calls one after another without callbacks: a coroutine that looks at the licences and then at the packages
// of each, on a sandbox inside this process.

#include <coroutine>
#include <cstdio>
#include <exception>
#include <future>
#include <string>
#include <utility>

#include <t3api/coroutine.hpp>
#include <t3api/sandbox.hpp>
#include <t3api/t3api.hpp>

namespace {

/// A coroutine that starts at once and goes on by itself. `wait` gives what it returned or throws what it
/// threw. A program with a coroutine library of its own needs none of this: its tasks can await calls too.
template <class T>
class task {
 public:
  struct promise_type {
    std::promise<T> outcome;

    task get_return_object() { return task(outcome.get_future()); }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_value(T value) { outcome.set_value(std::move(value)); }
    void unhandled_exception() { outcome.set_exception(std::current_exception()); }
  };

  T wait() { return outcome_.get(); }

 private:
  explicit task(std::future<T> outcome) : outcome_(std::move(outcome)) {}

  std::future<T> outcome_;
};

using client_type =
    t3api::client<t3api::httplib_transport, t3api::credentials_auth, t3api::exponential_backoff>;

/// How many packages there are in all. The client must outlive it: a coroutine keeps references as they are.
task<long> count_packages(const client_type& client) {
  const t3api::request all_licenses{.path = "/v2/licenses"};
  const auto licenses = co_await t3api::awaitable_send(client, all_licenses);
  long total = 0;
  for (const auto& license : licenses.value().json().value()) {
    const auto number = license.at("licenseNumber").get<std::string>();
    const t3api::request first_page{.path = "/v2/packages/active",
                                    .query = {{"licenseNumber", number}, {"pageSize", "1"}}};
    const auto page = co_await t3api::awaitable_send(client, first_page);
    const long packages = page.value().json().value().at("total").get<long>();
    std::printf("%s %ld packages\n", number.c_str(), packages);
    total += packages;
  }
  co_return total;
}

}  // namespace

int main() try {
  t3api::sandbox::service sandbox;
  t3api::sandbox::http_server server([&](const t3api::request& message) { return sandbox.handle(message); });
  server.start();

  const t3api::client client{
      t3api::credentials_auth(
          {.hostname = "ca.metrc.com", .username = "demo-ca", .password = "demo-ca-password"}),
      {.host = server.url()}};
  auto counting = count_packages(client);
  std::printf("%ld packages in all\n", counting.wait());
} catch (const std::exception& failure) {
  std::fprintf(stderr, "coroutine: %s\n", failure.what());
  return 1;
}
