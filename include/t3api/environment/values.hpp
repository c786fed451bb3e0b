#ifndef T3API_ENVIRONMENT_VALUES_HPP
#define T3API_ENVIRONMENT_VALUES_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <t3api/detail/ascii.hpp>

namespace t3api::inline v0_1_0::detail {

/// A decimal number such as "30", "2.5" or ".5", in billionths; what is smaller still is rounded up. No sign,
/// no exponent, and no more than a billion.
inline std::optional<std::uint64_t> parse_billionths(std::string_view text) noexcept {
  constexpr std::uint64_t unit = 1'000'000'000;
  const auto dot = text.find('.');
  const auto whole_digits = text.substr(0, dot);
  const auto digits = dot == text.npos ? std::string_view() : text.substr(dot + 1);
  if (whole_digits.empty() && digits.empty()) return std::nullopt;

  const auto whole = whole_digits.empty() ? 0 : parse_decimal(whole_digits);
  if (!whole || *whole > unit) return std::nullopt;
  std::uint64_t fraction = 0;
  std::uint64_t place = unit;
  bool beyond = false;
  for (const char c : digits) {
    if (!ascii_digit(c)) return std::nullopt;
    place /= 10;
    fraction += static_cast<std::uint64_t>(c - '0') * place;
    beyond = beyond || (place == 0 && c != '0');
  }
  return *whole * unit + fraction + (beyond ? 1 : 0);
}

/// 1/0, true/false, yes/no, on/off, in any case.
inline std::optional<bool> parse_switch(std::string_view text) noexcept {
  for (const std::string_view word : {"1", "true", "yes", "on"}) {
    if (iequals(text, word)) return true;
  }
  for (const std::string_view word : {"0", "false", "no", "off"}) {
    if (iequals(text, word)) return false;
  }
  return std::nullopt;
}

}  // namespace t3api::inline v0_1_0::detail

#endif
