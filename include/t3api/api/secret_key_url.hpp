#ifndef T3API_API_SECRET_KEY_URL_HPP
#define T3API_API_SECRET_KEY_URL_HPP

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/auth/checks.hpp>
#include <t3api/core/request.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/core/url.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/percent.hpp>
#include <t3api/detail/wipe.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

/// Whether a part between slashes is `.` or `..`, in clear or encoded: whoever fetches the URL would take it
/// and its neighbour out.
inline bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    std::string plain;
    for (std::size_t i = 0; i < segment.size(); ++i) {
      const bool encoded_dot = iequals(segment.substr(i, 3), "%2e");
      plain += encoded_dot ? '.' : segment[i];
      if (encoded_dot) i += 2;
    }
    if (plain == "." || plain == "..") return true;
  }
  return false;
}

}  // namespace detail

/// A URL that fetches by itself, for spreadsheets and others that can send no header:
///
///     secret_key_url("https://api.trackandtrace.tools", "/v2/packages/active/report",
///                    {{"contentType", "csv"}, {"licenseNumber", "LIC-00001"}}, key)
///
/// **Such a URL is a password.** It is kept in browser histories, in the logs of proxies and servers, and in
/// every copy of a document that holds it, and whoever has it has the account until the key is deleted. Send
/// the key in a header wherever you can (`secret_key_auth`); otherwise make one key for each spreadsheet, so
/// that it can be deleted alone.
///
/// `host` is `https://host[:port][/path]`, as in `client_config`. Throws std::invalid_argument, without the
/// key in it, when the host or path cannot be used, the host would get the key unencrypted (plain http to
/// another machine), the query already holds a `secretKey`, or the key is empty or holds control bytes.
inline secret secret_key_url(std::string_view host, std::string path, query_params query, const secret& key) {
  const auto where = parse_url(host);
  if (!where) throw std::invalid_argument(where.error().message);
  if (!where->secure && !where->is_loopback()) {
    throw std::invalid_argument("a secret key must not travel unencrypted: use https:// for " +
                                where->origin());
  }
  request target{.path = std::move(path), .query = std::move(query)};
  if (const auto fault = normalise(target)) throw std::invalid_argument(fault->message);
  if (detail::has_dot_segment(where->base_path + target.path)) {
    throw std::invalid_argument("the path holds a part that is . or ..: write the path it stands for");
  }
  const bool twice = std::any_of(target.query.begin(), target.query.end(), [](const auto& parameter) {
    return detail::iequals(parameter.first, "secretKey");
  });
  if (twice) throw std::invalid_argument("the query already holds a secretKey: leave it out");
  const auto plain_key = detail::require_trimmed(key.reveal(), "secret key");

  const std::string visible = where->origin() + request_target(target, where->base_path);
  const std::string_view name = target.query.empty() ? "?secretKey=" : "&secretKey=";
  std::string text;
  text.reserve(visible.size() + name.size() + 3 * plain_key.size());  // No growth: it would leave copies.
  text.append(visible).append(name);
  detail::append_percent_encoded(text, plain_key);
  return secret(std::move(text));
}

}  // namespace t3api::inline v0_1_0

#endif
