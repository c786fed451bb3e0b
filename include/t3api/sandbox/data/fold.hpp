#ifndef T3API_SANDBOX_DATA_FOLD_HPP
#define T3API_SANDBOX_DATA_FOLD_HPP

#include <cstddef>
#include <string>

#include <t3api/detail/ascii.hpp>

namespace t3api::inline v0_1_0::sandbox {

namespace fold_detail {

/// The small letter of a code point from U+0080 to U+07FF: Latin-1, Latin Extended-A, Greek and Cyrillic.
constexpr unsigned small_letter(unsigned point) noexcept {
  if (point >= 0xC0 && point <= 0xDE && point != 0xD7) return point + 0x20;
  if ((point >= 0x100 && point <= 0x12F) || (point >= 0x132 && point <= 0x137) ||
      (point >= 0x14A && point <= 0x177)) {
    return point | 1U;
  }
  if (((point >= 0x139 && point <= 0x147) || (point >= 0x179 && point <= 0x17D)) && point % 2 == 1) {
    return point + 1;
  }
  if (point >= 0x391 && point <= 0x3AB && point != 0x3A2) return point + 0x20;
  if (point == 0x386) return 0x3AC;
  if (point >= 0x388 && point <= 0x38A) return point + 0x25;
  if (point == 0x38C) return 0x3CC;
  if (point == 0x38E || point == 0x38F) return point + 0x3F;
  if (point == 0x178) return 0xFF;
  if (point >= 0x400 && point <= 0x40F) return point + 0x50;
  if (point >= 0x410 && point <= 0x42F) return point + 0x20;
  return point;
}

}  // namespace fold_detail

/// Makes letters small, so that texts that differ in case alone become equal; their length stays. For UTF-8,
/// of which other bytes are left alone; knows the letters of ASCII, Latin-1, Latin Extended-A, Greek and
/// Cyrillic.
inline void fold_case(std::string& text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      text[i] = detail::ascii_lower(text[i]);
    } else if (lead >= 0xC2 && lead <= 0xDF && i + 1 < text.size()) {
      const auto next = static_cast<unsigned char>(text[i + 1]);
      if ((next & 0xC0U) != 0x80U) continue;
      const unsigned point = fold_detail::small_letter(((lead & 0x1FU) << 6U) | (next & 0x3FU));
      text[i] = static_cast<char>(0xC0U | (point >> 6U));
      text[++i] = static_cast<char>(0x80U | (point & 0x3FU));
    }
  }
}

inline std::string folded(std::string text) noexcept {
  fold_case(text);
  return text;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
