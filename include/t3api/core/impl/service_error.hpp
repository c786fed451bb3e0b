#ifndef T3API_CORE_IMPL_SERVICE_ERROR_HPP
#define T3API_CORE_IMPL_SERVICE_ERROR_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <t3api/core/error.hpp>
#include <t3api/core/http_date.hpp>
#include <t3api/core/json.hpp>
#include <t3api/core/json_text.hpp>
#include <t3api/core/request.hpp>
#include <t3api/core/response.hpp>
#include <t3api/core/service_error.hpp>
#include <t3api/detail/inline.hpp>
#include <t3api/detail/percent.hpp>
#include <t3api/detail/wipe.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

/// What an error body says: `{"error": {"message"}}` (T3), `{"message"}`, `{"detail"}`, `{"error"}` or
/// `{"errors": […]}`.
inline std::string service_message(const response& answer) {
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
      if (!text.empty()) joined += (joined.empty() ? "" : "; ") + text;
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

/// Whether a write that was carried out may be refused so when it is repeated: what it deletes is gone, what
/// it makes is there.
constexpr bool may_come_of_repeating(int status) noexcept {
  return status == 404 || status == 409 || status == 410 || status == 412;
}

inline void redact_as_written(error& cause, std::string_view sensitive, std::size_t shortest) {
  for (std::string* text : {&cause.service_message, &cause.message, &cause.service_request_id}) {
    for (auto at = text->find(sensitive); at != text->npos; at = text->find(sensitive, at)) {
      text->replace(at, sensitive.size(), "***");
    }
    for (auto dots = text->find("..."); dots != text->npos; dots = text->find("...", dots + 3)) {
      const auto before = std::string_view(*text).substr(0, dots);
      auto size = (std::min)(sensitive.size(), before.size());
      while (size >= shortest && !before.ends_with(sensitive.substr(0, size))) --size;
      if (size < shortest) continue;
      text->replace(dots - size, size, "***");
      dots = dots - size + 3;
    }
  }
}

}  // namespace detail

T3API_INLINE void redact(error& cause, std::string_view sensitive) {
  constexpr std::size_t shortest = 4;
  if (sensitive.size() < shortest) return;
  detail::redact_as_written(cause, sensitive, shortest);
  std::string written;
  written.reserve(6 * sensitive.size());
  detail::append_json_escaped(written, sensitive);
  if (written != sensitive) detail::redact_as_written(cause, written, shortest);
  written.clear();
  detail::append_percent_encoded(written, sensitive);
  if (written != sensitive) detail::redact_as_written(cause, written, shortest);
  detail::wipe(written);
}

T3API_INLINE error service_error(const request& asked, const response& answer, wall_time now,
                                 bool earlier_in_doubt) {
  error cause;
  cause.category = answer.status == 401 ? error_category::authentication : error_category::http;
  cause.status = answer.status;
  cause.service_message = detail::printable(detail::service_message(answer), 300);
  cause.service_request_id = detail::printable(answer.headers.get("X-Request-Id").value_or(""), 100);
  cause.retryable = is_retryable_status(answer.status);
  cause.sent = true;
  cause.retry_after = retry_after(answer.headers, now);
  cause.message = std::string(to_string(asked.method)) + " " + detail::printable(asked.path, 80) +
                  " was answered with status " + std::to_string(answer.status);
  if (!cause.service_message.empty()) cause.message += " (" + cause.service_message + ")";
  cause.maybe_done =
      earlier_in_doubt && !is_safe(asked.method) && answer.status >= 400 && answer.status < 500;
  if (!cause.maybe_done || !detail::may_come_of_repeating(answer.status)) {
    cause.message += ": " + std::string(detail::advice(answer.status));
    if (cause.retry_after) cause.message += ", in " + std::to_string(cause.retry_after->count()) + " s";
  }
  if (cause.maybe_done) {
    cause.message +=
        ": an earlier attempt, whose outcome is unknown, may have done it already: look before you repeat it";
  }
  return cause;
}

}  // namespace t3api::inline v0_1_0

#endif
