#ifndef T3API_SANDBOX_HTTP_ANSWER_HEAD_HPP
#define T3API_SANDBOX_HTTP_ANSWER_HEAD_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

#include <t3api/core/response.hpp>
#include <t3api/detail/ascii.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// How an answer is to be written.
struct answer_form {
  bool head_only = false;                    ///< For HEAD: all but the body.
  bool close = false;                        ///< It is the last of its connection.
  std::chrono::milliseconds idle_timeout{};  ///< How long the connection stays open otherwise.
  std::int64_t length_error = 0;             ///< Added to Content-Length, which does not go below 0.
};

/// Whether an answer of that status has a body and its length (RFC 9110 sections 8.6, 15.4.5).
inline bool has_body(int status) noexcept { return status != 204 && status != 304; }

/// The status line and the header fields of an answer, with the empty line behind them. What frames the
/// message and tells of the connection is written here alone; a field that would break the head is left out.
/// A status that is no final one becomes 500.
inline std::string answer_head(const response& answer, const answer_form& form) {
  const int status = answer.status >= 200 && answer.status < 600 ? answer.status : 500;
  std::string head = "HTTP/1.1 " + std::to_string(status) + " \r\n";
  for (const auto& [name, value] : answer.headers) {
    const bool ours = detail::iequals(name, "Content-Length") || detail::iequals(name, "Transfer-Encoding") ||
                      detail::iequals(name, "Connection") || detail::iequals(name, "Keep-Alive");
    const bool whole = !name.empty() && name.find_first_of(": ") == name.npos && !detail::has_control(name) &&
                       !detail::has_control(value);
    if (whole && !ours) head.append(name).append(": ").append(value).append("\r\n");
  }
  if (!answer.body.empty() && !answer.headers.contains("Content-Type")) {
    head += "Content-Type: application/octet-stream\r\n";
  }
  if (has_body(status)) {
    const auto length = static_cast<std::int64_t>(answer.body.size()) + form.length_error;
    head += "Content-Length: " + std::to_string((std::max<std::int64_t>)(length, 0)) + "\r\n";
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(form.idle_timeout).count();
  head += form.close ? "Connection: close\r\n" : "Keep-Alive: timeout=" + std::to_string(seconds) + "\r\n";
  return head + "\r\n";
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
