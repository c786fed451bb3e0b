#ifndef T3API_HTTP1_FIELDS_HPP
#define T3API_HTTP1_FIELDS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/headers.hpp>
#include <t3api/detail/ascii.hpp>

namespace t3api::inline v0_1_0::detail::http1 {

/// Whether `text` is a token of RFC 9110 section 5.6.2.
inline bool is_token(std::string_view text) noexcept {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return ascii_alpha(c) || ascii_digit(c) || marks.find(c) != marks.npos;
  });
}

/// Without the spaces and tabs at both ends.
inline std::string_view trim_blanks(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t";
  text.remove_prefix((std::min)(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// Takes the next element off the front of a comma-separated list; empty elements are skipped, as RFC 9110
/// section 5.6.1 asks of a recipient. Nothing when there is none left.
inline std::optional<std::string_view> take_element(std::string_view& list) noexcept {
  while (!list.empty()) {
    const auto element = list.substr(0, list.find(','));
    list.remove_prefix((std::min)(list.size(), element.size() + 1));
    if (const auto trimmed = trim_blanks(element); !trimmed.empty()) return trimmed;
  }
  return std::nullopt;
}

/// Whether any field `name` has the element `wanted` in its list; case does not matter.
inline bool has_element(const headers& fields, std::string_view name, std::string_view wanted) noexcept {
  for (const auto& [field, value] : fields) {
    if (!iequals(field, name)) continue;
    std::string_view list = value;
    while (const auto element = take_element(list)) {
      if (iequals(*element, wanted)) return true;
    }
  }
  return false;
}

/// Adds the field that stands in `line` (RFC 9112 section 5), which has no line end. The value stays as it
/// came but for the blanks around it. Any name that could not be taken for something else will do. A line
/// that begins with a blank goes on with the value of the field before (section 5.2). Gives what is wrong
/// with the line; empty when nothing is.
inline std::string_view add_field_line(headers& fields, std::string_view line) {
  if (line.find_first_of(std::string_view("\r\0", 2)) != line.npos) return "a header with a CR or NUL in it";
  if (line.starts_with(' ') || line.starts_with('\t')) {
    if (fields.empty()) return "a header without a name";
    fields.continue_received(trim_blanks(line));
    return {};
  }
  const auto colon = line.find(':');
  if (colon == line.npos) return "a header without a colon";
  const auto name = line.substr(0, colon);
  const bool odd = std::any_of(name.begin(), name.end(), [](char c) { return c == ' ' || ascii_control(c); });
  if (name.empty() || odd) return "a header whose name is empty or has a space in it";
  fields.add_received(std::string(name), std::string(trim_blanks(line.substr(colon + 1))));
  return {};
}

/// What the fields Content-Length say (RFC 9110 section 8.6): equal numbers count as one.
struct content_length {
  bool given = false;
  bool valid = true;        ///< One number.
  std::uint64_t bytes = 0;  ///< When it is given and valid.
};

inline content_length read_content_length(const headers& fields) noexcept {
  content_length length;
  for (const auto& [name, value] : fields) {
    if (!iequals(name, "Content-Length")) continue;
    std::string_view list = value;
    bool any = false;
    while (const auto element = take_element(list)) {
      const auto number = parse_decimal(*element);
      const bool differs = length.given && number != length.bytes;
      if (!number || differs) length.valid = false;
      length.bytes = number.value_or(0);
      length.given = any = true;
    }
    if (!any) length.given = true, length.valid = false;
  }
  return length;
}

}  // namespace t3api::inline v0_1_0::detail::http1

#endif
