#ifndef T3API_SANDBOX_DATA_ITEMS_HPP
#define T3API_SANDBOX_DATA_ITEMS_HPP

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <t3api/sandbox/data/cell.hpp>
#include <t3api/sandbox/data/collection.hpp>
#include <t3api/sandbox/data/draw.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// What items are variants of.
struct product {
  std::string_view name, category, category_type, quantity_type, unit, unit_short, strain;
};

inline constexpr std::array<product, 6> products = {{
    {"Blue Dream Flower", "Flower", "Buds", "WeightBased", "Grams", "g", "Blue Dream"},
    {"OG Kush Shake", "Shake/Trim", "ShakeTrim", "WeightBased", "Grams", "g", "OG Kush"},
    {"Sour Diesel Pre-Roll 1 g", "Pre-Roll Flower", "Buds", "CountBased", "Each", "ea", "Sour Diesel"},
    {"Gelato Live Resin 0.5 g", "Extract (weight - each)", "Concentrate", "CountBased", "Each", "ea",
     "Gelato"},
    {"Sleepy Gummies 10 mg", "Edible (weight - each)", "InfusedEdible", "CountBased", "Each", "ea", ""},
    {"Granddaddy Purple Vape 1 g", "Vape Cartridge (weight - each)", "Concentrate", "CountBased", "Each",
     "ea", "Granddaddy Purple"},
}};

/// Items made of each product. A licence has all of them, whatever its number of packages.
inline constexpr std::uint64_t items_of_product = 40;

inline std::uint64_t item_id_of(const data_owner& owner, std::uint64_t product, std::uint64_t number) {
  return owner.number % 1'000'000 * 1000 + product * items_of_product + number + 1;
}

inline std::string item_name_of(std::uint64_t product, std::uint64_t number) {
  return std::string(products[product].name) + " #" + std::to_string(number + 1);
}

inline cell text_or_null(std::string_view text) {
  if (text.empty()) return {};
  return std::string(text);
}

namespace items_detail {

enum key : unsigned {
  id,
  hostname,
  data_model,
  retrieved,
  license_number,
  facility,
  name,
  category,
  category_type,
  quantity_type,
  lab_testing_state,
  unit,
  approval,
  strain,
  is_used,
  is_archived,
  last_modified
};

inline constexpr std::array<field, 17> fields = {{
    {"id", field_type::number, id},
    {"hostname", field_type::text, hostname},
    {"dataModel", field_type::text, data_model},
    {"retrievedAt", field_type::datetime, retrieved},
    {"licenseNumber", field_type::text, license_number},
    {"facilityLicenseNumber", field_type::text, facility},
    {"name", field_type::text, name},
    {"productCategoryName", field_type::text, category},
    {"productCategoryTypeName", field_type::text, category_type},
    {"quantityTypeName", field_type::text, quantity_type},
    {"defaultLabTestingStateName", field_type::text, lab_testing_state},
    {"unitOfMeasureName", field_type::text, unit},
    {"approvalStatusName", field_type::text, approval},
    {"strainName", field_type::text, strain},
    {"isUsed", field_type::boolean, is_used},
    {"isArchived", field_type::boolean, is_archived},
    {"lastModified", field_type::datetime, last_modified},
}};

inline cell value(const data_owner& owner, unsigned, std::uint64_t row, unsigned of_key) {
  const std::uint64_t number = row % items_of_product;
  const std::uint64_t product = row / items_of_product;
  const auto& made_of = products[product];
  switch (of_key) {
    case id: return item_id_of(owner, product, number);
    case hostname: return owner.hostname;
    case data_model: return std::string("ACTIVE_ITEM");
    case license_number:
    case facility: return owner.license;
    case name: return item_name_of(product, number);
    case category: return std::string(made_of.category);
    case category_type: return std::string(made_of.category_type);
    case quantity_type: return std::string(made_of.quantity_type);
    case lab_testing_state: return std::string("NotSubmitted");
    case unit: return std::string(made_of.unit);
    case approval: return std::string("Approved");
    case strain: return text_or_null(made_of.strain);
    case is_used: return true;
    case is_archived: return false;
    case last_modified:
      return moment{start_of_data() +
                    std::chrono::minutes(owner.draw(scramble(text_number("items")), row, 0, 525'600))};
    default: return {};
  }
}

}  // namespace items_detail

inline constexpr collection items = {
    .path = "/v2/items",
    .data_model = "ACTIVE_ITEM",
    .fields = items_detail::fields,
    .report_fields = "name,productCategoryName,productCategoryTypeName,strainName",
    .size = [](std::uint64_t) -> std::uint64_t { return products.size() * items_of_product; },
    .value = &items_detail::value,
    .row_of = [](const data_owner& owner, unsigned, std::uint64_t wanted) -> std::optional<std::uint64_t> {
      const std::uint64_t first = item_id_of(owner, 0, 0);
      if (wanted < first) return std::nullopt;
      return wanted - first;
    },
    .kind = 0};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
