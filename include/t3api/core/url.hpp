#ifndef T3API_CORE_URL_HPP
#define T3API_CORE_URL_HPP

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include <t3api/core/result.hpp>
#include <t3api/detail/ascii.hpp>

namespace t3api::inline v0_1_0 {

/// Where a service lives: scheme, host, port and an optional path in front of every request's own.
struct url {
  bool secure = true;        ///< https, not http.
  std::string host;          ///< Name or address; an IPv6 address without its brackets.
  std::uint16_t port = 443;  ///< Also when the address has none: the scheme's own.
  std::string base_path;     ///< "" or "/prefix", never ending in a slash.

  /// `host:port` as a Host header has it: IPv6 in brackets, the scheme's own port left out.
  std::string authority() const {
    std::string text = host.find(':') == host.npos ? host : "[" + host + "]";
    if (port != (secure ? 443 : 80)) text += ":" + std::to_string(port);
    return text;
  }

  /// `scheme://host:port`.
  std::string origin() const { return (secure ? "https://" : "http://") + authority(); }

  /// Whether the host is this machine by its name or address: localhost, 127.0.0.0/8 or ::1.
  bool is_loopback() const noexcept {
    if (detail::iequals(host, "localhost") || host == "::1") return true;
    std::string_view rest = host;
    for (int octet = 0; octet < 4; ++octet) {
      const auto dot = octet < 3 ? rest.find('.') : rest.size();
      if (dot == rest.npos) return false;
      const auto digits = rest.substr(0, dot);
      const auto value = detail::parse_decimal(digits);
      const bool octal = digits.size() > 1 && digits.front() == '0';  // As the system's resolver reads it.
      if (!value || *value > 255 || octal || (octet == 0 && *value != 127)) return false;
      rest.remove_prefix((std::min)(rest.size(), dot + 1));
    }
    return true;
  }

  /// Whether all members are the same.
  friend bool operator==(const url&, const url&) = default;
};

namespace detail {

inline bool valid_host(std::string_view host, bool bracketed) noexcept {
  if (host.empty() || host.size() > 253) return false;
  if (bracketed && host.find(':') == host.npos) return false;
  for (const char c : host) {
    const bool hex = ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
    const bool allowed = bracketed ? hex || c == ':' || c == '.'
                                   : ascii_alpha(c) || ascii_digit(c) || c == '.' || c == '-' || c == '_';
    if (!allowed) return false;
  }
  return true;
}

}  // namespace detail

/// Reads `https://host[:port][/path]`. The error never shows a user or password that stood in the text.
inline result<url> parse_url(std::string_view text) {
  text = detail::trim(text);
  if (text.empty()) {
    return argument_error(
        "the host is empty: give the service's address, such as https://api.trackandtrace.tools");
  }
  if (detail::has_control(text) || text.find(' ') != text.npos) {
    return argument_error("the host holds a space or a control character: give it as https://host[:port]");
  }
  if (text.find('@') != text.npos) {
    return argument_error("the host must not hold a user or password: credentials belong in an auth method");
  }
  // A secret key may stand in a query.
  const std::string shown =
      "the host '" + detail::printable(text.substr(0, text.find_first_of("?#")), 100) + "' ";

  url parsed;
  const auto scheme_end = text.find("://");
  if (scheme_end == text.npos) {
    return argument_error(shown + "has no scheme: write https:// in front of it");
  }
  const auto scheme = text.substr(0, scheme_end);
  parsed.secure = detail::iequals(scheme, "https");
  if (!parsed.secure && !detail::iequals(scheme, "http")) {
    return argument_error(shown + "has an unknown scheme: only https and http are spoken here");
  }
  parsed.port = parsed.secure ? 443 : 80;
  text.remove_prefix(scheme_end + 3);
  if (text.find_first_of("?#\\") != text.npos) {
    return argument_error(shown +
                          "holds a query, a fragment or a backslash: give scheme, host, port and path only");
  }

  const auto path_start = text.find('/');
  auto authority = text.substr(0, path_start);
  if (path_start != text.npos) parsed.base_path = text.substr(path_start);
  while (parsed.base_path.ends_with('/')) parsed.base_path.pop_back();
  if (parsed.base_path.starts_with("//"))
    return argument_error(shown + "has a path that starts with two slashes");

  const bool bracketed = authority.starts_with('[');
  std::string_view host = authority;
  std::string_view port;
  bool has_port = false;
  if (bracketed) {
    const auto close = authority.find(']');
    if (close == authority.npos) return argument_error(shown + "opens a bracket that it does not close");
    host = authority.substr(1, close - 1);
    const auto rest = authority.substr(close + 1);
    if (!rest.empty() && rest.front() != ':')
      return argument_error(shown + "has text between the bracket and the port");
    has_port = !rest.empty();
    if (has_port) port = rest.substr(1);
  } else if (const auto colon = authority.rfind(':'); colon != authority.npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
    has_port = true;
  }
  if (!detail::valid_host(host, bracketed)) return argument_error(shown + "is no host name or address");
  parsed.host = detail::to_lower(host);
  if (has_port) {
    const auto number = detail::parse_decimal(port);
    if (!number || *number == 0 || *number > 65535) {
      return argument_error(shown + "has a port that is not a number from 1 to 65535");
    }
    parsed.port = static_cast<std::uint16_t>(*number);
  }
  return parsed;
}

}  // namespace t3api::inline v0_1_0

#endif
