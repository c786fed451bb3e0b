#ifndef T3API_SANDBOX_DATA_PACKAGES_HPP
#define T3API_SANDBOX_DATA_PACKAGES_HPP

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <t3api/core/clock.hpp>
#include <t3api/core/iso_time.hpp>

namespace t3api::sandbox {

namespace packages_detail {

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

struct product {
  std::string_view name, category, quantity_type, unit, unit_short, strain;
};

inline constexpr std::array<product, 6> products = {{
    {"Blue Dream Flower", "Flower", "WeightBased", "Grams", "g", "Blue Dream"},
    {"OG Kush Shake", "Shake/Trim", "WeightBased", "Grams", "g", "OG Kush"},
    {"Sour Diesel Pre-Roll 1 g", "Pre-Roll Flower", "CountBased", "Each", "ea", "Sour Diesel"},
    {"Gelato Live Resin 0.5 g", "Extract (weight - each)", "CountBased", "Each", "ea", "Gelato"},
    {"Sleepy Gummies 10 mg", "Edible (weight - each)", "CountBased", "Each", "ea", ""},
    {"Granddaddy Purple Vape 1 g", "Vape Cartridge (weight - each)", "CountBased", "Each", "ea",
     "Granddaddy Purple"},
}};

inline std::string padded(std::uint64_t number, std::size_t width) {
  std::string digits = std::to_string(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

}  // namespace packages_detail

/// Where a generated package stands.
struct package_place {
  std::uint64_t seed;  ///< Of the sandbox's settings.
  std::string_view hostname;
  std::string_view license;
  std::uint64_t index;  ///< From 0.
};

/// The active package at that place: always the same but for `retrievedAt`, with nothing stored for it.
inline nlohmann::json make_package(const package_place& place, wall_time now) {
  using namespace packages_detail;
  const std::uint64_t owner =
      scramble(place.seed ^ scramble(text_number(place.hostname)) ^ scramble(text_number(place.license) + 1));
  const auto draw = [&](std::uint64_t purpose, std::uint64_t below) {
    return scramble(owner ^ scramble(place.index * 16 + purpose)) % below;
  };
  constexpr std::array<std::string_view, 4> tests = {"TestPassed", "NotSubmitted", "SubmittedForTesting",
                                                     "TestFailed"};
  constexpr std::array<std::string_view, 3> rooms = {"Vault", "Packing Room", "Sales Floor"};

  const auto& made_of = products[draw(0, products.size())];
  const std::uint64_t product_number = draw(1, 40) + 1;
  const bool by_weight = made_of.quantity_type == "WeightBased";
  const auto hundredths = static_cast<double>(by_weight ? draw(2, 500'000) + 1 : (draw(2, 400) + 1) * 100);
  const wall_time packaged =
      std::chrono::sys_days(std::chrono::year(2024) / 1 / 1) + std::chrono::minutes(draw(3, 525'600));
  const std::string tag = "1A4" + padded(owner % 1'000'000'000, 9);
  nlohmann::json sources = nlohmann::json::array();
  sources.push_back(tag + padded(900'000'000'000 + place.index / 4, 12));
  return {{"id", owner % 1'000'000 * 1'000'000'000 + place.index + 1},
          {"hostname", place.hostname},
          {"dataModel", "ACTIVE_PACKAGE"},
          {"retrievedAt", iso_time(now)},
          {"licenseNumber", place.license},
          {"label", tag + padded(place.index + 1, 12)},
          {"item",
           {{"id", owner % 1'000'000 * 1000 + product_number},
            {"name", std::string(made_of.name) + " #" + std::to_string(product_number)},
            {"productCategoryName", made_of.category},
            {"quantityTypeName", made_of.quantity_type},
            {"unitOfMeasureName", made_of.unit},
            {"strainName", made_of.strain.empty() ? nlohmann::json() : nlohmann::json(made_of.strain)}}},
          {"quantity", hundredths / 100},
          {"unitOfMeasureAbbreviation", made_of.unit_short},
          {"packagedDate", iso_time(packaged).substr(0, 10)},
          {"labTestingStateName", tests[draw(4, 10) < 7 ? 0 : draw(5, tests.size())]},
          {"locationName", rooms[draw(6, rooms.size())]},
          {"isOnHold", draw(7, 20) == 0},
          {"isFinished", false},
          {"isArchived", false},
          {"lastModified", iso_time(packaged + std::chrono::minutes(draw(8, 43'200)))},
          {"note", draw(9, 8) == 0 ? "Made by the sandbox" : ""},
          {"sourcePackageLabels", std::move(sources)}};
}

}  // namespace t3api::sandbox

#endif
