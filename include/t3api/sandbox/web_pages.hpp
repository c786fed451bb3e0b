#ifndef T3API_SANDBOX_WEB_PAGES_HPP
#define T3API_SANDBOX_WEB_PAGES_HPP

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <t3api/core/headers.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/native/socket.hpp>
#include <t3api/sandbox/answer.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Whether a Host, with or without a port, is one by which this service is reached: an IP address, localhost
/// or a name below it, a name without a dot, or one of `names`. The first ones no web site can have as its
/// own name, so no page can be behind them whose name was pointed at this machine (DNS rebinding).
inline bool is_own_host(std::string_view host, const std::vector<std::string>& names) {
  if (host.starts_with('[')) {
    return detail::is_address(std::string(host.substr(1, host.find(']') - 1)));
  }
  auto name = host.substr(0, host.find(':'));
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty()) return false;
  constexpr std::string_view below = ".localhost";
  const bool local =
      name.size() > below.size() && detail::iequals(name.substr(name.size() - below.size()), below);
  return local || name.find_first_of(".@") == name.npos || detail::is_address(std::string(name)) ||
         std::any_of(names.begin(), names.end(), [&](const auto& own) { return detail::iequals(own, name); });
}

/// Refuses a request to a name that is not this service's: it comes from a web page of that name. A request
/// without a Host comes from no browser. Throws `refusal`.
inline void refuse_foreign_host(const headers& fields, const std::vector<std::string>& names) {
  for (const auto& [name, value] : fields) {
    if (!detail::iequals(name, "Host") || is_own_host(value, names)) continue;
    throw refusal(
        403,
        "the request is for a host of another name: ask for localhost or an IP address, or give the "
        "sandbox this name with --name");
  }
}

/// Refuses what a web page of another site makes a browser send. Each of the fields must be right, if there
/// are several. Throws `refusal`.
inline void refuse_foreign_page(const headers& fields) {
  const auto host = fields.get("Host").value_or("");
  const auto is_foreign = [&](std::string_view name, std::string_view value) {
    if (detail::iequals(name, "Sec-Fetch-Site")) return value != "same-origin" && value != "none";
    if (!detail::iequals(name, "Origin")) return false;
    const auto scheme = value.find("://");
    return scheme == value.npos || host.empty() || !detail::iequals(value.substr(scheme + 3), host);
  };
  for (const auto& [name, value] : fields) {
    if (is_foreign(name, value)) {
      throw refusal(
          403, "this request comes from a web page of another site: only pages of this service may send it");
    }
  }
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
