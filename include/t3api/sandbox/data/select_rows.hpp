#ifndef T3API_SANDBOX_DATA_SELECT_ROWS_HPP
#define T3API_SANDBOX_DATA_SELECT_ROWS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/data/cell.hpp>
#include <t3api/sandbox/data/fold.hpp>
#include <t3api/sandbox/data/selection.hpp>
#include <t3api/sandbox/data/table.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Row numbers of a table, in the order asked for.
using row_list = std::vector<std::uint32_t>;

/// A collection with more rows is neither filtered nor sorted.
inline constexpr std::uint64_t most_selectable_rows = 10'000'000;

namespace select_detail {

/// Sorts by numbers, null first.
inline void sort_by_number(row_list& rows, const table& from, const sort_key& key) {
  struct entry {
    double value;
    std::uint32_t row;
  };
  std::vector<entry> entries;
  entries.reserve(rows.size());
  for (const auto row : rows) {
    const cell value = from.at(row, *key.by);
    double number = -1e300;
    if (const auto* whole = std::get_if<std::uint64_t>(&value)) number = static_cast<double>(*whole);
    if (const auto* real = std::get_if<double>(&value)) number = *real;
    if (const auto* flag = std::get_if<bool>(&value)) number = *flag ? 1 : 0;
    if (const auto* when = std::get_if<moment>(&value)) {
      number = static_cast<double>(when->at.time_since_epoch().count());
    }
    entries.push_back({number, row});
  }
  std::stable_sort(entries.begin(), entries.end(), [&](const entry& a, const entry& b) {
    return key.descending ? b.value < a.value : a.value < b.value;
  });
  std::transform(entries.begin(), entries.end(), rows.begin(), [](const entry& e) { return e.row; });
}

/// Sorts by texts without case, null first. All texts lie in one string behind each other: a million strings
/// of their own would take several times the memory.
inline void sort_by_text(row_list& rows, const table& from, const sort_key& key) {
  struct entry {
    std::uint64_t start;
    std::uint32_t size;
    std::uint32_t row;
  };
  std::string texts;
  std::vector<entry> entries;
  entries.reserve(rows.size());
  for (const auto row : rows) {
    cell value = from.at(row, *key.by);
    auto* text = std::get_if<std::string>(&value);
    if (text != nullptr) fold_case(*text);
    entries.push_back({texts.size(), static_cast<std::uint32_t>(text != nullptr ? text->size() : 0), row});
    if (text != nullptr) texts += *text;
  }
  const auto text_of = [&](const entry& e) { return std::string_view(texts).substr(e.start, e.size); };
  std::stable_sort(entries.begin(), entries.end(), [&](const entry& a, const entry& b) {
    return key.descending ? text_of(b) < text_of(a) : text_of(a) < text_of(b);
  });
  std::transform(entries.begin(), entries.end(), rows.begin(), [](const entry& e) { return e.row; });
}

}  // namespace select_detail

/// The rows that a selection means. Looks at every row, without making objects of them. Throws `refusal` when
/// there are too many.
inline row_list select_rows(const table& from, const selection& chosen) {
  if (from.numbers() > most_selectable_rows) {
    throw refusal(400, "the collection has more than " + std::to_string(most_selectable_rows) +
                           " rows, and the sandbox filters and sorts no more: leave out the query parameters "
                           "'filter' and 'sort'");
  }
  row_list rows;
  for (std::uint64_t number = 0; number < from.numbers(); ++number) {
    if (!from.has(number)) continue;
    if (chosen.matches([&](const field& f) { return from.at(number, f); })) {
      rows.push_back(static_cast<std::uint32_t>(number));
    }
  }
  rows.shrink_to_fit();
  // Stable sorts, the least important key first.
  for (auto key = chosen.order.rbegin(); key != chosen.order.rend(); ++key) {
    if (key->by->type == field_type::text) {
      select_detail::sort_by_text(rows, from, *key);
    } else {
      select_detail::sort_by_number(rows, from, *key);
    }
  }
  return rows;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
