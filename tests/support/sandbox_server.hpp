#ifndef T3API_TESTS_SUPPORT_SANDBOX_SERVER_HPP
#define T3API_TESTS_SUPPORT_SANDBOX_SERVER_HPP

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <t3api/core/clock.hpp>
#include <t3api/core/json.hpp>
#include <t3api/sandbox/http/server.hpp>
#include <t3api/sandbox/service.hpp>

#include "tests/support/unlimited.hpp"

namespace t3api::test {

/// An HTTP server on a free loopback port that remembers what it was asked. What its function throws is
/// answered with 500.
class recording_server {
 public:
  explicit recording_server(sandbox::http_handler answer)
      : server_([this, answer = std::move(answer)](const request& asked, const sandbox::caller& from) {
          {
            const std::scoped_lock lock(mutex_);
            asked_.push_back(asked);
          }
          return answer(asked, from);
        }) {
    server_.start();
  }

  std::string url() const { return server_.url(); }

  /// The requests so far, in order.
  std::vector<request> requests() const {
    const std::scoped_lock lock(mutex_);
    return asked_;
  }

  request last_request() const { return requests().at(count() - 1); }
  nlohmann::json last_body() const { return parse_json(last_request().body).value(); }

  std::size_t count() const {
    const std::scoped_lock lock(mutex_);
    return asked_.size();
  }
  std::size_t count(std::string_view path) const {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::size_t>(
        std::count_if(asked_.begin(), asked_.end(), [&](const request& r) { return r.path == path; }));
  }

 private:
  mutable std::mutex mutex_;
  std::vector<request> asked_;
  sandbox::http_server server_;
};

/// A sandbox behind HTTP on a free loopback port, with its demo accounts.
class sandbox_server {
 public:
  explicit sandbox_server(sandbox::settings settings = unlimited(),
                          std::shared_ptr<t3api::clock> clock = std::make_shared<real_clock>())
      : service(std::move(settings), sandbox::demo_directory(), std::move(clock)) {}

  std::string url() const { return server.url(); }

  /// How many logins and exchanges there were.
  std::size_t exchanges() const {
    return server.count("/v2/auth/credentials") + server.count("/v2/auth/apikey");
  }

  sandbox::service service;
  recording_server server{
      [this](const request& asked, const sandbox::caller& from) { return service.serve(asked, from); }};
};

}  // namespace t3api::test

#endif
