#ifndef T3API_SANDBOX_DATA_PACKAGES_HPP
#define T3API_SANDBOX_DATA_PACKAGES_HPP

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <t3api/sandbox/data/cell.hpp>
#include <t3api/sandbox/data/collection.hpp>
#include <t3api/sandbox/data/draw.hpp>
#include <t3api/sandbox/data/items.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Where packages are.
inline constexpr std::array<std::string_view, 3> rooms = {"Vault", "Packing Room", "Sales Floor"};

namespace packages_detail {

enum kind : unsigned { active, inactive, on_hold, in_transit };

inline constexpr std::array<std::string_view, 4> models = {"ACTIVE_PACKAGE", "INACTIVE_PACKAGE",
                                                           "ONHOLD_PACKAGE", "INTRANSIT_PACKAGE"};

enum key : unsigned {
  id,
  hostname,
  data_model,
  retrieved,
  license_number,
  label,
  item_id,
  item_name,
  item_category,
  item_quantity_type,
  item_unit,
  item_strain,
  quantity,
  unit,
  packaged_date,
  lab_testing_state,
  location,
  is_on_hold,
  is_finished,
  is_archived,
  last_modified,
  note,
  source_labels,
  finished_date,
  archived_date,
  is_in_transit,
  manifest
};

/// All members: those that only packages in transit have, what all have, those that only inactive ones have.
inline constexpr std::array<field, 27> fields = {{
    {"isInTransit", field_type::boolean, is_in_transit},
    {"transferManifestNumber", field_type::text, manifest},
    {"id", field_type::number, id},
    {"hostname", field_type::text, hostname},
    {"dataModel", field_type::text, data_model},
    {"retrievedAt", field_type::datetime, retrieved},
    {"licenseNumber", field_type::text, license_number},
    {"label", field_type::text, label},
    {"item.id", field_type::number, item_id},
    {"item.name", field_type::text, item_name},
    {"item.productCategoryName", field_type::text, item_category},
    {"item.quantityTypeName", field_type::text, item_quantity_type},
    {"item.unitOfMeasureName", field_type::text, item_unit},
    {"item.strainName", field_type::text, item_strain},
    {"quantity", field_type::number, quantity},
    {"unitOfMeasureAbbreviation", field_type::text, unit},
    {"packagedDate", field_type::datetime, packaged_date},
    {"labTestingStateName", field_type::text, lab_testing_state},
    {"locationName", field_type::text, location},
    {"isOnHold", field_type::boolean, is_on_hold},
    {"isFinished", field_type::boolean, is_finished},
    {"isArchived", field_type::boolean, is_archived},
    {"lastModified", field_type::datetime, last_modified},
    {"note", field_type::text, note},
    {"sourcePackageLabels", field_type::text, source_labels, true},
    {"finishedDate", field_type::datetime, finished_date},
    {"archivedDate", field_type::datetime, archived_date},
}};

inline constexpr std::span<const field> common_fields = std::span(fields).subspan(2, 23);
inline constexpr std::span<const field> inactive_fields = std::span(fields).subspan(2);
inline constexpr std::span<const field> in_transit_fields = std::span(fields).first(25);

inline constexpr std::array<std::string_view, 4> lab_states = {"TestPassed", "NotSubmitted",
                                                               "SubmittedForTesting", "TestFailed"};

/// Labels of each kind have serial numbers of their own.
constexpr std::uint64_t serial(unsigned of_kind, std::uint64_t row) noexcept {
  return of_kind * 100'000'000'000 + row + 1;
}

/// Of the packages that the generated ones were made of.
inline constexpr std::uint64_t first_source_serial = 900'000'000'000;

inline cell value(const data_owner& owner, unsigned of_kind, std::uint64_t row, unsigned of_key) {
  const auto draw = [&](std::uint64_t purpose, std::uint64_t below) {
    return owner.draw(of_kind == active ? 0 : scramble(of_kind), row, purpose, below);
  };
  const auto product = [&] { return draw(0, products.size()); };
  const auto packaged = [&] { return start_of_data() + std::chrono::minutes(draw(3, 525'600)); };
  const auto modified = [&] { return packaged() + std::chrono::minutes(draw(8, 43'200)); };
  switch (of_key) {
    case id: return owner.id(of_kind, row);
    case hostname: return owner.hostname;
    case data_model: return std::string(models[of_kind]);
    case license_number: return owner.license;
    case label: return owner.tag(serial(of_kind, row));
    case item_id: return item_id_of(owner, product(), draw(1, items_of_product));
    case item_name: return item_name_of(product(), draw(1, items_of_product));
    case item_category: return std::string(products[product()].category);
    case item_quantity_type: return std::string(products[product()].quantity_type);
    case item_unit: return std::string(products[product()].unit);
    case item_strain: return text_or_null(products[product()].strain);
    case quantity: {
      const bool by_weight = products[product()].quantity_type == "WeightBased";
      const auto hundredths = by_weight ? draw(2, 500'000) + 1 : (draw(2, 400) + 1) * 100;
      return static_cast<double>(hundredths) / 100;
    }
    case unit: return std::string(products[product()].unit_short);
    case packaged_date: return moment{std::chrono::floor<std::chrono::days>(packaged()), true};
    case lab_testing_state: return std::string(lab_states[draw(4, 10) < 7 ? 0 : draw(5, lab_states.size())]);
    case location: return std::string(rooms[draw(6, rooms.size())]);
    case is_on_hold: return of_kind == on_hold || (of_kind == active && draw(7, 20) == 0);
    case is_finished: return of_kind == inactive;
    case is_archived: return of_kind == inactive && draw(10, 4) == 0;
    case last_modified: return moment{modified()};
    case note: return std::string(draw(9, 8) == 0 ? "Made by the sandbox" : "");
    case source_labels: return owner.tag(first_source_serial + of_kind * 10'000'000'000 + row / 4);
    case finished_date: return moment{std::chrono::floor<std::chrono::days>(modified()), true};
    case archived_date:
      if (draw(10, 4) != 0) return {};
      return moment{std::chrono::floor<std::chrono::days>(modified()), true};
    case is_in_transit: return true;
    case manifest: return std::to_string(1'000'000 + draw(11, 1'000'000));
    default: return {};
  }
}

constexpr collection make(std::string_view path, unsigned of_kind, std::span<const field> has,
                          std::uint64_t (*size)(std::uint64_t)) noexcept {
  return {.path = path,
          .data_model = models[of_kind],
          .fields = has,
          .report_fields = "label,locationName,item.name,quantity,unitOfMeasureAbbreviation",
          .size = size,
          .value = &value,
          .row_of = [](const data_owner& owner, unsigned place,
                       std::uint64_t wanted) { return owner.row_of(place, wanted); },
          .kind = of_kind};
}

}  // namespace packages_detail

inline constexpr collection active_packages =
    packages_detail::make("/v2/packages/active", packages_detail::active, packages_detail::common_fields,
                          [](std::uint64_t packages) { return packages; });
inline constexpr collection inactive_packages = packages_detail::make(
    "/v2/packages/inactive", packages_detail::inactive, packages_detail::inactive_fields,
    [](std::uint64_t packages) { return packages / 2; });
inline constexpr collection on_hold_packages =
    packages_detail::make("/v2/packages/onhold", packages_detail::on_hold, packages_detail::common_fields,
                          [](std::uint64_t packages) { return packages / 20; });
inline constexpr collection in_transit_packages = packages_detail::make(
    "/v2/packages/intransit", packages_detail::in_transit, packages_detail::in_transit_fields,
    [](std::uint64_t packages) { return packages / 50; });

}  // namespace t3api::inline v0_1_0::sandbox

#endif
