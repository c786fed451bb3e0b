#ifndef T3API_HTTP1_REQUEST_HEAD_HPP
#define T3API_HTTP1_REQUEST_HEAD_HPP

#include <string>
#include <string_view>

#include <t3api/core/request.hpp>
#include <t3api/core/url.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/http1/content_coding.hpp>

namespace t3api::inline v0_1_0::detail::http1 {

inline void append_field(std::string& head, std::string_view name, std::string_view value) {
  ((head += name) += ": ") += value;
  head += "\r\n";
}

/// The head of a request to `host` as it goes over the wire. `proxy_credentials` is null when it goes there
/// directly or through a tunnel, else what the proxy wants in Proxy-Authorization, perhaps nothing: the
/// request line has the whole address then (RFC 9112 section 3.2.2).
/// `more`: how many bytes will be appended; there is room for all from the beginning, so that no copy of a
/// credential is left behind.
inline std::string request_head(const request& message, const url& host, const std::string* proxy_credentials,
                                std::size_t more = 0) {
  std::string head;
  constexpr std::size_t own_fields = 512, separators = 4, longest_encoding = 3;
  std::size_t size = own_fields + more + host.host.size() + longest_encoding * message.path.size();
  for (const auto& [name, value] : message.headers) size += name.size() + value.size() + separators;
  for (const auto& [name, value] : message.query) size += longest_encoding * (name.size() + value.size() + 1);
  if (proxy_credentials != nullptr) size += proxy_credentials->size() + host.host.size();
  head.reserve(size);
  (head += to_string(message.method)) += ' ';
  if (proxy_credentials != nullptr) head += host.origin();
  (head += request_target(message, host.base_path)) += " HTTP/1.1\r\n";
  append_field(head, "Host", host.authority());
  if (proxy_credentials != nullptr && !proxy_credentials->empty()) {
    append_field(head, "Proxy-Authorization", *proxy_credentials);
  }
  for (const auto& [name, value] : message.headers) append_field(head, name, value);
  if (!message.headers.contains("Accept")) append_field(head, "Accept", "*/*");
  if (!message.headers.contains("Accept-Encoding"))
    append_field(head, "Accept-Encoding", can_unpack() ? "gzip" : "identity");
  const bool usually_has_body =
      message.method == method::post || message.method == method::put || message.method == method::patch;
  if (usually_has_body || !message.body.empty()) {
    append_field(head, "Content-Length", std::to_string(message.body.size()));
  }
  return head += "\r\n";
}

/// The head of a request for a tunnel to `host` (RFC 9110 section 9.3.6).
inline std::string tunnel_head(const url& host, const std::string& proxy_credentials) {
  const bool bracketed = host.host.find(':') != std::string::npos;
  const std::string target =
      (bracketed ? "[" + host.host + "]" : host.host) + ":" + std::to_string(host.port);
  std::string head = "CONNECT " + target + " HTTP/1.1\r\n";
  append_field(head, "Host", target);
  if (!proxy_credentials.empty()) append_field(head, "Proxy-Authorization", proxy_credentials);
  return head += "\r\n";
}

}  // namespace t3api::inline v0_1_0::detail::http1

#endif
