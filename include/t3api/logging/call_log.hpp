#ifndef T3API_LOGGING_CALL_LOG_HPP
#define T3API_LOGGING_CALL_LOG_HPP

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/client_config.hpp>
#include <t3api/core/error.hpp>
#include <t3api/core/logging_hooks.hpp>
#include <t3api/core/response.hpp>
#include <t3api/core/result.hpp>
#include <t3api/core/service_error.hpp>
#include <t3api/core/url.hpp>

namespace t3api::inline v0_1_0::detail {

/// Makes an event and gives it to a hook that is set. What either throws is dropped.
template <class Hook, class Make>
void tell(const Hook& hook, Make&& make_event) noexcept {
  if (!hook) return;
  try {
    hook(make_event());
  } catch (...) {  // Logging must not change what becomes of a call.
  }
}

/// What one call tells the hooks of its client. Does nothing, and takes no memory, for a hook that is not
/// set; what a hook throws, or lack of memory for an event, never reaches the call.
class call_log {
 public:
  /// Keeps references to all three: they must outlive it.
  call_log(const client_config& config, const url& host, std::string_view request_id) noexcept
      : config_(config), host_(host), request_id_(request_id) {}

  /// `sent` is the request as it goes out, authorised: its secrets are hidden, in the answer too.
  void sending(int attempt, const request& sent) const noexcept {
    tell_of(config_.logging.on_request, {.attempt = attempt, .host = host_, .sent = sent});
  }

  void received(int attempt, const request& sent, const result<response>& answer,
                std::chrono::steady_clock::duration elapsed) const noexcept {
    tell_of(config_.logging.on_response,
            {.attempt = attempt, .host = host_, .sent = sent, .answer = &answer, .elapsed = elapsed});
  }

  void retrying(int attempt, const error& cause, std::chrono::milliseconds pause) const noexcept {
    tell(config_.logging.on_retry, [&] {
      return retry_event{.request_id = std::string(request_id_),
                         .attempt = attempt,
                         .pause = pause,
                         .reason = sentence(cause.message)};
    });
  }

  /// Fills in the request id.
  void renewed(renewal_event event) const noexcept {
    tell(config_.logging.on_renewal, [&] {
      event.request_id = request_id_;
      event.problem = sentence(event.problem);
      return std::move(event);
    });
  }

 private:
  template <class Hook>
  void tell_of(const Hook& hook, call_facts facts) const noexcept {
    tell(hook, [&] {
      facts.request_id = request_id_;
      facts.known = call_secrets(facts.sent, host_, config_);
      facts.with_headers = config_.logging.with_headers;
      facts.with_body = config_.logging.with_body;
      return hook.make(std::move(facts));
    });
  }

  static std::string sentence(std::string_view text) {
    constexpr std::size_t longest = 600;
    return one_line(redactor().hide(text), longest);
  }

  const client_config& config_;
  const url& host_;
  std::string_view request_id_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
