#ifndef T3API_DETAIL_UUID_HPP
#define T3API_DETAIL_UUID_HPP

#include <array>
#include <cstddef>
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
  std::array<unsigned char, 16> bytes{};
  fill_with_random(bytes.data(), bytes.size());
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x40U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr std::string_view shape = "xx-x-x-x-xxx";  // An x for two bytes.
  std::string text;
  text.reserve(36);
  std::size_t next = 0;
  for (const char c : shape) {
    if (c == '-') {
      text += c;
      continue;
    }
    for (const std::size_t end = next + 2; next < end; ++next) {
      text += digits[bytes[next] >> 4U];
      text += digits[bytes[next] & 15U];
    }
  }
  return text;
}

}  // namespace t3api::detail

#endif
