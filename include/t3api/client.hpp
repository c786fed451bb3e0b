#ifndef T3API_CLIENT_HPP
#define T3API_CLIENT_HPP

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <t3api/auth/concept.hpp>
#include <t3api/core/call_options.hpp>
#include <t3api/core/client_config.hpp>
#include <t3api/core/service_error.hpp>
#include <t3api/detail/wipe.hpp>
#include <t3api/retry/concept.hpp>
#include <t3api/transport/concept.hpp>
#include <t3api/transport/limits.hpp>
#include <t3api/version.hpp>

namespace t3api {

/// An authenticated client of the T3 API, put together from three policies. Copies are cheap and share
/// everything: connections, token and retry budget. Any number of threads may use one client, or copies of
/// it, at once.
///
/// A call authorises each attempt afresh, renews the token once and repeats the request once after a 401, and
/// asks the retry policy after each failure, all under one deadline. `send` and its short forms throw for
/// lack of memory only; `.value()` on what they give back throws the error as an exception.
template <class Transport, class Auth, class Retry>
class client {
  static_assert(transport<Transport>,
                "t3api::client: the Transport policy must have a member "
                "`t3api::outcome send(const t3api::request&, const t3api::send_options&)`");
  static_assert(auth_method<Auth>,
                "t3api::client: the Auth policy must have members "
                "`t3api::result<t3api::token_generation> authorize(t3api::request&, t3api::exchange&)` and "
                "`bool on_unauthorized(t3api::token_generation)`");
  static_assert(
      retry_policy<Retry>,
      "t3api::client: the Retry policy must have a member "
      "`std::optional<std::chrono::milliseconds> next_delay(const t3api::attempt&, const t3api::error&)`");

 public:
  /// A client with a transport of its own, made with `config`. Does no I/O. Throws std::invalid_argument when
  /// a setting of `config` cannot be used.
  explicit client(Auth auth, client_config config = {}) requires
      std::constructible_from<Transport, const client_config&> && std::default_initializable<Retry>
      : client(Transport(config), std::move(auth), Retry(), config) {}

  /// A client over a given transport. Throws as above.
  client(Transport carrier, Auth auth, client_config config = {}) requires std::default_initializable<Retry>
      : client(std::move(carrier), std::move(auth), Retry(), std::move(config)) {}

  /// A client over a given transport with a given retry policy. Throws as above.
  client(Transport carrier, Auth auth, Retry retry, client_config config = {})
      : state_(std::make_shared<state>(std::move(carrier), std::move(auth), std::move(retry),
                                       std::move(config))) {}

  /// Sends a request and gives its answer when the status is expected, or the error.
  result<response> send(request message, const call_options& options = {}) const {
    if (auto fault = check(message, options)) return *std::move(fault);
    state_->add_defaults(message);
    const auto deadline = state_->deadline_after(options.timeout.value_or(state_->config.timeout));
    const bool idempotent = options.idempotent.value_or(is_idempotent(message.method));
    call running{*state_, options, deadline, idempotent};
    bool sent = false;
    for (int number = 1;; ++number) {
      result<response> answer = running.attempt_once(message);
      if (answer) {
        if constexpr (requires { state_->retry.succeeded(); }) state_->retry.succeeded();
        return answer;
      }
      error& cause = answer.error();
      cause.attempts = number;
      cause.sent = sent = sent || cause.sent;
      const auto pause = state_->retry.next_delay({.number = number, .idempotent = idempotent}, cause);
      if (!pause) return answer;
      const auto now = state_->clock->now();
      if (*pause >= std::chrono::ceil<std::chrono::milliseconds>(deadline - now)) return answer;
      if (!state_->clock->wait_until(now + (std::max)(*pause, std::chrono::milliseconds(0)), options.stop)) {
        cause.category = error_category::cancelled;
        cause.message = "the call was cancelled between two attempts; the last one failed: " + cause.message;
        return answer;
      }
    }
  }

  /// `GET path`; parameters may stand in the path or in `query`.
  result<response> get(std::string path, query_params query = {}, const call_options& options = {}) const {
    return send({.method = method::get, .path = std::move(path), .query = std::move(query)}, options);
  }

  /// `POST path` with a JSON body.
  result<response> post(std::string path, const nlohmann::json& body,
                        const call_options& options = {}) const {
    return send_json(method::post, std::move(path), body, options);
  }

  /// `PUT path` with a JSON body.
  result<response> put(std::string path, const nlohmann::json& body, const call_options& options = {}) const {
    return send_json(method::put, std::move(path), body, options);
  }

  /// `DELETE path`.
  result<response> del(std::string path, const call_options& options = {}) const {
    return send({.method = method::delete_, .path = std::move(path)}, options);
  }

  const client_config& config() const noexcept { return state_->config; }

 private:
  struct state {
    state(Transport carrier_, Auth auth_, Retry retry_, client_config config_)
        : carrier(std::move(carrier_)),
          auth(std::move(auth_)),
          retry(std::move(retry_)),
          config(std::move(config_)),
          host(parse_url(config.host).value()),
          clock(config.clock ? config.clock : std::make_shared<real_clock>()),
          user_agent(config.user_agent.empty() ? "t3api/" + std::string(version_string) : config.user_agent) {
      headers{{"User-Agent", user_agent}};
      if (auto fault = framing_header(config.headers)) throw std::invalid_argument(fault->message);
      if (config.timeout.count() <= 0 || config.connect_timeout.count() <= 0 ||
          config.read_timeout.count() <= 0) {
        throw std::invalid_argument("the time-outs of client_config must be longer than nothing");
      }
    }

    void add_defaults(request& message) const {
      const auto given = static_cast<std::ptrdiff_t>(message.headers.size());
      constexpr std::size_t own_fields = 3;
      message.headers.reserve(message.headers.size() + config.headers.size() + own_fields);
      for (const auto& [name, value] : config.headers) {
        const auto given_end = message.headers.begin() + given;
        const bool own = std::any_of(message.headers.begin(), given_end, [&name = name](const auto& field) {
          return detail::iequals(field.first, name);
        });
        if (!own) message.headers.add(name, value);
      }
      if (!message.headers.contains("Accept")) message.headers.add_received("Accept", "application/json");
      if (!message.headers.contains("User-Agent")) message.headers.add_received("User-Agent", user_agent);
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
  };

  /// One call in progress; also the way by which the auth method sends requests of its own.
  class call final : public exchange {
   public:
    call(state& shared, const call_options& options, steady_time deadline, bool idempotent)
        : shared_(shared), options_(options), deadline_(deadline), idempotent_(idempotent) {}

    /// Authorises and sends once, and once more when the token was refused and can be renewed.
    result<response> attempt_once(const request& message) {
      while (true) {
        request authorised = message;
        const auto generation = shared_.auth.authorize(authorised, *this);
        if (!generation) return generation.error();
        outcome answer = dispatch(authorised, idempotent_);
        if (!answer) return answer;
        if (options_.expects(answer->status)) return answer;
        if (answer->status == 401 && !replayed_ && shared_.auth.on_unauthorized(*generation)) {
          replayed_ = true;
          continue;
        }
        error cause = service_error(message, *answer, shared_.clock->wall_now());
        hide_credentials(cause, authorised);
        return cause;
      }
    }

    result<response> send(request message) override {
      shared_.add_defaults(message);
      outcome answer = dispatch(message, /*idempotent=*/false);
      detail::wipe(message.body);
      return answer;
    }
    const url& host() const noexcept override { return shared_.host; }
    t3api::clock& clock() const noexcept override { return *shared_.clock; }
    steady_time deadline() const noexcept override { return deadline_; }
    const std::stop_token& stop() const noexcept override { return options_.stop; }

   private:
    outcome dispatch(const request& message, bool idempotent) {
      if (auto stopped = stopped_before_sending(options_.stop)) return *std::move(stopped);
      if (shared_.clock->now() >= deadline_) {
        return error{.category = error_category::timeout,
                     .message = "the call's deadline passed before it was sent"};
      }
      const auto& config = shared_.config;
      return shared_.carrier.send(message, send_options{.host = shared_.host,
                                                        .deadline = deadline_,
                                                        .stop = options_.stop,
                                                        .idempotent = idempotent,
                                                        .connect_timeout = config.connect_timeout,
                                                        .read_timeout = config.read_timeout,
                                                        .max_header_bytes = config.max_header_bytes,
                                                        .max_body_bytes = config.max_body_bytes});
    }

    /// The service may repeat in its message what it was sent.
    static void hide_credentials(error& cause, const request& sent) {
      for (const char* name : {"Authorization", "X-T3-API-Key"}) {
        const auto value = sent.headers.get(name).value_or("");
        redact(cause, value.substr(value.starts_with("Bearer ") ? 7 : 0));
      }
      for (const auto& [name, value] : sent.query) {
        if (detail::iequals(name, "secretKey")) redact(cause, value);
      }
    }

    state& shared_;
    const call_options& options_;
    const steady_time deadline_;
    const bool idempotent_;
    bool replayed_ = false;
  };

  /// Finds what must keep the request from being sent at all.
  std::optional<error> check(request& message, const call_options& options) const {
    if (auto fault = normalise(message)) return fault;
    if (options.timeout && options.timeout->count() <= 0) {
      return argument_error("the call's timeout must be longer than nothing");
    }
    const bool leaves_machine = !state_->host.is_loopback() || state_->config.proxy.has_value();
    const bool in_clear =
        leaves_machine && !state_->host.secure && !state_->config.dangerously_allow_plain_http;
    if (in_clear && carries_credentials(message)) {
      return argument_error("credentials must not travel unencrypted: use https:// for " +
                            state_->host.origin());
    }
    return std::nullopt;
  }

  bool carries_credentials(const request& message) const {
    bool by_method = true;
    if constexpr (requires { Auth::sends_credentials; }) by_method = Auth::sends_credentials;
    const auto has = [&](const char* name) {
      return message.headers.contains(name) || state_->config.headers.contains(name);
    };
    const bool in_body =
        !message.body.empty() && (state_->host.base_path + message.path).find("/auth/") != std::string::npos;
    return by_method || in_body || has("Authorization") || has("X-T3-API-Key") || has("Cookie") ||
           std::any_of(message.query.begin(), message.query.end(),
                       [](const auto& parameter) { return detail::iequals(parameter.first, "secretKey"); });
  }

  result<response> send_json(method how, std::string path, const nlohmann::json& body,
                             const call_options& options) const {
    auto text = json_body(body);
    if (!text) return text.error();
    return send({.method = how,
                 .path = std::move(path),
                 .headers = {{"Content-Type", "application/json"}},
                 .body = *std::move(text)},
                options);
  }

  std::shared_ptr<state> state_;
};

}  // namespace t3api

#endif
