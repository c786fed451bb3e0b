#ifndef T3API_CORE_ERROR_HPP
#define T3API_CORE_ERROR_HPP

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/version.hpp>

namespace t3api::inline v0_1_0 {

/// What kind of trouble it was; each has an exception type of its own in t3api/core/exceptions.hpp.
enum class error_category {
  argument,        ///< The caller gave something that cannot be sent; nothing was.
  authentication,  ///< The credentials were refused or have expired.
  http,            ///< The service answered with a status that was not expected.
  transport,       ///< No whole answer came: name, connection, TLS or a cut.
  timeout,         ///< The deadline passed.
  cancelled,       ///< The caller's stop_token asked to stop.
  protocol,        ///< An answer came that breaks HTTP, JSON or the T3 API's shapes.
};

/// The name of a category, for messages.
constexpr std::string_view to_string(error_category category) noexcept {
  switch (category) {
    case error_category::argument: return "argument";
    case error_category::authentication: return "authentication";
    case error_category::http: return "http";
    case error_category::transport: return "transport";
    case error_category::timeout: return "timeout";
    case error_category::cancelled: return "cancelled";
    case error_category::protocol: return "protocol";
  }
  return "unknown";
}

/// Why a call failed. A plain value: copy it, keep it, send it to another thread. It never holds a secret.
/// Each error of a call has its `request_id`, but for that of a JSON body that cannot be written (no object
/// or array, or something in it that JSON cannot say): such a call had not begun. Errors of functions that
/// make no call have none either.
struct error {
  error_category category = error_category::transport;  ///< What to do depends on it.
  std::string message{};                                ///< One sentence: what was wrong, where, what to do.
  int status = 0;                                       ///< HTTP status, or 0 when there was no answer.
  std::string service_message{};     ///< What the service said, cleaned of control bytes and secrets.
  std::string request_id{};          ///< The call's own id, sent as `X-Request-Id` with each of its attempts.
  std::string service_request_id{};  ///< The answer's `X-Request-Id`, when it had another.
  int attempts = 0;                  ///< How often the request was tried.
  bool retryable = false;            ///< Whether the same call could succeed later.
  bool sent = false;                 ///< Whether the service may have seen the request.
  /// Whether a write was refused (4xx) that an earlier attempt, whose outcome is unknown, may have carried
  /// out.
  bool maybe_done = false;
  std::optional<std::chrono::seconds>
      retry_after{};  ///< How long the service asked to wait (RFC 9110 section 10.2.3).
};

/// An `argument` error: nothing was sent, and no repetition can help.
inline error argument_error(std::string message) {
  return {.category = error_category::argument, .message = std::move(message)};
}

}  // namespace t3api::inline v0_1_0

#endif
