#ifndef T3API_STORE_REDIS_OPTIONS_HPP
#define T3API_STORE_REDIS_OPTIONS_HPP

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/clock.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/base64url.hpp>
#include <t3api/detail/wipe.hpp>

namespace t3api::inline v0_1_0 {

/// Where Redis is and how to use it. The connection is not encrypted: what is kept is sealed before it
/// leaves, but the password is not.
struct redis_options {
  std::string host = "127.0.0.1";  ///< Name or address.
  int port = 6379;                 ///< Of the host.
  std::string unix_socket{};       ///< Path of a socket to use in place of host and port.
  std::string username{};          ///< For Redis's access control lists; empty for the default user.
  secret password{};               ///< Empty to send none.
  int database = 0;                ///< Its number.

  /// What values are encrypted with and keys are hidden with, for all who share the store: 32 random bytes,
  /// as they are, as 64 hexadecimal digits or as Base64. One who does not have it can read nothing that is
  /// kept, and nothing that is changed counts.
  secret key{};
  std::string prefix = "t3api:";  ///< What every key in Redis begins with.

  std::chrono::milliseconds timeout{250};               ///< To connect, and again for each operation.
  std::chrono::milliseconds pause_after_failure{5000};  ///< How long Redis is left alone once it failed.
  std::shared_ptr<t3api::clock> clock = std::make_shared<real_clock>();  ///< Of the pause.
};

namespace detail {

inline std::optional<std::string> decode_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes(text.size() / 2, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = ascii_lower(text[i]);
    if (!ascii_digit(c) && (c < 'a' || c > 'f')) {
      wipe(bytes);
      return std::nullopt;
    }
    const int digit = ascii_digit(c) ? c - '0' : c - 'a' + 10;
    bytes[i / 2] = static_cast<char>(static_cast<unsigned char>(bytes[i / 2]) * 16 + digit);
  }
  return bytes;
}

/// The 32 bytes behind the key of an option. Throws std::invalid_argument when there are none.
inline secret sealing_key(const secret& given) {
  constexpr std::size_t size = 32;
  const std::string_view text = given.reveal();
  if (text.size() == size) return given;
  if (text.size() == 2 * size) {
    if (auto bytes = decode_hex(text)) return secret(std::move(*bytes));
  }
  if (text.size() == 43 || text.size() == 44) {
    std::string url_safe(text);
    std::replace(url_safe.begin(), url_safe.end(), '+', '-');
    std::replace(url_safe.begin(), url_safe.end(), '/', '_');
    auto bytes = base64url_decode(url_safe);
    wipe(url_safe);
    if (bytes && bytes->size() == size) return secret(std::move(*bytes));
  }
  throw std::invalid_argument(
      std::string(text.empty() ? "redis_options has no key" : "the key in redis_options cannot be used") +
      ": give 32 random bytes, as they are, as 64 hexadecimal digits or as Base64 (make one with: openssl "
      "rand "
      "-hex 32)");
}

/// The options themselves. Throws std::invalid_argument with what to change.
inline redis_options checked(redis_options options) {
  const auto demand = [](bool met, const char* otherwise) {
    if (!met) throw std::invalid_argument(otherwise);
  };
  demand(!options.unix_socket.empty() || (!options.host.empty() && !has_control(options.host)),
         "redis_options needs a host or a unix_socket: give a name, an address or a path");
  demand(!has_control(options.unix_socket), "the unix_socket in redis_options is not a path");
  demand(options.port >= 1 && options.port <= 65535, "the port in redis_options must be from 1 to 65535");
  demand(options.database >= 0, "the database in redis_options must be 0 or more");
  demand(options.timeout >= std::chrono::milliseconds(1) && options.timeout <= std::chrono::hours(1),
         "the timeout in redis_options must be from 1 ms to 1 h");
  demand(options.pause_after_failure >= std::chrono::milliseconds(0) &&
             options.pause_after_failure <= std::chrono::hours(24),
         "pause_after_failure in redis_options must be from 0 to 24 h");
  demand(options.clock != nullptr, "the clock in redis_options must not be null");
  return options;
}

}  // namespace detail

}  // namespace t3api::inline v0_1_0

#endif
