#ifndef T3API_DETAIL_UUID_HPP
#define T3API_DETAIL_UUID_HPP

#include <string>
#include <string_view>

#include <t3api/detail/crypto.hpp>

namespace t3api::detail {

/// Bytes as lower-case hexadecimal digits.
inline std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4];
    text += digits[byte & 15U];
  }
  return text;
}

/// A version 4 UUID (RFC 9562 section 5.4): 122 bits from the system's random source, in lower case.
inline std::string make_uuid() {
  std::string bytes = random_bytes(16);
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0FU) | 0x40U);
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3FU) | 0x80U);
  std::string text = hex(bytes);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) text.insert(dash, 1, '-');
  return text;
}

}  // namespace t3api::detail

#endif
