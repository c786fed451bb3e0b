#ifndef T3API_SANDBOX_DATA_CATALOGUE_HPP
#define T3API_SANDBOX_DATA_CATALOGUE_HPP

#include <array>
#include <string_view>

#include <t3api/sandbox/data/collection.hpp>
#include <t3api/sandbox/data/items.hpp>
#include <t3api/sandbox/data/packages.hpp>
#include <t3api/sandbox/data/plants.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// All collections that are served.
inline constexpr std::array<const collection*, 9> catalogue = {
    &active_packages,   &inactive_packages, &on_hold_packages, &in_transit_packages, &items,
    &vegetative_plants, &flowering_plants,  &on_hold_plants,   &inactive_plants};

/// The collection served at that path, or nothing.
constexpr const collection* find_collection(std::string_view path) noexcept {
  for (const auto* one : catalogue) {
    if (one->path == path) return one;
  }
  return nullptr;
}

/// The collection whose report is served at that path, or nothing.
constexpr const collection* find_report(std::string_view path) noexcept {
  constexpr std::string_view ending = "/report";
  if (!path.ends_with(ending)) return nullptr;
  return find_collection(path.substr(0, path.size() - ending.size()));
}

/// Whether there is one: for a table of routes.
constexpr bool is_collection(std::string_view path) noexcept { return find_collection(path) != nullptr; }
constexpr bool is_report(std::string_view path) noexcept { return find_report(path) != nullptr; }

}  // namespace t3api::inline v0_1_0::sandbox

#endif
