#ifndef T3API_CORE_IMPL_SERVICE_ERROR_HPP
#define T3API_CORE_IMPL_SERVICE_ERROR_HPP

#include <string>
#include <string_view>

#include <t3api/core/error.hpp>
#include <t3api/core/http_date.hpp>
#include <t3api/core/json.hpp>
#include <t3api/core/redactor.hpp>
#include <t3api/core/request.hpp>
#include <t3api/core/response.hpp>
#include <t3api/core/service_error.hpp>
#include <t3api/detail/inline.hpp>
#include <t3api/detail/wipe.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

/// What an error body says: `{"error": {"message"}}` (T3), `{"message"}`, `{"detail"}`, `{"error"}` or
/// `{"errors": […]}`. Nothing when it is too large to be one.
inline std::string service_message(const response& answer) {
  constexpr std::size_t largest = 64U << 10U;
  constexpr std::size_t longest = 1000;
  if (answer.body.size() > largest) return {};
  const auto body = parse_json(answer.body);
  if (!body || !body->is_object()) return {};
  if (const auto nested = body->find("error"); nested != body->end()) {
    if (const auto text = string_member(*nested, "message")) return *text;
  }
  for (const char* name : {"message", "detail", "error"}) {
    if (const auto text = string_member(*body, name)) return *text;
  }
  for (const char* name : {"errors", "detail"}) {
    const auto list = body->find(name);
    if (list == body->end() || !list->is_array()) continue;
    std::string joined;
    for (const auto& entry : *list) {
      std::string text =
          entry.is_string() ? entry.get<std::string>() : string_member(entry, "message").value_or("");
      if (text.empty()) text = string_member(entry, "msg").value_or("");
      if (text.empty() || ("; " + joined + "; ").find("; " + text + "; ") != joined.npos) continue;
      joined += (joined.empty() ? "" : "; ") + text;
      if (joined.size() > longest) break;
    }
    if (!joined.empty()) return joined;
  }
  return {};
}

inline std::string_view advice(int status) noexcept {
  switch (status) {
    case 401: return "check the credentials";
    case 403: return "these credentials may not do this: check the licence number and the subscription";
    case 404: return "there is nothing at this path: check path and host";
    case 400:
    case 422: return "check what was sent";
    case 407: return "the proxy wants credentials: check the proxy settings";
    case 408: return "the service gave up waiting: try again";
    case 409: return "it conflicts with what the service has";
    case 429: return "too many requests: wait before the next";
    default: break;
  }
  if (status >= 300 && status < 400)
    return "t3api never follows a redirect: set the client's host to the right address";
  if (status >= 500) return "the service or Metrc behind it is in trouble: try again later";
  return "this status was not expected";
}

T3API_INLINE redactor call_secrets(const request& sent, const url& host, const client_config& config) {
  redactor known(sent, host.base_path);
  if (!config.proxy) return known;
  std::string login = config.proxy->username;
  login.append(":").append(config.proxy->password.reveal());
  known.add_login(login);
  wipe(login);
  return known;
}

/// Whether a write that was carried out may be refused so when it is repeated: what it deletes is gone, what
/// it makes is there.
constexpr bool may_come_of_repeating(int status) noexcept {
  return status == 404 || status == 409 || status == 410 || status == 412;
}

T3API_INLINE error service_error(const request& asked, const response& answer, wall_time now,
                                 const redactor& known, bool earlier_in_doubt) {
  error cause;
  cause.category = answer.status == 401 ? error_category::authentication : error_category::http;
  cause.status = answer.status;
  cause.service_message = printable(known.hide(service_message(answer)), 300);
  cause.service_request_id = printable(known.hide(answer.headers.get("X-Request-Id").value_or("")), 100);
  cause.retryable = is_retryable_status(answer.status);
  cause.sent = true;
  cause.retry_after = retry_after(answer.headers, now);
  cause.message = std::string(to_string(asked.method)) + " " + printable(known.hide(asked.path), 80) +
                  " was answered with status " + std::to_string(answer.status);
  if (!cause.service_message.empty()) cause.message += " (" + cause.service_message + ")";
  cause.maybe_done =
      earlier_in_doubt && !is_safe(asked.method) && answer.status >= 400 && answer.status < 500;
  if (!cause.maybe_done || !may_come_of_repeating(answer.status)) {
    cause.message += ": " + std::string(advice(answer.status));
    if (cause.retry_after) cause.message += ", in " + std::to_string(cause.retry_after->count()) + " s";
  }
  if (cause.maybe_done) {
    cause.message +=
        ": an earlier attempt, whose outcome is unknown, may have done it already: look before you repeat it";
  }
  return cause;
}

}  // namespace detail

T3API_INLINE void redact(error& cause, std::string_view sensitive) {
  detail::redactor known;
  known.add(sensitive);
  known.hide_in(cause);
}

T3API_INLINE error service_error(const request& asked, const response& answer, wall_time now,
                                 bool earlier_in_doubt) {
  return detail::service_error(asked, answer, now, detail::redactor(asked), earlier_in_doubt);
}

}  // namespace t3api::inline v0_1_0

#endif
