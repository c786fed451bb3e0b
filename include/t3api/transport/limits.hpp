#ifndef T3API_TRANSPORT_LIMITS_HPP
#define T3API_TRANSPORT_LIMITS_HPP

#include <optional>
#include <string>
#include <utility>

#include <t3api/transport/concept.hpp>

namespace t3api::inline v0_1_0 {

/// The error for a call that was stopped before its transport did anything; nothing when it was not.
inline std::optional<error> stopped_before_sending(const stop_token& stop) {
  if (!stop.stop_requested()) return std::nullopt;
  return error{.category = error_category::cancelled, .message = "the call was cancelled before it was sent"};
}

/// The text of the error for a body of more than `limit` bytes.
inline std::string body_too_large(std::size_t limit) {
  return "the answer's body is larger than the limit of " + std::to_string(limit) +
         " bytes (client_config::max_body_bytes)";
}

/// The answer, or an error when its body is larger than the options allow.
inline outcome within_limits(response answer, const send_options& options) {
  if (answer.body.size() <= options.max_body_bytes) return answer;
  return error{.category = error_category::protocol,
               .message = body_too_large(options.max_body_bytes),
               .status = answer.status,
               .sent = true};
}

}  // namespace t3api::inline v0_1_0

#endif
