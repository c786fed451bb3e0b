#ifndef T3API_CORE_LOGIN_PATH_HPP
#define T3API_CORE_LOGIN_PATH_HPP

#include <string>
#include <string_view>

#include <t3api/detail/ascii.hpp>
#include <t3api/detail/percent.hpp>

namespace t3api::inline v0_1_0::detail {

/// A path as a service may read it: decoded, in lower case, without empty segments, `.` and what follows a
/// `;`. It starts with a slash.
inline std::string plain_path(std::string_view path) {
  std::string decoded = query_decode(path.substr(0, path.find_first_of("?#")));
  for (int again = 0; again < 2; ++again) decoded = query_decode(decoded);
  std::string plain;
  for (std::string_view rest = decoded; !rest.empty();) {
    const auto segment = rest.substr(0, rest.find_first_of("/\\"));
    rest.remove_prefix(segment.size() < rest.size() ? segment.size() + 1 : rest.size());
    const auto name = segment.substr(0, segment.find(';'));
    if (!name.empty() && name != ".") plain.append("/").append(to_lower(name));
  }
  return plain;
}

/// Whether requests to that path log in: bodies there hold credentials. The one rule for encryption, for
/// replays, for what is overwritten and for what is logged.
inline bool is_login_path(std::string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i) {  // Most paths allocate nothing.
    if (path[i] == '%' || iequals(path.substr(i, 4), "auth"))
      return (plain_path(path) + "/").find("/auth/") != std::string::npos;
  }
  return false;
}

/// What stands behind `/auth/secretkey/`, as `plain_path` has it: someone may have written the key itself in
/// the place of its id. Empty for any other path.
inline std::string secret_keys_in_path(std::string_view path) {
  constexpr std::string_view keys = "/auth/secretkey/";
  if (!is_login_path(path)) return {};
  const std::string plain = plain_path(path);
  const auto at = plain.find(keys);
  return at == plain.npos ? std::string() : plain.substr(at + keys.size());
}

}  // namespace t3api::inline v0_1_0::detail

#endif
