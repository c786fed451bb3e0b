#ifndef T3API_SANDBOX_HTTP_ADDRESS_HPP
#define T3API_SANDBOX_HTTP_ADDRESS_HPP

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <t3api/native/socket.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// An IP address in the one spelling that all its spellings share: IPv6 as RFC 5952 wants it, and an IPv4
/// address that is mapped into IPv6 as IPv4. Any other text comes back as it is.
inline std::string plain_address(std::string_view text) {
  constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  const std::string asked(text);
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET6, asked.c_str(), bytes.data()) != 1) return asked;
  char plain[INET6_ADDRSTRLEN];
  const bool v4 = std::equal(mapped.begin(), mapped.end(), bytes.begin());
  const auto* written =
      ::inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data() + (v4 ? mapped.size() : 0), plain, sizeof(plain));
  return written ? written : asked;
}

/// What limits count a peer as: an IPv4 address, or the first 64 bits of an IPv6 address, as whoever has one
/// of these addresses has them all (RFC 6177). Any other text comes back as it is.
inline std::string counted_address(std::string_view text) {
  std::string plain = plain_address(text.substr(0, text.find('%')));
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET6, plain.c_str(), bytes.data()) != 1) return plain_address(text);
  std::fill(bytes.begin() + bytes.size() / 2, bytes.end(), static_cast<unsigned char>(0));
  char network[INET6_ADDRSTRLEN];
  const auto* written = ::inet_ntop(AF_INET6, bytes.data(), network, sizeof(network));
  return written ? std::string(written) + "/64" : plain;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
