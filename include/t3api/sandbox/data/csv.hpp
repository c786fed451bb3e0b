#ifndef T3API_SANDBOX_DATA_CSV_HPP
#define T3API_SANDBOX_DATA_CSV_HPP

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Appends a field as RFC 4180 section 2 has it: in quotes when it holds a comma, a quote or a line end.
/// Nothing else is done to it, so that programs read what was written: a note that begins with = + - or @
/// stays as it is, and a spreadsheet may take it for a formula.
inline void append_csv_field(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

/// A JSON value as the text of a field: nothing for null, a list of texts with commas.
inline std::string csv_text(const nlohmann::json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string all;
  for (const auto& part : value) all += (all.empty() ? "" : ", ") + csv_text(part);
  return all;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
