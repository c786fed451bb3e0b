#ifndef T3API_SANDBOX_DATA_CREATE_PACKAGE_HPP
#define T3API_SANDBOX_DATA_CREATE_PACKAGE_HPP

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <t3api/core/clock.hpp>
#include <t3api/core/iso_time.hpp>
#include <t3api/sandbox/data/catalogue.hpp>
#include <t3api/sandbox/data/records.hpp>
#include <t3api/sandbox/data/table.hpp>
#include <t3api/sandbox/data/write_entry.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// What quantities are given in. The ids are the sandbox's own.
struct unit_of_measure {
  std::uint64_t id;
  std::string_view name, abbreviation, quantity_type;
};

inline constexpr std::array<unit_of_measure, 2> units_of_measure = {{
    {1, "Each", "ea", "CountBased"},
    {2, "Grams", "g", "WeightBased"},
}};

/// The tags of a licence, which packages that are created use up.
inline constexpr std::uint64_t tags_of_license = 100'000;
inline constexpr std::uint64_t tag_place = 8;

inline std::uint64_t tag_id(const data_owner& owner, std::uint64_t tag) { return owner.id(tag_place, tag); }

inline std::string tag_label(const data_owner& owner, std::uint64_t tag) {
  return owner.tag(tag_place * 100'000'000'000 + tag + 1);
}

/// The id of a place in `rooms`.
inline std::uint64_t location_id(const data_owner& owner, std::size_t room) {
  return owner.number % 1'000'000 * 1000 + 501 + room;
}

/// What `GET /v2/packages/create/inputs` answers: the ids to create packages with, of a licence whose active
/// packages these are. `tags` has the first 100 of those that are free.
inline nlohmann::json create_inputs(const table& packages) {
  constexpr std::size_t shown = 100;
  const data_owner& owner = packages.owner();
  auto tags = nlohmann::json::array();
  for (std::uint64_t tag = 0; tag < tags_of_license && tags.size() < shown; ++tag) {
    if (packages.is_taken(tag)) continue;
    tags.push_back({{"id", tag_id(owner, tag)}, {"label", tag_label(owner, tag)}});
  }
  auto locations = nlohmann::json::array();
  for (std::size_t i = 0; i < rooms.size(); ++i) {
    locations.push_back({{"id", location_id(owner, i)}, {"name", rooms[i]}, {"forPackages", true}});
  }
  auto units = nlohmann::json::array();
  for (const auto& unit : units_of_measure) {
    units.push_back({{"id", unit.id},
                     {"name", unit.name},
                     {"abbreviation", unit.abbreviation},
                     {"quantityType", unit.quantity_type}});
  }
  return {
      {"tags", std::move(tags)}, {"locations", std::move(locations)}, {"unitsOfMeasure", std::move(units)}};
}

namespace create_detail {

inline const unit_of_measure& unit_of(const write_entry& entry) {
  const auto id = entry.id("unitOfMeasureId");
  for (const auto& unit : units_of_measure) {
    if (unit.id == id) return unit;
  }
  entry.refuse("unitOfMeasureId", "names no unit: GET /v2/packages/create/inputs lists them");
}

inline std::string_view room_of(const write_entry& entry, const data_owner& owner) {
  const auto id = entry.id("locationId");
  for (std::size_t i = 0; i < rooms.size(); ++i) {
    if (location_id(owner, i) == id) return rooms[i];
  }
  entry.refuse("locationId", "names no location: GET /v2/packages/create/inputs lists them");
}

/// Takes a tag that is free, and gives its label.
inline std::string take_tag(const write_entry& entry, const data_owner& owner, changes& packages) {
  const auto tag = owner.row_of(tag_place, entry.id("tagId"));
  if (!tag || *tag >= tags_of_license) {
    entry.refuse("tagId", "names no tag of this licence: GET /v2/packages/create/inputs lists free ones");
  }
  if (!packages.take(*tag)) entry.refuse("tagId", "names a tag that a package has already");
  return tag_label(owner, *tag);
}

/// Takes an ingredient out of its package, which leaves the active ones when it is finished. Gives the row of
/// that package.
inline nlohmann::json use_ingredient(records::edit& edit, const write_entry& from, wall_time now) {
  const auto active = edit.open(active_packages);
  const auto number = active.find_id(from.id("packageId"));
  if (!number) from.refuse("packageId", "names no active package of this licence");
  auto row = active.row(*number, now);
  if (row.value("unitOfMeasureAbbreviation", "") != unit_of(from).abbreviation) {
    from.refuse("unitOfMeasureId", "is not the unit of that package, and the sandbox converts none");
  }
  constexpr double steps = 10'000;  // So that differences of decimals stay decimals.
  const double left = std::round((row.value("quantity", 0.0) - from.quantity("quantity")) * steps) / steps;
  if (left < 0) from.refuse("quantity", "is more than the package has");
  row["quantity"] = left;
  row["lastModified"] = iso_time(now);
  if (!from.has("finishDate")) {
    edit.of(active_packages).replace(*number, row);
    return row;
  }
  const auto finished = from.date("finishDate");
  if (left > 0) from.refuse("finishDate", "is for a package that is used up, and this one is not");
  row["dataModel"] = inactive_packages.data_model;
  row["isFinished"] = true;
  row["finishedDate"] = finished;
  row["archivedDate"] = nullptr;
  edit.of(active_packages).remove(*number);
  edit.of(inactive_packages).add(row);
  return row;
}

}  // namespace create_detail

/// One entry of `POST /v2/packages/create`: a new active package out of active ones. Throws `refusal`.
inline void create_package(records::edit& edit, const nlohmann::json& given, const std::string& where,
                           wall_time now) {
  using namespace create_detail;
  constexpr std::size_t most_ingredients = 100;
  const write_entry entry(
      given, where,
      {"actualDate", "ingredients", "itemId", "locationId", "note", "productionBatchNumber", "quantity",
       "tagId", "unitOfMeasureId", "expirationDate", "useByDate", "sellByDate"});
  auto& packages = edit.of(active_packages);
  const auto list_of_items = edit.open(items);
  const data_owner& owner = list_of_items.owner();

  const auto& ingredients = entry.member("ingredients");
  if (!ingredients.is_array() || ingredients.empty() || ingredients.size() > most_ingredients) {
    entry.refuse("ingredients", "must be a list of 1 to " + std::to_string(most_ingredients) + " objects");
  }
  const auto item_number = list_of_items.find_id(entry.id("itemId"));
  if (!item_number) entry.refuse("itemId", "names no active item of this licence: GET /v2/items lists them");
  const auto item = list_of_items.row(*item_number, now);
  const auto& unit = unit_of(entry);
  if (item["unitOfMeasureName"] != unit.name) entry.refuse("unitOfMeasureId", "is not the unit of the item");

  nlohmann::json row = {{"hostname", owner.hostname},
                        {"dataModel", active_packages.data_model},
                        {"licenseNumber", owner.license},
                        {"label", take_tag(entry, owner, packages)},
                        {"quantity", entry.quantity("quantity")},
                        {"unitOfMeasureAbbreviation", unit.abbreviation},
                        {"packagedDate", entry.date("actualDate")},
                        {"locationName", room_of(entry, owner)},
                        {"isOnHold", false},
                        {"isFinished", false},
                        {"isArchived", false},
                        {"lastModified", iso_time(now)},
                        {"note", entry.has("note") ? entry.text("note") : ""}};
  for (const char* name :
       {"id", "name", "productCategoryName", "quantityTypeName", "unitOfMeasureName", "strainName"}) {
    row["item"][name] = item[name];
  }
  if (entry.has("productionBatchNumber")) {
    row["productionBatchNumber"] = entry.text("productionBatchNumber");
  }
  for (const char* name : {"expirationDate", "useByDate", "sellByDate"}) {
    if (entry.has(name)) row[name] = entry.date(name);
  }
  auto sources = nlohmann::json::array();
  for (std::size_t i = 0; i < ingredients.size(); ++i) {
    const write_entry from(ingredients[i], where + ", ingredient " + std::to_string(i + 1),
                           {"packageId", "quantity", "unitOfMeasureId", "finishDate"});
    const auto source = use_ingredient(edit, from, now);
    sources.push_back(source["label"]);
    if (i == 0) row["labTestingStateName"] = source["labTestingStateName"];
  }
  row["sourcePackageLabels"] = std::move(sources);
  row["id"] = owner.id(added_place, packages.added());
  packages.add(std::move(row));
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
