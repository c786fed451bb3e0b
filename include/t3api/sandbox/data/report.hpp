#ifndef T3API_SANDBOX_DATA_REPORT_HPP
#define T3API_SANDBOX_DATA_REPORT_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <t3api/core/clock.hpp>
#include <t3api/core/iso_time.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/data/collection.hpp>
#include <t3api/sandbox/data/csv.hpp>
#include <t3api/sandbox/data/filter.hpp>
#include <t3api/sandbox/data/row_lists.hpp>
#include <t3api/sandbox/data/selection.hpp>
#include <t3api/sandbox/data/table.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// A report is built in memory and has no pages: one with more rows, or more bytes, is refused with 400. T3
/// names no limit; these are the sandbox's.
inline constexpr std::uint64_t most_report_rows = 100'000;
inline constexpr std::size_t most_report_bytes = 64U << 20U;

/// Reads `fieldnames`, with commas. Throws `refusal` for a name that is unknown or there twice.
inline std::vector<const field*> parse_fieldnames(const collection& of, std::string_view names) {
  std::vector<const field*> columns;
  for (bool more = true; more;) {
    const auto comma = names.find(',');
    const auto name = detail::trim(names.substr(0, comma));
    const field* found = of.find(name);
    if (found == nullptr) {
      throw refusal(400, "the query parameter 'fieldnames' names " + filter_detail::quoted(name) +
                             ", which is no field here: the fields are " + of.field_names());
    }
    if (std::find(columns.begin(), columns.end(), found) != columns.end()) {
      throw refusal(400, "the query parameter 'fieldnames' names " + filter_detail::quoted(name) +
                             " twice: name each field once");
    }
    columns.push_back(found);
    more = comma != names.npos;
    if (more) names.remove_prefix(comma + 1);
  }
  return columns;
}

/// What a report is about. It refers to what it is made from.
struct report {
  const table& from;
  const selection& chosen;
  row_lists::list_ptr rows{};  ///< Null for all.
  std::vector<const field*> columns{};
  wall_time now{};

  std::uint64_t size() const { return rows ? rows->size() : from.size(); }

  /// Calls `use` with the number of each row. Throws `refusal` when there are too many, or when `text`, to
  /// which `use` appends, has grown too long.
  template <class F>
  void each(const std::string& text, F&& use) const {
    if (size() > most_report_rows) {
      throw refusal(400, "the report has " + std::to_string(size()) +
                             " rows, and the sandbox answers at most " + std::to_string(most_report_rows) +
                             ": narrow it with 'filter', or read the collection page by page");
    }
    for (std::uint64_t at = 0; at < size(); ++at) {
      use(rows ? (*rows)[at] : from.number_at(at));
      if (text.size() > most_report_bytes) {
        throw refusal(400, "the report is larger than " + std::to_string(most_report_bytes >> 20U) +
                               " MiB: name fewer fields in 'fieldnames', or narrow it with 'filter'");
      }
    }
  }
};

/// `{"generatedAt", "filters", "filterLogic", "sort", "licenseNumber", "data"}`; each row has the columns
/// alone, in objects as in the collection. Written row by row: the objects of all would take several times
/// the memory of their text.
inline std::string json_report(const report& about) {
  const auto text_of = [](const nlohmann::json& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  };
  const auto& chosen = about.chosen;
  std::string text =
      text_of({{"generatedAt", iso_time(about.now)},
               {"filters", chosen.filter_texts},
               {"filterLogic", chosen.any ? "or" : "and"},
               {"sort", chosen.sort_text.empty() ? nlohmann::json() : nlohmann::json(chosen.sort_text)},
               {"licenseNumber", about.from.owner().license}});
  text.back() = ',';
  text += "\"data\":[";
  bool first = true;
  about.each(text, [&](std::uint64_t number) {
    auto row = nlohmann::json::object();
    for (const auto* column : about.columns) {
      put(row, column->name, about.from.json_at(number, *column, about.now));
    }
    if (!first) text += ',';
    first = false;
    text += text_of(row);
  });
  return text += "]}";
}

/// The same as CSV (RFC 4180, UTF-8): a line of names, then the rows. With `metadata`, lines of a name and a
/// value stand above; that T3 puts metadata there is public, how it looks is not.
inline std::string csv_report(const report& about, bool metadata) {
  std::string text;
  const auto line = [&](std::string_view name, std::string_view value) {
    append_csv_field(text, name);
    text += ',';
    append_csv_field(text, value);
    text += "\r\n";
  };
  if (metadata) {
    line("dataModel", about.from.of().data_model);
    line("generatedAt", iso_time(about.now));
    line("licenseNumber", about.from.owner().license);
    for (const auto& one : about.chosen.filter_texts) line("filter", one);
    if (about.chosen.filters.size() > 1) line("filterLogic", about.chosen.any ? "or" : "and");
    if (!about.chosen.order.empty()) line("sort", about.chosen.sort_text);
  }
  for (std::size_t i = 0; i < about.columns.size(); ++i) {
    if (i > 0) text += ',';
    append_csv_field(text, about.columns[i]->name);
  }
  text += "\r\n";
  about.each(text, [&](std::uint64_t number) {
    for (std::size_t i = 0; i < about.columns.size(); ++i) {
      if (i > 0) text += ',';
      append_csv_field(text, csv_text(about.from.json_at(number, *about.columns[i], about.now)));
    }
    text += "\r\n";
  });
  return text;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
