// run:
// Asynchronous calls on the threads of a program that has some already: an asio::thread_pool runs them in the
// place of the client's own. Any executor that can be given a callable will do.

#include <cstdio>
#include <exception>
#include <functional>
#include <future>
#include <utility>
#include <vector>

#include <asio.hpp>

#include <t3api/sandbox.hpp>
#include <t3api/t3api.hpp>

int main() try {
  t3api::sandbox::service sandbox;
  t3api::sandbox::http_server server([&](const t3api::request& message) { return sandbox.handle(message); });
  server.start();

  asio::thread_pool pool(4);  // Calls that it has not begun when it is destroyed are dropped.
  const t3api::client client{
      t3api::credentials_auth(
          {.hostname = "ca.metrc.com", .username = "demo-ca", .password = "demo-ca-password"}),
      {.host = server.url(),
       .executor = [&pool](std::function<void()> job) { asio::post(pool, std::move(job)); }}};

  std::vector<std::future<t3api::result<t3api::response>>> answers;
  for (int i = 0; i < 20; ++i) answers.push_back(client.async_send({.path = "/v2/auth/whoami"}));
  int good = 0;
  for (auto& answer : answers) good += answer.get() ? 1 : 0;
  std::printf("%d of %zu calls went well\n", good, answers.size());
  return good == 20 ? 0 : 1;
} catch (const std::exception& failure) {
  std::fprintf(stderr, "asio_executor: %s\n", failure.what());
  return 1;
}
