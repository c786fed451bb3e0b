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
#include <t3api/http1/fields.hpp>
#include <t3api/http1/line_reader.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/http/options.hpp>

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

/// Reads one head from bytes that come in pieces of any size. Refuses whatever RFC 9112 does not allow or
/// lets a server refuse: where two readers could differ about what was meant, this one does not guess.
class head_reader {
 public:
  explicit head_reader(const http_server_options& limits) : limits_(limits) {}

  /// Takes off the front of `wire` what belongs to the head; true when it is complete. Throws `refusal`.
  bool take(std::string_view& wire) {
    while (!wire.empty()) {
      const auto left = limits_.max_head_bytes - bytes_;
      const auto line = lines_.take(wire, (std::min)(limits_.max_line_bytes, left));
      if (!line && lines_.too_long()) throw too_long(left);
      if (!line) return false;
      bytes_ += lines_.bytes();
      if (!lines_.has_return()) throw refusal(400, "a line of the head does not end with CR and LF");
      if (started_ && line->empty()) {
        finish();
        return true;
      }
      if (started_) {
        take_field(*line);
      } else if (!line->empty()) {
        take_request_line(*line);
      } else if (std::exchange(empty_line_, true)) {  // One is forgiven (RFC 9112 section 2.2).
        throw refusal(400, "there is no request line");
      }
    }
    return false;
  }

  /// The complete head.
  request_head&& take_head() noexcept { return std::move(head_); }

 private:
  refusal too_long(std::size_t left) const {
    if (left < limits_.max_line_bytes) {
      return {431, "the head is larger than " + std::to_string(limits_.max_head_bytes) + " bytes"};
    }
    const auto limit = std::to_string(limits_.max_line_bytes) + " bytes";
    if (started_) return {431, "a header field is longer than " + limit};
    return {414, "the request line is longer than " + limit};
  }

  void take_request_line(std::string_view line) {
    started_ = true;
    const auto first = line.find(' '), last = line.rfind(' ');
    const auto target = first < last ? line.substr(first + 1, last - first - 1) : std::string_view();
    const auto version = line.substr(last + 1);
    head_.method = line.substr(0, first);
    head_.target = target;
    if (detail::has_control(line) || !detail::http1::is_token(head_.method) || target.empty() ||
        target.find(' ') != target.npos) {
      throw refusal(400, "the request line is not: method, target, version, with one space between them");
    }
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
      throw refusal(400, "the version of HTTP is not one that is spoken here: use HTTP/1.1");
    }
    head_.modern = version == "HTTP/1.1";
  }

  void take_field(std::string_view line) {
    if (head_.headers.size() == limits_.max_fields) {
      throw refusal(431, "there are more than " + std::to_string(limits_.max_fields) + " header fields");
    }
    const auto name = line.substr(0, line.find(':'));
    if (name.size() == line.size() || !detail::http1::is_token(name)) {
      throw refusal(400, "a header field does not start with its name and a colon");
    }
    if (std::any_of(line.begin(), line.end(), [](char c) { return c != '\t' && detail::ascii_control(c); })) {
      throw refusal(400, "the header '" + detail::printable(name, 60) + "' holds a control character");
    }
    detail::http1::add_field_line(head_.headers, line);
  }

  void finish() {
    const auto hosts = std::count_if(head_.headers.begin(), head_.headers.end(),
                                     [](const auto& field) { return detail::iequals(field.first, "Host"); });
    if (hosts > 1 || (head_.modern && hosts == 0)) {
      throw refusal(400, "the request needs one header Host");
    }
    take_authority();
    const bool close = detail::http1::has_element(head_.headers, "Connection", "close");
    const bool stay = detail::http1::has_element(head_.headers, "Connection", "keep-alive");
    head_.keep_alive = !close && (head_.modern || stay);
  }

  /// Takes the scheme and the authority off a target that has them, and the authority for the Host (RFC 9112
  /// section 3.2.2).
  void take_authority() {
    auto& target = head_.target;
    std::size_t start = 0;
    for (const std::string_view scheme : {"http://", "https://"}) {
      if (detail::iequals(std::string_view(target).substr(0, scheme.size()), scheme)) start = scheme.size();
    }
    if (start == 0) return;
    const auto end = (std::min)(target.find_first_of("/?", start), target.size());
    auto authority = target.substr(start, end - start);
    if (authority.empty() || authority.front() == ':' || authority.find('@') != authority.npos) {
      throw refusal(400,
                    "the target of the request does not name a host alone: send a path, or http://host/path");
    }
    target.erase(0, end);
    if (!target.starts_with('/')) target.insert(0, "/");
    head_.headers.set("Host", std::move(authority));
  }

  const http_server_options& limits_;
  detail::http1::line_reader lines_;
  request_head head_;
  std::size_t bytes_ = 0;
  bool started_ = false;  ///< The request line was there.
  bool empty_line_ = false;
};

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
