#ifndef T3API_EXAMPLES_SANDBOX_REDIS_ADDRESS_HPP
#define T3API_EXAMPLES_SANDBOX_REDIS_ADDRESS_HPP

#include <limits>
#include <string>
#include <string_view>

#include <t3api/detail/ascii.hpp>
#include <t3api/store/redis_options.hpp>

#include "arguments.hpp"

namespace redis_address_detail {

inline int number(std::string_view text, int least, int most, const char* what) {
  const auto given = t3api::detail::parse_decimal(text);
  if (!given || *given > static_cast<std::uint64_t>(most) || static_cast<int>(*given) < least) {
    throw usage_error(std::string("the ") + what + " in --redis must be a whole number from " +
                      std::to_string(least) + " to " + std::to_string(most));
  }
  return static_cast<int>(*given);
}

inline void read_host_and_port(std::string_view text, bool port_needed, t3api::redis_options& into) {
  const bool bracketed = text.starts_with('[');
  const auto host_end = bracketed ? text.find(']') : text.find(':');
  if (bracketed && host_end == text.npos) throw usage_error("the '[' in --redis has no ']'");
  into.host = text.substr(bracketed ? 1 : 0, host_end - (bracketed ? 1 : 0));
  const auto rest = host_end == text.npos ? "" : text.substr(host_end + (bracketed ? 1 : 0));
  if (into.host.empty() || t3api::detail::has_control(into.host) || (rest.empty() && port_needed) ||
      (!rest.empty() && rest[0] != ':')) {
    throw usage_error("--redis must be HOST:PORT, redis://[USER@]HOST[:PORT][/DATABASE] or unix:/PATH");
  }
  if (!rest.empty()) into.port = number(rest.substr(1), 1, 65535, "port");
}

}  // namespace redis_address_detail

/// Where Redis is: `HOST:PORT`, `redis://[USER@]HOST[:PORT][/DATABASE]` or `unix:/PATH`. Throws
/// `usage_error`, which does not repeat the text.
inline t3api::redis_options parse_redis_address(std::string_view text) {
  using namespace redis_address_detail;
  t3api::redis_options options;
  if (text.starts_with("unix:")) {
    options.unix_socket = text.substr(5);
    if (!options.unix_socket.starts_with('/') || t3api::detail::has_control(options.unix_socket)) {
      throw usage_error("the path in --redis must begin with '/', as in unix:/run/redis/redis.sock");
    }
    return options;
  }
  const bool is_url = text.starts_with("redis://");
  if (is_url) text.remove_prefix(8);
  if (const auto at = text.rfind('@'); at != text.npos) {
    const auto user = text.substr(0, at);
    if (!is_url || user.find(':') != user.npos) {
      throw usage_error(
          "--redis must not hold a password, as anybody on this machine can read arguments: put it into the "
          "environment variable T3API_SANDBOX_REDIS_PASSWORD");
    }
    options.username = user;
    text.remove_prefix(at + 1);
  }
  if (text.find("://") != text.npos) {
    throw usage_error("--redis knows redis:// only: connections to Redis are not encrypted here");
  }
  if (const auto slash = text.find('/'); is_url && slash != text.npos) {
    if (slash + 1 < text.size()) {
      options.database = number(text.substr(slash + 1), 0, (std::numeric_limits<int>::max)(), "database");
    }
    text = text.substr(0, slash);
  }
  read_host_and_port(text, !is_url, options);
  return options;
}

#endif
