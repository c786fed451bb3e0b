#ifndef T3API_LOGGING_CALL_LOG_HPP
#define T3API_LOGGING_CALL_LOG_HPP

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <t3api/core/error.hpp>
#include <t3api/core/logging_hooks.hpp>
#include <t3api/core/response.hpp>
#include <t3api/core/result.hpp>
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
  call_log(const logging_hooks& hooks, const url& host, std::string_view request_id) noexcept
      : hooks_(hooks), host_(host), request_id_(request_id) {}

  void sending(int attempt, const request& sent) const noexcept;

  /// `sent` is the request as it went out, authorised: what is hidden of it is hidden in the answer as well.
  void received(int attempt, const request& sent, const result<response>& answer,
                std::chrono::steady_clock::duration elapsed) const noexcept;

  void retrying(int attempt, const error& cause, std::chrono::milliseconds pause) const noexcept;

  /// Fills in the request id.
  void renewed(renewal_event event) const noexcept;

 private:
  headers shown_fields(const headers& fields, const std::vector<std::string_view>& known) const;
  std::string shown_content(const request& sent, const headers& fields, std::string_view body,
                            const std::vector<std::string_view>& known) const;

  const logging_hooks& hooks_;
  const url& host_;
  std::string_view request_id_;
};

}  // namespace t3api::inline v0_1_0::detail

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/logging/impl/call_log.hpp>
#endif

#endif
