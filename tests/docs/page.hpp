#ifndef T3API_TESTS_DOCS_PAGE_HPP
#define T3API_TESTS_DOCS_PAGE_HPP

// What the blocks of C++ in the pages may take for granted.

#include <chrono>
#include <cstdio>
#include <memory>
#include <stop_token>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <t3api/sandbox.hpp>
#include <t3api/t3api.hpp>

#include "tests/support/sandbox_server.hpp"
#include "tests/unit/authenticate/surroundings.hpp"

namespace t3api::test {

/// An empty working directory, a sandbox to which the environment points, and names for what readers have of
/// their own.
struct page {
  surroundings around{};
  sandbox_server box{};
  std::string host = box.url();

  std::string username = "demo-ca";
  secret password = "demo-ca-password";
  credentials user{.hostname = "ca.metrc.com", .username = username, .password = password};
  secret key = "5f0d8c1b2a495f0d8c1b2a495f0d8c1b2a495f0d8c1b2a495f0d8c1b2a495f0d";
  api_key_auth auth{"demo-api-key", "CA"};

  page() {
    around.set("T3_API_HOST", host);
    around.set("API_KEY", "demo-api-key");
    around.set("API_STATE_CODE", "CA");
  }
};

}  // namespace t3api::test

#endif
