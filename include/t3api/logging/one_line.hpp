#ifndef T3API_LOGGING_ONE_LINE_HPP
#define T3API_LOGGING_ONE_LINE_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <t3api/detail/utf8.hpp>

namespace t3api::inline v0_1_0::detail {

/// Whether a character could break a line, drive a terminal, or make text look other than it is: controls,
/// line separators, and those without a width or that turn the writing direction.
constexpr bool disturbs_line(std::uint32_t point) noexcept {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0xAD || point == 0x61C ||
         point == 0x180E || (point >= 0x200B && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) ||
         (point >= 0x2060 && point <= 0x206F) || point == 0xFEFF || (point >= 0xFFF9 && point <= 0xFFFB) ||
         (point >= 0xE0000 && point <= 0xE0FFF);
}

/// Foreign text as part of one line: such characters become `\uXXXX`, bytes that are no UTF-8 `?`. At most
/// `limit` bytes, cut between characters; dots follow when something was cut.
inline std::string one_line(std::string_view text, std::size_t limit) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string line;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::string piece(text.substr(i, size));
    if (!is_utf8(piece)) {
      size = 1;
      piece = "?";
    } else {
      std::uint32_t point = size == 1 ? lead : lead & (0x7FU >> size);
      for (std::size_t k = 1; k < size; ++k) {
        point = (point << 6) | (static_cast<unsigned char>(piece[k]) & 0x3FU);
      }
      if (disturbs_line(point)) {
        piece = point > 0xFFFF ? "?" : "\\u";
        for (unsigned shift = 16; point <= 0xFFFF && shift > 0;) {
          shift -= 4;
          piece += hex[(point >> shift) & 15U];
        }
      }
    }
    if (line.size() + piece.size() > limit) return line + "...";
    line += piece;
    i += size;
  }
  return line;
}

}  // namespace t3api::inline v0_1_0::detail

#endif
