#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/none.hpp>
#include <t3api/transport/in_process.hpp>

using t3api::error_category;
using t3api::in_process_transport;

namespace {

const t3api::url host = t3api::parse_url("https://api.example.com").value();

t3api::send_options options(std::size_t max_body = 64U << 20U, std::stop_token stop = {}) {
  return {.host = host,
          .deadline = t3api::steady_time::max(),
          .stop = std::move(stop),
          .max_body_bytes = max_body};
}

}  // namespace

TEST_CASE("a request goes to the callable as it is, and its answer comes back") {
  in_process_transport transport([](const t3api::request& asked) {
    return test::answer(200, request_target(asked) + " " + asked.body);
  });
  const auto outcome = transport.send({.path = "/x", .query = {{"a", "1"}}, .body = "b"}, options());
  CHECK(outcome->status == 200);
  CHECK(outcome->body == "/x?a=1 b");
}

TEST_CASE("a callable that keeps state or cannot be copied is fine") {
  struct service {
    std::unique_ptr<int> count = std::make_unique<int>(0);
    t3api::response operator()(const t3api::request&) { return test::answer(200, std::to_string(++*count)); }
  };
  const t3api::client<in_process_transport<service>, t3api::no_auth, t3api::no_retry> client(
      in_process_transport<service>{service()}, t3api::no_auth{});
  CHECK(client.get("/x")->body == "1");
  CHECK(client.get("/x")->body == "2");
}

TEST_CASE("a service that throws is a transport error that may have done something") {
  in_process_transport transport(
      [](const t3api::request&) -> t3api::response { throw std::runtime_error("out of disk"); });
  const auto outcome = transport.send({.path = "/x"}, options());
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().category == error_category::transport);
  CHECK(outcome.error().message == "the service in this process threw an exception: out of disk");
  CHECK(outcome.error().sent);
  CHECK_FALSE(outcome.error().retryable);
}

TEST_CASE("an answer larger than the limit is refused, one of exactly the limit is not") {
  in_process_transport transport(
      [](const t3api::request&) { return test::answer(200, std::string(100, 'x')); });
  CHECK(transport.send({.path = "/x"}, options(100)));
  const auto outcome = transport.send({.path = "/x"}, options(99));
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().category == error_category::protocol);
  CHECK(outcome.error().message ==
        "the answer's body is larger than the limit of 99 bytes (client_config::max_body_bytes)");
  CHECK(outcome.error().sent);
}

TEST_CASE("a cancelled request does not reach the service") {
  int calls = 0;
  in_process_transport transport([&](const t3api::request&) {
    ++calls;
    return test::answer(200);
  });
  std::stop_source stop;
  stop.request_stop();
  const auto outcome = transport.send({.path = "/x"}, options(100, stop.get_token()));
  CHECK(outcome.error().category == error_category::cancelled);
  CHECK_FALSE(outcome.error().sent);
  CHECK(calls == 0);
}
