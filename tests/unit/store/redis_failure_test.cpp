#include <doctest/doctest.h>

#include <string>

#include <t3api/store/redis_failure.hpp>

using namespace t3api;
using detail::redis_failure;

TEST_CASE("a failure names the place, what was wrong and what to do") {
  CHECK(redis_failure({}).late().message ==
        "Redis at 127.0.0.1:6379 did not answer in time: it is overloaded, stopped or too far away for the "
        "timeout");
  CHECK(redis_failure({.host = "::1", .port = 1}).lost().message ==
        "Redis at [::1]:1 closed the connection before it answered");
  CHECK(redis_failure({.unix_socket = "/run/r"}).lost().message.find("Redis at /run/r ") == 0);
  CHECK(redis_failure({}).late().category == error_category::timeout);
  CHECK(redis_failure({}).busy().category == error_category::timeout);
  CHECK(redis_failure({}).lost().category == error_category::transport);
}

TEST_CASE("what Redis says is told apart by its first word and never repeated") {
  const redis_failure failure({});
  CHECK(failure.refused("NOAUTH Authentication required.").message.find("wants a login") !=
        std::string::npos);
  CHECK(failure.refused("READONLY You can't").message.find("replica") != std::string::npos);
  CHECK(failure.refused("OOM").message.find("out of memory") != std::string::npos);
  for (const auto* said : {"ERR unknown command 'AUTH', with args beginning with: 'hunter2'", "hunter2", "",
                           "NOAUTHhunter2", "OOM hunter2"}) {
    CHECK(failure.refused(said).message.find("hunter2") == std::string::npos);
    CHECK_FALSE(failure.refused(said).message.empty());
  }
}
