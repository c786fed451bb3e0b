#ifndef T3API_SANDBOX_DATA_SELECTION_HPP
#define T3API_SANDBOX_DATA_SELECTION_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <t3api/core/request.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/data/cell.hpp>
#include <t3api/sandbox/data/collection.hpp>
#include <t3api/sandbox/data/filter.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// `field:asc` or `field:desc`, checked.
struct sort_key {
  const field* by = nullptr;
  bool descending = false;
};

/// Which rows of a collection are asked for, in which order.
struct selection {
  std::vector<filter> filters{};
  bool any = false;  ///< One filter that passes is enough (`filterLogic=or`).
  std::vector<sort_key> order{};
  std::vector<std::string> filter_texts{};  ///< As given.
  std::string sort_text{};                  ///< As given, with commas.

  /// Whether it is simply all rows, as they stand.
  bool everything() const noexcept { return filters.empty() && order.empty(); }

  /// Passes every filter, or any of them. `value_of` gives the value of a field.
  template <class F>
  bool matches(F&& value_of) const {
    if (filters.empty()) return true;
    const auto passes = [&](const filter& f) { return f.matches(value_of(*f.on)); };
    return any ? std::any_of(filters.begin(), filters.end(), passes)
               : std::all_of(filters.begin(), filters.end(), passes);
  }

  /// The same for selections that mean the same rows; of its own for every other.
  std::string name() const {
    std::string all = any ? "or" : "and";
    for (const auto& text : filter_texts) all += ' ' + std::to_string(text.size()) + ' ' + text;
    return all + " sort " + sort_text;
  }
};

namespace selection_detail {

inline void add_sort(selection& into, const collection& of, std::string_view given) {
  const auto colon = given.rfind(':');
  const auto direction = colon == given.npos ? std::string_view{} : given.substr(colon + 1);
  const bool descending = detail::iequals(direction, "desc");
  if (!descending && !detail::iequals(direction, "asc")) {
    throw refusal(400, "the query parameter 'sort' is wrong in " + filter_detail::quoted(given) +
                           ": write field:asc or field:desc, such as label:asc");
  }
  into.order.push_back(
      {.by = &selectable_field(of, given.substr(0, colon), given, "sort"), .descending = descending});
}

}  // namespace selection_detail

/// Reads `filter`, `filterLogic` and `sort` (repeated, or with commas). Throws `refusal`.
inline selection parse_selection(const collection& of, const query_params& query) {
  constexpr std::size_t most_filters = 50;
  constexpr std::size_t most_sorts = 8;
  selection chosen;
  bool logic_given = false;
  for (const auto& [name, value] : query) {
    if (name == "filter") {
      chosen.filters.push_back(parse_filter(of, value));
      chosen.filter_texts.push_back(value);
    } else if (name == "filterLogic") {
      if (logic_given) throw refusal(400, "the query parameter 'filterLogic' is there twice: give it once");
      logic_given = true;
      chosen.any = detail::iequals(value, "or");
      if (!chosen.any && !detail::iequals(value, "and")) {
        throw refusal(400, "the query parameter 'filterLogic' must be and, or or");
      }
    } else if (name == "sort") {
      std::string_view rest = value;
      for (bool more = true; more;) {
        const auto comma = rest.find(',');
        selection_detail::add_sort(chosen, of, detail::trim(rest.substr(0, comma)));
        more = comma != rest.npos;
        if (more) rest.remove_prefix(comma + 1);
      }
      chosen.sort_text += (chosen.sort_text.empty() ? "" : ",") + value;
    }
    if (chosen.filters.size() > most_filters || chosen.order.size() > most_sorts) {
      throw refusal(400, "the query parameters 'filter' and 'sort' may be there at most " +
                             std::to_string(most_filters) + " and " + std::to_string(most_sorts) + " times");
    }
  }
  return chosen;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
