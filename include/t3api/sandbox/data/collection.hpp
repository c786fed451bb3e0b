#ifndef T3API_SANDBOX_DATA_COLLECTION_HPP
#define T3API_SANDBOX_DATA_COLLECTION_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <nlohmann/json.hpp>

#include <t3api/core/clock.hpp>
#include <t3api/core/iso_time.hpp>
#include <t3api/sandbox/data/cell.hpp>
#include <t3api/sandbox/data/draw.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// A member of the objects of a collection. `key` tells the generator which one is meant.
struct field {
  std::string_view name;  ///< A dot leads into an object: `item.name`.
  field_type type;
  unsigned key;
  bool list = false;  ///< A list of texts in JSON, with at most one in generated rows.
};

/// The time of the answer, and so nothing that rows can be chosen or ordered by.
inline constexpr std::string_view retrieved_at = "retrievedAt";

/// A kind of objects of a licence: what they consist of, and how they are generated.
struct collection {
  std::string_view path;  ///< Where it is served, and with `/report` behind it, as a report.
  std::string_view data_model;
  std::span<const field> fields;
  std::string_view report_fields;  ///< The columns of a report that names none.
  /// How many there are of it in a licence that has so many active packages.
  std::uint64_t (*size)(std::uint64_t packages);
  /// One value, computed alone and from nothing but its place.
  cell (*value)(const data_owner&, unsigned kind, std::uint64_t row, unsigned key);
  /// The generated row with that id, if there is one and it is within `size`.
  std::optional<std::uint64_t> (*row_of)(const data_owner&, unsigned kind, std::uint64_t id);
  unsigned kind;  ///< Tells collections apart that share a generator.

  cell at(const data_owner& owner, std::uint64_t row, const field& f) const {
    return value(owner, kind, row, f.key);
  }

  const field* find(std::string_view name) const noexcept {
    for (const auto& f : fields) {
      if (f.name == name) return &f;
    }
    return nullptr;
  }

  /// `item.name, label, ...`: for messages.
  std::string field_names() const {
    std::string all;
    for (const auto& f : fields) all += (all.empty() ? "" : ", ") + std::string(f.name);
    return all;
  }
};

/// Puts a value where its name says.
inline void put(nlohmann::json& row, std::string_view name, nlohmann::json value) {
  const auto dot = name.find('.');
  if (dot == name.npos) {
    row[std::string(name)] = std::move(value);
  } else {
    put(row[std::string(name.substr(0, dot))], name.substr(dot + 1), std::move(value));
  }
}

/// The value of that name, or nothing.
inline const nlohmann::json* look_up(const nlohmann::json& row, std::string_view name) {
  const auto dot = name.find('.');
  const auto found = row.find(std::string(name.substr(0, dot)));
  if (found == row.end()) return nullptr;
  return dot == name.npos ? &*found : look_up(*found, name.substr(dot + 1));
}

/// A value as it stands in a JSON row.
inline nlohmann::json json_value(const field& f, const cell& value) {
  if (!f.list) return to_json(value);
  auto list = nlohmann::json::array();
  if (!std::holds_alternative<std::monostate>(value)) list.push_back(to_json(value));
  return list;
}

/// The whole generated row, as answered at `now`.
inline nlohmann::json make_row(const collection& of, const data_owner& owner, std::uint64_t row,
                               wall_time now) {
  auto object = nlohmann::json::object();
  for (const auto& f : of.fields) {
    put(object, f.name,
        f.name == retrieved_at ? nlohmann::json(iso_time(now)) : json_value(f, of.at(owner, row, f)));
  }
  return object;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
