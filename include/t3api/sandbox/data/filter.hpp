#ifndef T3API_SANDBOX_DATA_FILTER_HPP
#define T3API_SANDBOX_DATA_FILTER_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <t3api/core/json.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/utf8.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/data/cell.hpp>
#include <t3api/sandbox/data/collection.hpp>
#include <t3api/sandbox/data/fold.hpp>

namespace t3api::inline v0_1_0::sandbox {

enum class operation { eq, neq, contains, doesnotcontain, startswith, endswith, lt, lte, gt, gte };

namespace filter_detail {

inline constexpr std::array<std::string_view, 10> names = {
    "eq", "neq", "contains", "doesnotcontain", "startswith", "endswith", "lt", "lte", "gt", "gte"};

/// T3's operators for a type of field. T3 names none for numbers: they get those of datetimes.
constexpr std::string_view operators_of(field_type type) noexcept {
  switch (type) {
    case field_type::text: return "contains, doesnotcontain, eq, neq, startswith, endswith";
    case field_type::boolean: return "eq";
    default: return "lt, lte, eq, neq, gt, gte";
  }
}

/// Whether `list`, with commas, has that word.
constexpr bool lists(std::string_view list, std::string_view word) noexcept {
  for (std::size_t at = 0; at <= list.size();) {
    const auto end = (std::min)(list.find(", ", at), list.size());
    if (list.substr(at, end - at) == word) return true;
    at = end + 2;
  }
  return false;
}

inline std::string quoted(std::string_view text) { return "'" + detail::printable(text, 80) + "'"; }

[[noreturn]] inline void refuse(std::string_view given, const std::string& why) {
  throw refusal(400, "the query parameter 'filter' is wrong in " + quoted(given) + ": " + why);
}

template <class T>
bool compare(operation how, const T& a, const T& b) {
  switch (how) {
    case operation::eq: return a == b;
    case operation::neq: return !(a == b);
    case operation::lt: return a < b;
    case operation::lte: return a <= b;
    case operation::gt: return a > b;
    case operation::gte: return a >= b;
    default: return false;
  }
}

inline bool compare_text(operation how, std::string_view text, std::string_view wanted) {
  switch (how) {
    case operation::eq: return text == wanted;
    case operation::neq: return text != wanted;
    case operation::contains: return text.find(wanted) != text.npos;
    case operation::doesnotcontain: return text.find(wanted) == text.npos;
    case operation::startswith: return text.starts_with(wanted);
    case operation::endswith: return text.ends_with(wanted);
    default: return false;
  }
}

}  // namespace filter_detail

/// `field__op:value`, checked.
struct filter {
  const field* on = nullptr;
  operation how = operation::eq;
  cell wanted{};  ///< Of the field's type; a text without case, a number as double.

  /// Whether a value passes. Null passes `neq` and `doesnotcontain` alone.
  bool matches(cell value) const {
    using namespace filter_detail;
    if (auto* text = std::get_if<std::string>(&value)) {
      fold_case(*text);
      return compare_text(how, *text, std::get<std::string>(wanted));
    }
    if (const auto* when = std::get_if<moment>(&value)) {
      return compare(how, when->at, std::get<moment>(wanted).at);
    }
    if (const auto* flag = std::get_if<bool>(&value)) return compare(how, *flag, std::get<bool>(wanted));
    if (const auto* whole = std::get_if<std::uint64_t>(&value)) {
      return compare(how, static_cast<double>(*whole), std::get<double>(wanted));
    }
    if (const auto* number = std::get_if<double>(&value)) {
      return compare(how, *number, std::get<double>(wanted));
    }
    return how == operation::neq || how == operation::doesnotcontain;
  }
};

namespace filter_detail {

inline cell wanted_value(std::string_view given, field_type type, std::string_view value) {
  switch (type) {
    case field_type::text: return folded(std::string(value));
    case field_type::boolean:
      if (detail::iequals(value, "true")) return true;
      if (detail::iequals(value, "false")) return false;
      refuse(given, quoted(value) + " must be true or false");
    case field_type::datetime: {
      const auto when = parse_moment(value);
      if (!when) {
        refuse(given, quoted(value) +
                          " is no ISO 8601 date or datetime: write 2024-05-17 or 2024-05-17T12:00:00Z, with "
                          "a + of an offset as %2B");
      }
      return *when;
    }
    case field_type::number: break;
  }
  const auto number = parse_json(value);
  if (!number || !number->is_number()) refuse(given, quoted(value) + " is no number");
  return number->get<double>();
}

}  // namespace filter_detail

/// The field of that name, to choose or order rows by. Throws `refusal`, which names the query parameter.
inline const field& selectable_field(const collection& of, std::string_view name, std::string_view given,
                                     std::string_view parameter) {
  const auto* found = of.find(name);
  if (found != nullptr && name != retrieved_at) return *found;
  throw refusal(400, "the query parameter '" + std::string(parameter) + "' is wrong in " +
                         filter_detail::quoted(given) + ": there is no field " + filter_detail::quoted(name) +
                         " here to use: the fields are " + of.field_names());
}

/// Reads `field__op:value`; the value may hold `:` and `__`. Throws `refusal`.
inline filter parse_filter(const collection& of, std::string_view given) {
  using namespace filter_detail;
  constexpr std::size_t longest = 1000;
  if (!detail::is_utf8(given)) refuse("", "it is not valid UTF-8");
  if (given.size() > longest) refuse(given, "it is longer than " + std::to_string(longest) + " bytes");
  const auto colon = given.find(':');
  const auto left = given.substr(0, colon);
  const auto bar = left.rfind("__");
  if (colon == given.npos || bar == left.npos || bar == 0) {
    refuse(given, "write field__operator:value, such as label__endswith:0003");
  }
  const field& on = selectable_field(of, left.substr(0, bar), given, "filter");
  const auto word = left.substr(bar + 2);
  const auto allowed = operators_of(on.type);
  if (!lists(allowed, word)) {
    refuse(given, quoted(on.name) + " is a " + std::string(to_string(on.type)) +
                      ", whose operators are: " + std::string(allowed));
  }
  const auto place = std::find(names.begin(), names.end(), word) - names.begin();
  return {.on = &on,
          .how = static_cast<operation>(place),
          .wanted = wanted_value(given, on.type, given.substr(colon + 1))};
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
