#ifndef T3API_SANDBOX_HTTP_REQUEST_HEAD_HPP
#define T3API_SANDBOX_HTTP_REQUEST_HEAD_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/headers.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/sandbox/answer.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// A request without its body.
struct request_head {
  std::string method{};
  std::string target{};  ///< Path and query as they were sent, percent-encoded.
  bool modern = true;    ///< HTTP/1.1, not 1.0.
  bool keep_alive = true;
  t3api::headers headers{};
};

/// How a body is sent.
struct body_framing {
  bool chunked = false;
  std::uint64_t length = 0;  ///< When it is not chunked.

  bool has_body() const noexcept { return chunked || length > 0; }
};

namespace request_head_detail {

inline bool is_token(std::string_view text) noexcept {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return detail::ascii_alpha(c) || detail::ascii_digit(c) || marks.find(c) != marks.npos;
  });
}

/// Takes a line with its CRLF from the front of `text`, and returns it without.
inline std::string_view take_line(std::string_view& text) noexcept {
  const auto line = text.substr(0, text.find("\r\n"));
  text.remove_prefix((std::min)(text.size(), line.size() + 2));
  return line;
}

inline bool has_element(std::string_view list, std::string_view wanted) noexcept {
  while (!list.empty()) {
    const auto element = list.substr(0, list.find(','));
    list.remove_prefix((std::min)(list.size(), element.size() + 1));
    if (detail::iequals(detail::trim(element), wanted)) return true;
  }
  return false;
}

/// Without the blanks at both ends that may surround a value, which are fewer than `detail::trim` knows.
inline std::string_view trim_blanks(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t";
  text.remove_prefix((std::min)(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// Takes the scheme and the authority from the front of a target that has them (RFC 9112 section 3.2.2), and
/// returns the authority. Throws `refusal` when there is no host in it, or a user.
inline std::optional<std::string> take_authority(std::string& target) {
  std::size_t start = 0;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (detail::iequals(std::string_view(target).substr(0, scheme.size()), scheme)) start = scheme.size();
  }
  if (start == 0) return std::nullopt;
  const auto end = (std::min)(target.find_first_of("/?", start), target.size());
  const auto authority = target.substr(start, end - start);
  if (authority.empty() || authority.front() == ':' || authority.find('@') != authority.npos) {
    throw refusal(400,
                  "the target of the request does not name a host alone: send a path, or http://host/path");
  }
  target.erase(0, end);
  if (!target.starts_with('/')) target.insert(0, "/");
  return authority;
}

}  // namespace request_head_detail

/// Reads the lines of a head, each with its CRLF, without the empty line at the end. Throws `refusal` for
/// whatever RFC 9112 does not allow or lets a server refuse: where two readers could differ about what was
/// meant, this one does not guess.
inline request_head parse_request_head(std::string_view lines) {
  using namespace request_head_detail;
  request_head head;
  const auto request_line = take_line(lines);
  const auto first = request_line.find(' '), last = request_line.rfind(' ');
  if (first == request_line.npos || first == last || detail::has_control(request_line)) {
    throw refusal(400, "the request line is not: method, target, version, with one space between them");
  }
  const auto target = request_line.substr(first + 1, last - first - 1),
             version = request_line.substr(last + 1);
  head.method = request_line.substr(0, first);
  head.target = target;
  if (!is_token(head.method) || target.empty() || target.find(' ') != target.npos) {
    throw refusal(400, "the request line is not: method, target, version, with one space between them");
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    throw refusal(400, "the version of HTTP is not one that is spoken here: use HTTP/1.1");
  }
  int hosts = 0;
  bool close = false, stay = false;
  while (!lines.empty()) {
    const auto line = take_line(lines);
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    if (colon == line.npos || !is_token(name)) {
      throw refusal(400, "a header field does not start with its name and a colon");
    }
    const auto untrimmed = line.substr(colon + 1);
    if (std::any_of(untrimmed.begin(), untrimmed.end(),
                    [](char c) { return c != '\t' && detail::ascii_control(c); })) {
      throw refusal(400, "the header '" + detail::printable(name, 60) + "' holds a control character");
    }
    const auto value = trim_blanks(untrimmed);
    if (detail::iequals(name, "Host")) ++hosts;
    if (detail::iequals(name, "Connection")) {
      close = close || has_element(value, "close");
      stay = stay || has_element(value, "keep-alive");
    }
    head.headers.add_received(std::string(name), std::string(value));
  }
  head.modern = version == "HTTP/1.1";
  if (hosts > 1 || (head.modern && hosts == 0)) throw refusal(400, "the request needs one header Host");
  if (auto authority = take_authority(head.target)) head.headers.set("Host", std::move(*authority));
  head.keep_alive = !close && (head.modern || stay);
  return head;
}

/// How the body of a request is sent. Throws `refusal` where that is in doubt (RFC 9112 section 6.3), or is
/// done in a way that is not understood here.
inline body_framing framing_of(const request_head& head) {
  int codings = 0, lengths = 0;
  std::string_view coding, length;
  for (const auto& [name, value] : head.headers) {
    if (detail::iequals(name, "Transfer-Encoding")) ++codings, coding = value;
    if (detail::iequals(name, "Content-Length")) ++lengths, length = value;
    if (detail::iequals(name, "Content-Encoding") && !detail::iequals(value, "identity")) {
      throw refusal(415, "compressed bodies are not taken here: send it as it is",
                    {{"Accept-Encoding", "identity"}});
    }
  }
  if (codings + lengths == 0) return {};
  if (codings + lengths > 1) {
    throw refusal(400, "the request states the length of its body more than once");
  }
  if (codings == 1) {
    if (!head.modern) throw refusal(400, "HTTP/1.0 knows no header Transfer-Encoding");
    if (!detail::iequals(coding, "chunked")) {
      throw refusal(501, "the only transfer coding here is chunked");
    }
    return {.chunked = true};
  }
  const auto bytes = detail::parse_decimal(length);
  if (!bytes) throw refusal(400, "the header Content-Length must be a number");
  return {.length = *bytes};
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
