#ifndef T3API_CORE_HEADERS_HPP
#define T3API_CORE_HEADERS_HPP

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/detail/ascii.hpp>
#include <t3api/version.hpp>

namespace t3api::inline v0_1_0 {

/// HTTP header fields in order, names compared without case (RFC 9110 section 5). What a caller adds is
/// checked at once, so that no header can smuggle a second one.
class headers {
 public:
  /// Name and value.
  using field = std::pair<std::string, std::string>;
  /// Goes through the fields in order.
  using const_iterator = std::vector<field>::const_iterator;

  headers() = default;
  /// Throws as `add` does.
  headers(std::initializer_list<field> fields) {
    for (const auto& [name, value] : fields) add(name, value);
  }

  /// Adds a field. Throws std::invalid_argument, which never shows the value, when the name is not a token of
  /// RFC 9110 or the value holds a byte below 0x20 (a tab too) or 0x7F.
  void add(std::string name, std::string value) {
    check_field(name, value);
    fields_.emplace_back(std::move(name), std::move(value));
  }

  /// Adds a field in place of all of the same name. Throws as `add` does.
  void set(std::string name, std::string value) {
    check_field(name, value);
    erase(name);
    fields_.emplace_back(std::move(name), std::move(value));
  }

  /// Adds a field as it was received, unchecked.
  void add_received(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }

  /// Adds to the value of the last field, behind a space: what a sender wrote on a line of its own (RFC 9112
  /// section 5.2). A value does not begin or end with that space.
  void continue_received(std::string_view more) {
    auto& value = fields_.back().second;
    if (!value.empty() && !more.empty()) value += ' ';
    value += more;
  }

  /// Removes all fields of that name.
  void erase(std::string_view name) {
    std::erase_if(fields_, [&](const field& f) { return detail::iequals(f.first, name); });
  }

  /// The value of the first field of that name; the view lives until the headers change.
  std::optional<std::string_view> get(std::string_view name) const noexcept {
    const auto found = std::find_if(fields_.begin(), fields_.end(),
                                    [&](const field& f) { return detail::iequals(f.first, name); });
    if (found == fields_.end()) return std::nullopt;
    return found->second;
  }
  /// Whether there is a field of that name.
  bool contains(std::string_view name) const noexcept { return get(name).has_value(); }

  /// Makes room for `count` fields in all.
  void reserve(std::size_t count) { fields_.reserve(count); }

  bool empty() const noexcept { return fields_.empty(); }
  std::size_t size() const noexcept { return fields_.size(); }
  const_iterator begin() const noexcept { return fields_.begin(); }
  const_iterator end() const noexcept { return fields_.end(); }

 private:
  static void check_field(std::string_view name, std::string_view value) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    const bool token = !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
      return detail::ascii_alpha(c) || detail::ascii_digit(c) || marks.find(c) != marks.npos;
    });
    if (!token) {
      throw std::invalid_argument("the header name '" + detail::printable(name, 60) +
                                  "' is not one: use letters, digits and hyphens only");
    }
    if (detail::has_control(value)) {
      throw std::invalid_argument("the value of header '" + std::string(name) +
                                  "' holds a control character (a line break, perhaps): remove it");
    }
  }

  std::vector<field> fields_;
};

}  // namespace t3api::inline v0_1_0

#endif
