#include <t3api/core/client_config.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>

#include "tests/support/client_kit.hpp"

#include <t3api/auth/none.hpp>
#include <t3api/client.hpp>

using namespace std::chrono_literals;
using t3api::client_config;

namespace {

std::string config_refusal(const client_config& config) {
  try {
    const test::scripted_client<t3api::no_auth> client({}, {}, config);
  } catch (const std::invalid_argument& refusal) {
    return refusal.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("the defaults are T3's service, bounded in time and size, with every protection on") {
  const client_config config;
  CHECK(config.host == "https://api.trackandtrace.tools");
  CHECK(config.timeout == 30s);
  CHECK(config.connect_timeout == 10s);
  CHECK(config.read_timeout == 30s);
  CHECK(config.max_header_bytes == 256U << 10U);
  CHECK(config.max_body_bytes == 64U << 20U);
  CHECK(config.headers.empty());
  CHECK_FALSE(config.proxy);
  CHECK_FALSE(config.dangerously_allow_plain_http);
  CHECK_FALSE(config.tls.dangerously_accept_any_certificate);
}

TEST_CASE("by default nothing is limited, logged or run elsewhere than in the client's own few threads") {
  const client_config config;
  CHECK_FALSE(config.rate_limit);
  CHECK_FALSE(config.logging.any());
  CHECK_FALSE(config.logging.with_headers);
  CHECK_FALSE(config.logging.with_body);
  CHECK_FALSE(config.executor);
  CHECK(config.async_threads == 4);
  CHECK_FALSE(config.clock);
}

TEST_CASE("a rate limit is T3's own unless it says otherwise") {
  const t3api::rate_limit limit;
  CHECK(limit.per_second * 60 == 600);
  CHECK(limit.burst == 10);
}

TEST_CASE("a client needs at least one thread for asynchronous calls") {
  CHECK(config_refusal({.async_threads = 1}) == "accepted");
  CHECK(config_refusal({.async_threads = 0}) == "client_config::async_threads must be at least 1");
}

TEST_CASE("a client shows the settings that it was made with") {
  const test::scripted_client<t3api::no_auth> client(
      {}, {},
      {.host = "https://h.example/base",
       .rate_limit = t3api::rate_limit{.per_second = 2, .burst = 3},
       .logging = {.with_body = true},
       .async_threads = 7});
  CHECK(client.config().host == "https://h.example/base");
  CHECK(client.config().rate_limit->burst == 3);
  CHECK(client.config().logging.with_body);
  CHECK(client.config().async_threads == 7);
}
