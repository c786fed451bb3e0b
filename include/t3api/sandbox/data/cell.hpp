#ifndef T3API_SANDBOX_DATA_CELL_HPP
#define T3API_SANDBOX_DATA_CELL_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <nlohmann/json.hpp>

#include <t3api/core/iso_time.hpp>

namespace t3api::inline v0_1_0::sandbox {

enum class field_type { text, number, boolean, datetime };

constexpr std::string_view to_string(field_type type) noexcept {
  switch (type) {
    case field_type::text: return "text";
    case field_type::number: return "number";
    case field_type::boolean: return "boolean";
    case field_type::datetime: return "datetime";
  }
  return "";
}

/// A datetime, written as a date alone where Metrc keeps no time of day.
struct moment {
  utc_milliseconds at{};
  bool date_only = false;

  friend bool operator==(const moment&, const moment&) = default;
};

/// The value of one field in one row, null included.
using cell = std::variant<std::monostate, bool, std::uint64_t, double, moment, std::string>;

inline std::string to_text(const moment& when) {
  const std::string text = iso_time(when.at);
  return when.date_only ? text.substr(0, 10) : text;
}

inline nlohmann::json to_json(const cell& value) {
  return std::visit(
      [](const auto& v) -> nlohmann::json {
        using type = std::remove_cvref_t<decltype(v)>;
        if constexpr (std::is_same_v<type, std::monostate>) {
          return nullptr;
        } else if constexpr (std::is_same_v<type, moment>) {
          return to_text(v);
        } else {
          return v;
        }
      },
      value);
}

/// ISO 8601 as people write it: a date, a date with hour and minute, or all of `parse_iso_time`.
inline std::optional<moment> parse_moment(std::string_view text) {
  constexpr std::size_t date_size = 10;
  constexpr std::size_t minute_size = 16;
  std::string full(text);
  if (text.size() == date_size) {
    full += "T00:00:00";
  } else if (text.size() >= minute_size && (text.size() == minute_size || text[minute_size] != ':')) {
    full.insert(minute_size, ":00");
  }
  const auto at = parse_iso_time(full);
  if (!at) return std::nullopt;
  return moment{.at = *at, .date_only = text.size() == date_size};
}

/// A stored JSON value as a cell; a list of texts becomes one text, with commas. Null when the type does not
/// fit.
inline cell to_cell(const nlohmann::json& value, field_type type) {
  if (type == field_type::boolean && value.is_boolean()) return value.get<bool>();
  if (type == field_type::number && value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (type == field_type::number && value.is_number()) return value.get<double>();
  if (type == field_type::text && value.is_array()) {
    std::string all;
    for (const auto& part : value) {
      if (!all.empty()) all += ", ";
      if (part.is_string()) all += part.get_ref<const std::string&>();
    }
    return all;
  }
  if (!value.is_string()) return {};
  if (type == field_type::text) return value.get<std::string>();
  const auto when = parse_moment(value.get_ref<const std::string&>());
  if (type == field_type::datetime && when) return *when;
  return {};
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
