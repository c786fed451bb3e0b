#ifndef T3API_LOGGING_IMPL_REDACTION_HPP
#define T3API_LOGGING_IMPL_REDACTION_HPP

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/core/headers.hpp>
#include <t3api/core/json.hpp>
#include <t3api/core/request.hpp>
#include <t3api/core/url.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/inline.hpp>
#include <t3api/detail/percent.hpp>
#include <t3api/logging/named_secrets.hpp>
#include <t3api/logging/one_line.hpp>
#include <t3api/logging/redaction.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

template <class Names>
bool listed(const Names& names, std::string_view name) {
  return std::any_of(std::begin(names), std::end(names),
                     [&](const char* known) { return iequals(known, name); });
}

inline bool may_show_parameter(std::string_view name) {
  constexpr const char* shown[] = {"licenseNumber",
                                   "page",
                                   "pageSize",
                                   "sort",
                                   "filter",
                                   "filterLogic",
                                   "strictPagination",
                                   "contentType",
                                   "fieldnames",
                                   "prependCsvMetadata",
                                   "submit"};
  return listed(shown, name);
}

inline bool may_show_header(std::string_view name) {
  constexpr const char* shown[] = {"Accept",
                                   "Accept-Encoding",
                                   "Accept-Language",
                                   "Accept-Ranges",
                                   "Age",
                                   "Allow",
                                   "Cache-Control",
                                   "Connection",
                                   "Content-Encoding",
                                   "Content-Language",
                                   "Content-Length",
                                   "Content-Type",
                                   "Date",
                                   "ETag",
                                   "Expires",
                                   "Host",
                                   "Idempotency-Key",
                                   "If-None-Match",
                                   "If-Modified-Since",
                                   "Keep-Alive",
                                   "Last-Modified",
                                   "Retry-After",
                                   "Server",
                                   "Transfer-Encoding",
                                   "User-Agent",
                                   "Vary",
                                   "X-RateLimit-Limit",
                                   "X-RateLimit-Remaining",
                                   "X-RateLimit-Reset",
                                   "X-Request-Id"};
  return listed(shown, name);
}

/// A path in lower case, decoded and without empty segments: what a service may take it for.
inline std::string plain_path(std::string_view path) {
  std::string plain;
  for (const char c : to_lower(query_decode(path.substr(0, path.find_first_of("?#"))))) {
    if (c != '/' || !plain.ends_with('/')) plain += c;
  }
  return plain;
}

inline bool is_authentication_path(std::string_view path) {
  return ("/" + plain_path(path) + "/").find("/auth/") != std::string::npos;
}

/// The path as it is shown, percent-encoded; behind `/auth/secretkey/` stands the name of a key.
inline std::string shown_path(std::string_view path, const std::vector<std::string_view>& known) {
  constexpr std::string_view kept = "/%:@!$&'()*+,;=";
  constexpr std::string_view keys = "/auth/secretkey/";
  std::string shown;
  const std::string plain = plain_path(path);
  if (const auto at = plain.find(keys); at != plain.npos && plain.size() > at + keys.size()) {
    append_percent_encoded(shown, plain.substr(0, at + keys.size()), kept);
    return shown.append(hidden);
  }
  append_percent_encoded(shown, hide_secrets(path, known), kept);
  return shown;
}

inline void append_shown_parameter(std::string& shown, const std::pair<std::string, std::string>& parameter,
                                   const std::vector<std::string_view>& known) {
  constexpr std::size_t longest_name = 40;
  const auto& [name, value] = parameter;
  shown += shown.find('?') == shown.npos ? '?' : '&';
  if (may_show_parameter(name)) {
    shown.append(name).append("=");
    append_percent_encoded(shown, hide_secrets(value, known), "*:,");
  } else if (value.empty() || name.size() > longest_name) {  // The name itself may be what was to be hidden.
    shown.append(hidden);
  } else {
    append_percent_encoded(shown, hide_secrets(name, known), "*");
    shown.append("=").append(hidden);
  }
}

/// Where `sent` goes, as it may be shown; see `redacted_url`.
inline std::string shown_url(const url& host, const request& sent,
                             const std::vector<std::string_view>& known) {
  constexpr std::size_t longest = 2000;
  const auto target = std::string_view(sent.path).substr(0, sent.path.find('#'));
  const auto mark = (std::min)(target.find('?'), target.size());
  std::string path = host.base_path;
  path += target.starts_with('/') && !target.starts_with("//") ? target.substr(0, mark) : "/***";
  std::string shown = one_line(host.origin(), longest) + shown_path(path, known);
  if (mark < target.size()) {
    for (const auto& parameter : decode_query(target.substr(mark + 1))) {
      append_shown_parameter(shown, parameter, known);
    }
  }
  for (const auto& parameter : sent.query) append_shown_parameter(shown, parameter, known);
  return one_line(shown, longest);
}

/// The fields, with the values that may be shown; see `redacted_headers`.
inline headers shown_headers(const headers& fields, const std::vector<std::string_view>& known) {
  constexpr std::size_t longest_name = 60;
  constexpr std::size_t longest_value = 300;
  headers shown;
  shown.reserve(fields.size());
  for (const auto& [name, value] : fields) {
    shown.add_received(
        one_line(hide_known_secrets(name, known), longest_name),
        may_show_header(name) ? one_line(hide_secrets(value, known), longest_value) : std::string(hidden));
  }
  return shown;
}

inline bool is_json_type(std::string_view content_type) {
  const auto type = to_lower(trim(content_type.substr(0, content_type.find(';'))));
  return type == "application/json" || type == "text/json" || type.ends_with("+json");
}

/// Whether an object is about a secret that it names in a value, as `{"name": "password", "value": …}` and
/// `{"loc": ["body", "password"], "input": …}` are.
inline bool tells_secret_name(const nlohmann::json& object) {
  const auto is_secret_name = [](const nlohmann::json& value) {
    return value.is_string() && names_secret(value.get_ref<const std::string&>());
  };
  for (const char* member : {"name", "key", "field", "header", "param", "parameter", "loc", "path"}) {
    const auto found = object.find(member);
    if (found == object.end()) continue;
    if (is_secret_name(*found)) return true;
    if (found->is_array() && std::any_of(found->begin(), found->end(), is_secret_name)) return true;
  }
  return false;
}

/// What may be shown of a value. `room` is how many bytes are wanted yet; what would come after is left out.
inline nlohmann::json shown_json(const nlohmann::json& value, const std::vector<std::string_view>& known,
                                 std::size_t& room) {
  const auto use = [&room](std::size_t bytes) { room -= (std::min)(room, bytes); };
  use(1);
  if (value.is_string()) {
    std::string text = hide_secrets(value.get_ref<const std::string&>(), known);
    use(text.size());
    return text;
  }
  if (value.is_array()) {
    auto shown = nlohmann::json::array();
    for (auto entry = value.begin(); entry != value.end() && room > 0; ++entry) {
      shown.push_back(shown_json(*entry, known, room));
    }
    return shown;
  }
  if (!value.is_object()) return value;
  auto shown = nlohmann::json::object();
  const bool about_secret = tells_secret_name(value);
  for (auto member = value.begin(); member != value.end() && room > 0; ++member) {
    const std::string& name = member.key();
    const bool secret = names_secret(name) || (about_secret && (name == "value" || name == "input"));
    shown[hide_secrets(name, known)] =
        secret ? nlohmann::json(hidden) : shown_json(member.value(), known, room);
  }
  return shown;
}

/// A body as it may be shown, without `known`; see `redacted_body`.
inline std::string shown_body(std::string_view path, std::string_view content_type, std::string_view body,
                              const std::vector<std::string_view>& known) {
  constexpr std::size_t longest = 2000;
  constexpr std::size_t longest_type = 60;
  constexpr std::size_t largest_parsed = 8U << 20U;
  if (body.empty()) return {};
  if (is_authentication_path(path)) return "(not shown: authentication)";
  const std::string size = std::to_string(body.size()) + " bytes";
  if (is_json_type(content_type) && body.size() <= largest_parsed) {
    const auto value = parse_json(body);
    if (value && value->is_structured()) {  // A lone text could be a token.
      std::size_t room = 2 * longest;       // More than is shown, so that what was left out is told as cut.
      const auto text =
          shown_json(*value, known, room).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      auto shown = one_line(text, longest);
      if (shown.ends_with("...") || room == 0) shown += " (" + size + " in all)";
      return shown;
    }
  }
  const auto type =
      content_type.empty() ? "no type" : one_line(hide_secrets(content_type, known), longest_type);
  return "(" + size + " of " + type + ")";
}

}  // namespace detail

T3API_INLINE std::string redacted_url(const url& host, const request& sent) {
  return detail::shown_url(host, sent, {});
}

T3API_INLINE headers redacted_headers(const headers& fields) { return detail::shown_headers(fields, {}); }

T3API_INLINE std::string redacted_body(std::string_view path, std::string_view content_type,
                                       std::string_view body) {
  return detail::shown_body(path, content_type, body, {});
}

}  // namespace t3api::inline v0_1_0

#endif
