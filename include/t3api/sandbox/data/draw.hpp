#ifndef T3API_SANDBOX_DATA_DRAW_HPP
#define T3API_SANDBOX_DATA_DRAW_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <t3api/core/clock.hpp>
#include <t3api/core/iso_time.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// SplitMix64: a number that looks random, from a number.
constexpr std::uint64_t scramble(std::uint64_t x) noexcept {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

/// FNV-1a.
constexpr std::uint64_t text_number(std::string_view text) noexcept {
  std::uint64_t number = 0xCBF29CE484222325U;
  for (const char c : text) number = (number ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return number;
}

/// So many ids has each set of data of a licence: no collection may have more rows.
inline constexpr std::uint64_t ids_of_place = 100'000'000;

/// Whose data is generated. The same seed, host and licence give the same data, with nothing stored for it.
struct data_owner {
  data_owner(std::uint64_t seed, std::string_view hostname_, std::string_view license_)
      : hostname(hostname_),
        license(license_),
        number(scramble(seed ^ scramble(text_number(hostname)) ^ scramble(text_number(license) + 1))) {}

  /// A number below `below`: one of its own for every `row` and `purpose` (below 16) and set of data.
  std::uint64_t draw(std::uint64_t set, std::uint64_t row, std::uint64_t purpose,
                     std::uint64_t below) const noexcept {
    return scramble(number ^ set ^ scramble(row * 16 + purpose)) % below;
  }

  /// The id of row `row`, which is below `ids_of_place`. Sets of data have places of their own, so that no
  /// two rows share one.
  std::uint64_t id(std::uint64_t place, std::uint64_t row) const noexcept {
    return number % 1'000'000 * 1'000'000'000 + place * ids_of_place + row + 1;
  }

  /// The row with that id in that place, or nothing.
  std::optional<std::uint64_t> row_of(std::uint64_t place, std::uint64_t wanted) const noexcept {
    const std::uint64_t first = id(place, 0);
    if (wanted < first || wanted - first >= ids_of_place) return std::nullopt;
    return wanted - first;
  }

  /// A tag as Metrc prints them, with 24 characters.
  std::string tag(std::uint64_t serial) const {
    return "1A4" + padded(number % 1'000'000'000, 9) + padded(serial, 12);
  }

  std::string hostname;
  std::string license;
  std::uint64_t number;

 private:
  static std::string padded(std::uint64_t number, std::size_t width) {
    std::string digits = std::to_string(number);
    if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
    return digits;
  }
};

/// The first minute of the generated data.
inline utc_milliseconds start_of_data() noexcept {
  return std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
