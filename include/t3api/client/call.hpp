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
#include <t3api/logging/call_log.hpp>
#include <t3api/retry/concept.hpp>
#include <t3api/transport/concept.hpp>
#include <t3api/transport/limits.hpp>

namespace t3api::inline v0_1_0::detail {

/// Overwrites the body of a request that holds Metrc credentials, however its scope is left.
class credentials_wiper {
 public:
  credentials_wiper(request& message, const url& host) : message_(message), logs_in_(logs_in(message, host)) {
    if (logs_in_) wipe_vector_registers();
  }
  credentials_wiper(const credentials_wiper&) = delete;
  credentials_wiper& operator=(const credentials_wiper&) = delete;
  ~credentials_wiper() {
    if (!logs_in_) return;
    wipe(message_.body);
    wipe_stack();
  }

 private:
  request& message_;
  const bool logs_in_;
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
        log_(shared.config, shared.host, request_id_),
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
      if (cause.retry_after && !options_.wait_when_asked) return answer;
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
      const credentials_wiper wiper(authorised, shared_.host);
      const auto generation = shared_.auth.authorize(authorised, *this);
      if (!generation) return generation.error();
      outcome answer = dispatch(authorised, idempotent_);
      if (!answer) return answer;
      if (answer->status == 206 && !message.headers.contains("Range")) return unasked_part(message);
      if (options_.expects(answer->status)) return answer;
      const bool body_refused = !message.body.empty() && logs_in(message, shared_.host);
      const int most_replays = is_shared(*generation) ? 2 : 1;
      if (answer->status == 401 && !body_refused && replays_ < most_replays &&
          shared_.auth.on_unauthorized(*generation)) {
        ++replays_;
        continue;
      }
      return service_error(authorised, *answer, shared_.clock->wall_now(), secrets_of(authorised),
                           earlier_in_doubt_);
    }
  }

  /// Gets what the auth method needs, and sends nothing else.
  result<token_generation> authorize() {
    request nothing{.path = "/"};
    return shared_.auth.authorize(nothing, *this);
  }

  result<response> send(request message) override { return send_until(std::move(message), deadline_); }
  result<response> send_until(request message, steady_time until) override {
    const credentials_wiper wiper(message, shared_.host);
    shared_.add_defaults(message, request_id_);
    outcome answer = dispatch(message, /*idempotent=*/false, (std::min)(until, deadline_));
    if (answer && answer->status >= 400)
      secrets_of(message).hide_in(*answer);  // What the error will be made of.
    return answer;
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
    if (turn >= deadline) {
      error late = too_late("the rate limit of this client lets the call go after its deadline only");
      late.retry_after = std::chrono::ceil<std::chrono::seconds>(turn - now);
      return late;
    }
    if (turn > now && !shared_.clock->wait_until(turn, options_.stop))
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
    if (!answer) secrets_of(message).hide_in(answer.error());
    log_.received(number_, message, answer, std::chrono::steady_clock::now() - start);
    return answer;
  }

  /// A part looks like a whole answer to whoever did not ask for it (RFC 9110 section 15.3.7).
  static error unasked_part(const request& asked) {
    return {
        .category = error_category::protocol,
        .message = std::string(to_string(asked.method)) + " " + printable(asked.path, 80) +
                   " was answered with a part (206 Partial Content) that was not asked for: is there a cache "
                   "or proxy in between?",
        .status = 206,
        .sent = true};
  }

  static error too_late(std::string message) {
    return {.category = error_category::timeout, .message = std::move(message)};
  }

  redactor secrets_of(const request& sent) const { return call_secrets(sent, shared_.host, shared_.config); }

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
