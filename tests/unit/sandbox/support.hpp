#ifndef TESTS_UNIT_SANDBOX_SUPPORT_HPP
#define TESTS_UNIT_SANDBOX_SUPPORT_HPP

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include <t3api/core/clock.hpp>
#include <t3api/core/json.hpp>
#include <t3api/sandbox/service.hpp>
#include <tests/unit/sandbox/metrc/demo_time.hpp>

namespace sandbox_test {

using t3api::method;
using t3api::request;
using t3api::response;

inline nlohmann::json body_of(const response& answer) { return answer.json().value(); }

inline std::string message_of(const response& answer) { return body_of(answer)["error"]["message"]; }

/// A sandbox whose time stands still.
struct sandbox {
  std::shared_ptr<t3api::manual_clock> clock = std::make_shared<t3api::manual_clock>(start_of_tests());
  t3api::sandbox::service service;

  explicit sandbox(t3api::sandbox::settings settings = {},
                   const t3api::sandbox::directory& known = t3api::sandbox::demo_directory(),
                   t3api::sandbox::backing on = {})
      : service(std::move(settings), known, clock, std::move(on)) {}

  response get(const std::string& path, t3api::headers headers = {}) {
    return service.handle({.path = path, .headers = std::move(headers)});
  }
  response post(const std::string& path, const nlohmann::json& body) {
    return service.handle({.method = method::post,
                           .path = path,
                           .headers = {{"Content-Type", "application/json"}},
                           .body = body.dump()});
  }
  response get_with_token(const std::string& path, const std::string& token) {
    return get(path, {{"Authorization", "Bearer " + token}});
  }
  response get_with_key(const std::string& path, const std::string& key) {
    return get(path, {{"X-T3-API-Key", key}});
  }

  static nlohmann::json california() {
    return {{"hostname", "ca.metrc.com"}, {"username", "demo-ca"}, {"password", "demo-ca-password"}};
  }
  static nlohmann::json colorado() {
    return {{"hostname", "co.metrc.com"},
            {"username", "demo-co"},
            {"password", "demo-co-password"},
            {"email", "demo@example.com"}};
  }
  static nlohmann::json michigan() {
    return {{"hostname", "mi.metrc.com"}, {"username", "demo-mi"}, {"password", "demo-mi-password"}};
  }

  std::string token(const nlohmann::json& credentials = california()) {
    return body_of(post("/v2/auth/credentials", credentials))["accessToken"];
  }
  std::string secret_key(const nlohmann::json& credentials = california()) {
    return body_of(post("/v2/auth/secretkey", credentials))["secretKey"];
  }
};

}  // namespace sandbox_test

#endif
