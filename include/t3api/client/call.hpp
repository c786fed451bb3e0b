#ifndef T3API_CLIENT_CALL_HPP
#define T3API_CLIENT_CALL_HPP

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include <t3api/auth/concept.hpp>
#include <t3api/client/state.hpp>
#include <t3api/core/call_options.hpp>
#include <t3api/core/service_error.hpp>
#include <t3api/detail/wipe.hpp>
#include <t3api/logging/body_secrets.hpp>
#include <t3api/logging/call_log.hpp>
#include <t3api/retry/concept.hpp>
#include <t3api/transport/concept.hpp>
#include <t3api/transport/limits.hpp>

namespace t3api::inline v0_1_0::detail {

/// Overwrites the body of a request that holds Metrc credentials, however its scope is left.
class credentials_wiper {
 public:
  explicit credentials_wiper(request& message) noexcept : message_(message) {
    if (is_login_path(message.path)) wipe_vector_registers();
  }
  credentials_wiper(const credentials_wiper&) = delete;
  credentials_wiper& operator=(const credentials_wiper&) = delete;
  ~credentials_wiper() {
    if (is_login_path(message_.path)) wipe(message_.body);
  }

 private:
  request& message_;
};

/// One call in progress: its attempts under one deadline, one id and one stop_token. Also the way by which
/// the auth method sends requests of its own.
template <class State>
class call final : public exchange {
 public:
  call(State& shared, const call_options& options, std::string request_id, bool idempotent)
      : shared_(shared),
        options_(options),
        request_id_(std::move(request_id)),
        log_(shared.config.logging, shared.host, request_id_),
        deadline_(shared.deadline_after(options.timeout.value_or(shared.config.timeout))),
        idempotent_(idempotent) {}

  /// Makes attempts until one succeeds or the retry policy has enough. `attempt_once` gives a result.
  template <class Attempt>
  auto retried(Attempt attempt_once) -> decltype(attempt_once()) {
    bool sent = false;
    for (;; ++number_) {
      auto answer = attempt_once();
      if (answer) {
        if constexpr (requires { shared_.retry.succeeded(); }) shared_.retry.succeeded();
        return answer;
      }
      error& cause = answer.error();
      cause.request_id = request_id_;
      if (cause.service_request_id == request_id_) cause.service_request_id.clear();
      cause.attempts = number_;
      earlier_in_doubt_ = earlier_in_doubt_ || is_in_doubt(cause);
      cause.sent = sent = sent || cause.sent;
      const auto pause = shared_.retry.next_delay({.number = number_, .idempotent = idempotent_}, cause);
      if (!pause) return answer;
      const auto now = shared_.clock->now();
      if (*pause >= std::chrono::ceil<std::chrono::milliseconds>(deadline_ - now)) return answer;
      log_.retrying(number_, cause, *pause);
      if (!shared_.clock->wait_until(now + (std::max)(*pause, std::chrono::milliseconds(0)), options_.stop)) {
        cause.category = error_category::cancelled;
        cause.message = "the call was cancelled between two attempts; the last one failed: " + cause.message;
        return answer;
      }
    }
  }

  /// Authorises and sends once, and once more when the token was refused and can be renewed; twice more when
  /// the first renewal brought another process's token, which may have been refused before.
  result<response> attempt(const request& message) {
    while (true) {
      request authorised = message;
      const credentials_wiper wiper(authorised);
      const auto generation = shared_.auth.authorize(authorised, *this);
      if (!generation) return generation.error();
      outcome answer = dispatch(authorised, idempotent_);
      if (!answer) return answer;
      if (options_.expects(answer->status)) return answer;
      const bool body_refused = is_login_path(message.path) && !message.body.empty();
      const int most_replays = is_shared(*generation) ? 2 : 1;
      if (answer->status == 401 && !body_refused && replays_ < most_replays &&
          shared_.auth.on_unauthorized(*generation)) {
        ++replays_;
        continue;
      }
      error cause = service_error(message, *answer, shared_.clock->wall_now(), earlier_in_doubt_);
      hide_credentials(cause, authorised);
      return cause;
    }
  }

  /// Gets what the auth method needs, and sends nothing else.
  result<token_generation> authorize() {
    request nothing{.path = "/"};
    return shared_.auth.authorize(nothing, *this);
  }

  result<response> send(request message) override { return send_until(std::move(message), deadline_); }
  result<response> send_until(request message, steady_time until) override {
    const credentials_wiper wiper(message);
    shared_.add_defaults(message, request_id_);
    return dispatch(message, /*idempotent=*/false, (std::min)(until, deadline_));
  }
  const url& host() const noexcept override { return shared_.host; }
  t3api::clock& clock() const noexcept override { return *shared_.clock; }
  steady_time deadline() const noexcept override { return deadline_; }
  const stop_token& stop() const noexcept override { return options_.stop; }
  void report(const renewal_event& renewal) noexcept override { log_.renewed(renewal); }

 private:
  bool is_shared(token_generation generation) const {
    if constexpr (requires { shared_.auth.is_shared(generation); }) return shared_.auth.is_shared(generation);
    return false;
  }

  outcome dispatch(const request& message, bool idempotent) {
    return dispatch(message, idempotent, deadline_);
  }

  outcome dispatch(const request& message, bool idempotent, steady_time deadline) {
    if (auto stopped = stopped_before_sending(options_.stop)) return *std::move(stopped);
    const auto now = shared_.clock->now();
    if (now >= deadline) return too_late("the call's deadline passed before it was sent");
    const auto turn = shared_.pace.next_turn(now, deadline);
    if (!turn) return too_late("the rate limit of this client lets the call go after its deadline only");
    if (*turn > now && !shared_.clock->wait_until(*turn, options_.stop))
      return *stopped_before_sending(options_.stop);
    const auto& config = shared_.config;
    log_.sending(number_, message);
    const auto start = std::chrono::steady_clock::now();
    outcome answer = shared_.carrier.send(message, send_options{.host = shared_.host,
                                                                .deadline = deadline,
                                                                .stop = options_.stop,
                                                                .idempotent = idempotent,
                                                                .connect_timeout = config.connect_timeout,
                                                                .read_timeout = config.read_timeout,
                                                                .max_header_bytes = config.max_header_bytes,
                                                                .max_body_bytes = config.max_body_bytes});
    log_.received(number_, message, answer, std::chrono::steady_clock::now() - start);
    return answer;
  }

  static error too_late(std::string message) {
    return {.category = error_category::timeout, .message = std::move(message)};
  }

  /// The service may repeat in its message what it was sent.
  static void hide_credentials(error& cause, const request& sent) {
    for (const char* name : {"Authorization", "X-T3-API-Key"}) {
      const auto value = sent.headers.get(name).value_or("");
      redact(cause, value.substr(value.starts_with("Bearer ") ? 7 : 0));
    }
    for (const auto& [name, value] : sent.query) {
      if (iequals(name, "secretKey")) redact(cause, value);
    }
    const body_secrets in_body(sent.body);
    for (const auto value : in_body.values()) redact(cause, value);
  }

  State& shared_;
  const call_options& options_;
  const std::string request_id_;
  const call_log log_;
  const steady_time deadline_;
  const bool idempotent_;
  int number_ = 1;
  int replays_ = 0;
  bool earlier_in_doubt_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
