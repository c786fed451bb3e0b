#ifndef T3API_CORE_REQUEST_HPP
#define T3API_CORE_REQUEST_HPP

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/core/headers.hpp>
#include <t3api/core/result.hpp>
#include <t3api/detail/percent.hpp>

namespace t3api::inline v0_1_0 {

/// HTTP's methods, so far as T3 has a use for them.
enum class method { get, head, post, put, patch, delete_ };

/// As it stands in a request line.
constexpr std::string_view to_string(method m) noexcept {
  switch (m) {
    case method::get: return "GET";
    case method::head: return "HEAD";
    case method::post: return "POST";
    case method::put: return "PUT";
    case method::patch: return "PATCH";
    case method::delete_: return "DELETE";
  }
  return "GET";
}

/// Whether sending it twice means the same as once (RFC 9110 section 9.2.2).
constexpr bool is_idempotent(method m) noexcept { return m != method::post && m != method::patch; }

/// Whether it only reads (RFC 9110 section 9.2.1).
constexpr bool is_safe(method m) noexcept { return m == method::get || m == method::head; }

/// Query parameters in order, names may repeat; plain text, encoded when they are sent.
using query_params = std::vector<std::pair<std::string, std::string>>;

/// One HTTP request, relative to the client's host.
struct request {
  t3api::method method = t3api::method::get;  ///< What is to be done with it.
  std::string path{};    ///< Starts with one slash: "/v2/licenses". A query behind `?` is read into `query`.
  query_params query{};  ///< Plain text: encoded when it is sent.
  t3api::headers headers{};  ///< Sent with it, before those of the client.
  std::string body{};        ///< Sent as it is; its type is the header Content-Type.
};

/// The path and query of a request as they stand in a request line, percent-encoded (RFC 3986).
inline std::string request_target(const request& r, std::string_view base_path = {}) {
  constexpr std::string_view kept = "/%:@!$&'()*+,;=";
  std::string target;
  detail::append_percent_encoded(target, base_path, kept);
  detail::append_percent_encoded(target, r.path, kept);
  char separator = '?';
  for (const auto& [name, value] : r.query) {
    target += separator;
    detail::append_percent_encoded(target, name);
    target += '=';
    detail::append_percent_encoded(target, value);
    separator = '&';
  }
  return target;
}

/// The pairs of a query string, decoded, in order.
inline query_params decode_query(std::string_view encoded) {
  query_params query;
  while (!encoded.empty()) {
    const auto pair = encoded.substr(0, encoded.find('&'));
    encoded.remove_prefix((std::min)(encoded.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    query.emplace_back(detail::query_decode(pair.substr(0, equals)),
                       equals == pair.npos ? std::string() : detail::query_decode(pair.substr(equals + 1)));
  }
  return query;
}

/// The error for a header that says how the message is framed or where it goes: the transport alone writes
/// these, or one request could be read as two. Nothing when there is none.
inline std::optional<error> framing_header(const headers& fields) {
  for (const char* name : {"Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "TE",
                           "Trailer", "Upgrade", "Expect", "Proxy-Authorization", "Proxy-Connection"}) {
    if (fields.contains(name)) {
      return argument_error("the header '" + std::string(name) +
                            "' is written by the transport: leave it out");
    }
  }
  return std::nullopt;
}

/// Checks path and query, and moves a query that stands in the path into `query`. Gives the error when the
/// request must not be sent: a path with a host or without a slash, or a control byte in path, query or
/// headers.
inline std::optional<error> normalise(request& r) {
  const auto shown = [&] {
    return "the path '" + detail::printable(std::string_view(r.path).substr(0, r.path.find('?')), 80) + "' ";
  };
  if (detail::has_control(r.path)) {
    return argument_error(shown() + "holds a control character (a line break, perhaps): remove it");
  }
  if (!r.path.starts_with('/')) {
    if (r.path.find("://") != r.path.npos) {  // Not shown: a user and password may stand in it.
      return argument_error(
          "the path holds a host: the host is a setting of the client, give the path alone");
    }
    return argument_error(shown() + "does not start with a slash: write it like /v2/licenses");
  }
  if (r.path.starts_with("//") || r.path.find('\\') != r.path.npos) {
    return argument_error(shown() +
                          "could be read as another host: start it with one slash and use no backslash");
  }
  if (r.path.find('#') != r.path.npos) return argument_error(shown() + "holds a fragment (#): leave it out");
  if (const auto mark = r.path.find('?'); mark != r.path.npos) {
    query_params query = decode_query(std::string_view(r.path).substr(mark + 1));
    query.insert(query.end(), r.query.begin(), r.query.end());
    r.query = std::move(query);
    r.path.resize(mark);
  }
  for (const auto& [name, value] : r.query) {
    if (detail::has_control(name) || detail::has_control(value)) {
      return argument_error("the query parameter '" + detail::printable(name, 60) +
                            "' holds a control character (a line break, perhaps): remove it");
    }
  }
  if (auto fault = framing_header(r.headers)) return fault;
  for (const auto& [name, value] : r.headers) {  // Those that were added as received are unchecked so far.
    if (detail::has_control(name) || detail::has_control(value)) {
      return argument_error("the header '" + detail::printable(name, 60) +
                            "' holds a control character (a line break, perhaps): remove it");
    }
  }
  return std::nullopt;
}

}  // namespace t3api::inline v0_1_0

#endif
