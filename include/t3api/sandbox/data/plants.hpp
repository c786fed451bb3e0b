#ifndef T3API_SANDBOX_DATA_PLANTS_HPP
#define T3API_SANDBOX_DATA_PLANTS_HPP

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <t3api/sandbox/data/cell.hpp>
#include <t3api/sandbox/data/collection.hpp>
#include <t3api/sandbox/data/draw.hpp>
#include <t3api/sandbox/data/items.hpp>

namespace t3api::inline v0_1_0::sandbox {

namespace plants_detail {

enum kind : unsigned { vegetative, flowering, on_hold, inactive };

inline constexpr std::array<std::string_view, 4> models = {"VEGETATIVE_PLANT", "FLOWERING_PLANT",
                                                           "ONHOLD_PLANT", "INACTIVE_PLANT"};

enum key : unsigned {
  id,
  hostname,
  data_model,
  retrieved,
  license_number,
  label,
  state,
  growth_phase,
  plant_count,
  batch_name,
  batch_type,
  strain,
  location,
  harvest_count,
  is_on_hold,
  planted,
  vegetative_date,
  flowering_date,
  destroyed_date,
  destroyed_note,
  last_modified
};

inline constexpr std::array<field, 21> fields = {{
    {"id", field_type::number, id},
    {"hostname", field_type::text, hostname},
    {"dataModel", field_type::text, data_model},
    {"retrievedAt", field_type::datetime, retrieved},
    {"licenseNumber", field_type::text, license_number},
    {"label", field_type::text, label},
    {"stateName", field_type::text, state},
    {"growthPhaseName", field_type::text, growth_phase},
    {"plantCount", field_type::number, plant_count},
    {"plantBatchName", field_type::text, batch_name},
    {"plantBatchTypeName", field_type::text, batch_type},
    {"strainName", field_type::text, strain},
    {"locationName", field_type::text, location},
    {"harvestCount", field_type::number, harvest_count},
    {"isOnHold", field_type::boolean, is_on_hold},
    {"plantedDate", field_type::datetime, planted},
    {"vegetativeDate", field_type::datetime, vegetative_date},
    {"floweringDate", field_type::datetime, flowering_date},
    {"destroyedDate", field_type::datetime, destroyed_date},
    {"destroyedNote", field_type::text, destroyed_note},
    {"lastModified", field_type::datetime, last_modified},
}};

inline constexpr std::array<std::string_view, 5> strains = {"Blue Dream", "OG Kush", "Sour Diesel", "Gelato",
                                                            "Granddaddy Purple"};
inline constexpr std::array<std::string_view, 4> greenhouses = {"Veg Room 1", "Veg Room 2", "Flower Room 1",
                                                                "Flower Room 2"};

/// Ids and labels lie behind those of the packages.
inline constexpr std::uint64_t first_place = 4;

inline cell value(const data_owner& owner, unsigned of_kind, std::uint64_t row, unsigned of_key) {
  using std::chrono::days;
  constexpr std::uint64_t plants_of_batch = 25;
  const auto draw = [&](std::uint64_t purpose, std::uint64_t below) {
    return owner.draw(scramble(first_place + of_kind), row, purpose, below);
  };
  const std::uint64_t batch = row / plants_of_batch;
  const auto of_batch = [&](std::uint64_t purpose, std::uint64_t below) {
    return owner.draw(scramble(first_place + of_kind), batch, purpose, below);
  };
  const auto strain_name = [&] { return std::string(strains[of_batch(12, strains.size())]); };
  const auto day_planted = [&] { return start_of_data() + days(of_batch(13, 300)); };
  const bool destroyed = of_kind == inactive;
  const bool flowers = of_kind == flowering || (of_kind != vegetative && draw(0, 2) == 0);
  const auto day_flowering = [&] { return day_planted() + days(56); };
  const auto day_destroyed = [&] { return day_planted() + days(60 + draw(3, 30)); };
  const auto latest_day = [&] {
    return destroyed ? day_destroyed() : flowers ? day_flowering() : day_planted() + days(14);
  };
  switch (of_key) {
    case id: return owner.id(first_place + of_kind, row);
    case hostname: return owner.hostname;
    case data_model: return std::string(models[of_kind]);
    case license_number: return owner.license;
    case label: return owner.tag((first_place + of_kind) * 100'000'000'000 + row + 1);
    case state: return std::string(destroyed ? "Destroyed" : of_kind == on_hold ? "OnHold" : "Tracked");
    case growth_phase: return std::string(flowers ? "Flowering" : "Vegetative");
    case plant_count: return std::uint64_t{1};
    case batch_name: return strain_name() + " batch " + std::to_string(batch + 1);
    case batch_type: return std::string(of_batch(14, 4) == 0 ? "Seed" : "Clone");
    case strain: return strain_name();
    case location: return std::string(greenhouses[(flowers ? 2 : 0) + draw(1, 2)]);
    case harvest_count: return flowers ? draw(2, 2) : std::uint64_t{0};
    case is_on_hold: return of_kind == on_hold;
    case planted: return moment{day_planted(), true};
    case vegetative_date: return moment{day_planted() + days(14), true};
    case flowering_date:
      if (!flowers) return {};
      return moment{day_flowering(), true};
    case destroyed_date:
      if (!destroyed) return {};
      return moment{day_destroyed(), true};
    case destroyed_note: return text_or_null(destroyed ? "Destroyed by the sandbox" : "");
    case last_modified: return moment{latest_day() + std::chrono::minutes(draw(4, 86'400))};
    default: return {};
  }
}

constexpr collection make(std::string_view path, unsigned of_kind,
                          std::uint64_t (*size)(std::uint64_t)) noexcept {
  return {.path = path,
          .data_model = models[of_kind],
          .fields = fields,
          .report_fields = "label,locationName,strainName,plantedDate",
          .size = size,
          .value = &value,
          .row_of = [](const data_owner& owner, unsigned of,
                       std::uint64_t wanted) { return owner.row_of(first_place + of, wanted); },
          .kind = of_kind};
}

}  // namespace plants_detail

inline constexpr collection vegetative_plants = plants_detail::make(
    "/v2/plants/vegetative", plants_detail::vegetative, [](std::uint64_t packages) { return packages / 2; });
inline constexpr collection flowering_plants = plants_detail::make(
    "/v2/plants/flowering", plants_detail::flowering, [](std::uint64_t packages) { return packages / 4; });
inline constexpr collection on_hold_plants = plants_detail::make(
    "/v2/plants/onhold", plants_detail::on_hold, [](std::uint64_t packages) { return packages / 50; });
inline constexpr collection inactive_plants = plants_detail::make(
    "/v2/plants/inactive", plants_detail::inactive, [](std::uint64_t packages) { return packages / 10; });

}  // namespace t3api::inline v0_1_0::sandbox

#endif
