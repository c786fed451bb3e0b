#ifndef T3API_DETAIL_UTF8_HPP
#define T3API_DETAIL_UTF8_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace t3api::inline v0_1_0::detail {

/// A character and how many bytes it takes; 0 bytes when there is none.
struct utf8_character {
  std::uint32_t point = 0;
  std::size_t size = 0;
};

/// The character at the beginning of `text`, if well-formed UTF-8 (RFC 3629) stands there: no overlong form,
/// no surrogate, nothing above U+10FFFF.
inline utf8_character utf8_front(std::string_view text) noexcept {
  if (text.empty()) return {};
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {lead, 1};
  const std::size_t extra = lead < 0xC2 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : lead < 0xF5 ? 3 : 0;
  if (extra == 0 || text.size() <= extra) return {};
  std::uint32_t point = lead & (0x3FU >> extra);
  for (std::size_t k = 1; k <= extra; ++k) {
    const auto next = static_cast<unsigned char>(text[k]);
    if ((next & 0xC0U) != 0x80U) return {};
    point = (point << 6) | (next & 0x3FU);
  }
  const bool overlong = (extra == 2 && point < 0x800) || (extra == 3 && point < 0x10000);
  if (overlong || (point >= 0xD800 && point <= 0xDFFF) || point > 0x10FFFF) return {};
  return {point, extra + 1};
}

/// Whether `text` is well-formed UTF-8.
inline bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto character = utf8_front(text);
    if (character.size == 0) return false;
    text.remove_prefix(character.size);
  }
  return true;
}

/// Appends a character; `point` must be one that UTF-8 has a form for.
inline void append_utf8(std::string& text, std::uint32_t point) {
  const auto byte = [&](std::uint32_t bits) { text += static_cast<char>(static_cast<unsigned char>(bits)); };
  if (point < 0x80) return byte(point);
  if (point < 0x800) {
    byte(0xC0U | (point >> 6));
  } else {
    if (point < 0x10000) {
      byte(0xE0U | (point >> 12));
    } else {
      byte(0xF0U | (point >> 18));
      byte(0x80U | ((point >> 12) & 0x3FU));
    }
    byte(0x80U | ((point >> 6) & 0x3FU));
  }
  byte(0x80U | (point & 0x3FU));
}

}  // namespace t3api::inline v0_1_0::detail

#endif
