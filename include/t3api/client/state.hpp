#ifndef T3API_CLIENT_STATE_HPP
#define T3API_CLIENT_STATE_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/client/rate_limiter.hpp>
#include <t3api/core/call_options.hpp>
#include <t3api/core/client_config.hpp>
#include <t3api/core/login_path.hpp>
#include <t3api/core/request.hpp>
#include <t3api/core/url.hpp>
#include <t3api/detail/uuid.hpp>
#include <t3api/version.hpp>

namespace t3api::inline v0_1_0::detail {

/// Whether the body of a request, or of its answer, holds credentials.
inline bool logs_in(const request& message, const url& host) {
  return is_login_path(message.path) || is_login_path(host.base_path);
}

/// What all copies of a client share, and what can be said of a request before it is sent.
template <class Transport, class Auth, class Retry>
struct client_state {
  client_state(Transport carrier_, Auth auth_, Retry retry_, client_config config_)
      : carrier(std::move(carrier_)),
        auth(std::move(auth_)),
        retry(std::move(retry_)),
        config(std::move(config_)),
        host(parse_url(config.host).value()),
        clock(config.clock ? config.clock : std::make_shared<real_clock>()),
        user_agent(config.user_agent.empty() ? "t3api/" + std::string(version_string) : config.user_agent),
        pace(config.rate_limit) {
    headers{{"User-Agent", user_agent}};
    if (auto fault = framing_header(config.headers)) throw std::invalid_argument(fault->message);
    if (config.timeout.count() <= 0 || config.connect_timeout.count() <= 0 ||
        config.read_timeout.count() <= 0) {
      throw std::invalid_argument("the time-outs of client_config must be longer than nothing");
    }
    if (config.async_threads < 1) {
      throw std::invalid_argument("client_config::async_threads must be at least 1");
    }
  }

  /// Finds what must keep the request from being sent at all.
  std::optional<error> check_request(request& message, const call_options& options) const {
    if (auto fault = normalise(message)) return fault;
    if (auto fault = check_options(options)) return fault;
    return carries_credentials(message) ? check_encryption() : std::nullopt;
  }

  /// The same for a call that consists of what the auth method sends.
  std::optional<error> check_options(const call_options& options) const {
    if (!options.timeout || options.timeout->count() > 0) return std::nullopt;
    return argument_error("the call's timeout must be longer than nothing");
  }

  /// Finds what must keep credentials from being sent.
  std::optional<error> check_encryption() const {
    const bool leaves_machine = !host.is_loopback() || config.proxy.has_value();
    if (!leaves_machine || host.secure || config.dangerously_allow_plain_http) return std::nullopt;
    return argument_error("credentials must not travel unencrypted: use https:// for " + host.origin());
  }

  /// Adds the header fields that every request has, where the caller has not set them, and the id of the
  /// call.
  void add_defaults(request& message, const std::string& request_id) const {
    const auto given = static_cast<std::ptrdiff_t>(message.headers.size());
    constexpr std::size_t own_fields = 4;
    message.headers.reserve(message.headers.size() + config.headers.size() + own_fields);
    for (const auto& [name, value] : config.headers) {
      const auto given_end = message.headers.begin() + given;
      const bool own = std::any_of(message.headers.begin(), given_end, [&wanted = name](const auto& field) {
        return iequals(field.first, wanted);
      });
      if (!own) message.headers.add(name, value);
    }
    if (!message.headers.contains("Accept")) message.headers.add_received("Accept", "application/json");
    if (!message.headers.contains("User-Agent")) message.headers.add_received("User-Agent", user_agent);
    if (!message.headers.contains("X-Request-Id")) message.headers.add_received("X-Request-Id", request_id);
  }

  /// The id of a call: the `X-Request-Id` of its request or of the client's settings, or a new one.
  std::string request_id_of(const request& message) const {
    auto given = message.headers.get("X-Request-Id");
    if (!given) given = config.headers.get("X-Request-Id");
    return given ? printable(*given, 100) : make_uuid();
  }

  static error named(error cause, const std::string& request_id) {
    cause.request_id = request_id;
    return cause;
  }

  steady_time deadline_after(std::chrono::milliseconds timeout) const {
    constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365);
    return clock->now() + (std::min)(timeout, longest);
  }

  Transport carrier;
  Auth auth;
  Retry retry;
  const client_config config;
  const url host;
  const std::shared_ptr<t3api::clock> clock;
  const std::string user_agent;
  rate_limiter pace;

 private:
  bool carries_credentials(const request& message) const {
    bool by_method = true;
    if constexpr (requires { Auth::sends_credentials; }) by_method = Auth::sends_credentials;
    const auto has = [&](const char* name) {
      return message.headers.contains(name) || config.headers.contains(name);
    };
    const bool in_body = !message.body.empty() && logs_in(message, host);
    return by_method || in_body || has("Authorization") || has("X-T3-API-Key") || has("Cookie") ||
           std::any_of(message.query.begin(), message.query.end(),
                       [](const auto& parameter) { return iequals(parameter.first, "secretKey"); });
  }
};

}  // namespace t3api::inline v0_1_0::detail

#endif
