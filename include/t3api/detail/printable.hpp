#ifndef T3API_DETAIL_PRINTABLE_HPP
#define T3API_DETAIL_PRINTABLE_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <t3api/detail/utf8.hpp>

namespace t3api::inline v0_1_0::detail {

constexpr bool is_control(std::uint32_t point) noexcept {
  return point < 0x20 || (point >= 0x7F && point < 0xA0);
}

/// Whether a character can drive a terminal, break a line, or make text look other than it is: controls, line
/// separators, and what has no width or turns the writing direction (Unicode: Cc, Cf, Zl, Zp,
/// Default_Ignorable_Code_Point, noncharacters).
constexpr bool is_unprintable(std::uint32_t point) noexcept {
  constexpr std::uint32_t ranges[][2] = {
      {0xAD, 0xAD},       {0x34F, 0x34F},     {0x600, 0x605},     {0x61C, 0x61C},     {0x6DD, 0x6DD},
      {0x70F, 0x70F},     {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},
      {0x2028, 0x202E},   {0x2060, 0x206F},   {0x3164, 0x3164},   {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F},
      {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD},
      {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};
  if (is_control(point) || (point & 0xFFFEU) == 0xFFFEU) return true;
  for (const auto& range : ranges) {
    if (point >= range[0] && point <= range[1]) return true;
  }
  return false;
}

/// Foreign text as part of one line: what is unprintable becomes `\uXXXX` (`?` above U+FFFF), bytes that are
/// no UTF-8 become `?`. At most `limit` bytes, cut between characters; dots follow when something was cut.
/// With `blank_controls` control characters become as many spaces as they have bytes.
inline std::string one_line(std::string_view text, std::size_t limit, bool blank_controls = false) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string line;
  while (!text.empty()) {
    const auto [point, size] = utf8_front(text);
    std::string piece(text.substr(0, size));
    if (size == 0 || (is_unprintable(point) && point > 0xFFFF)) {
      piece = "?";
    } else if (blank_controls && is_control(point)) {
      piece.assign(size, ' ');
    } else if (is_unprintable(point)) {
      piece = "\\u";
      for (int shift = 12; shift >= 0; shift -= 4) piece += hex[(point >> shift) & 15U];
    }
    if (line.size() + piece.size() > limit) return line + "...";
    line += piece;
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return line;
}

/// Foreign text made fit for a sentence: `one_line` with spaces in the place of control characters.
inline std::string printable(std::string_view text, std::size_t limit) {
  return one_line(text, limit, /*blank_controls=*/true);
}

}  // namespace t3api::inline v0_1_0::detail

#endif
