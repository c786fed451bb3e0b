#ifndef T3API_SANDBOX_DATA_WRITE_ENTRY_HPP
#define T3API_SANDBOX_DATA_WRITE_ENTRY_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <t3api/detail/ascii.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/data/cell.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// An object in the body of a write, whose members are asked for by name. What is wrong with it is refused
/// with 400 (T3 answers no other status for it), which names the place and the member and never the value.
class write_entry {
 public:
  /// `where` names it in messages: "entry 2". Members outside `known` are refused, so that a misspelt one is
  /// not taken for one that was left out.
  write_entry(const nlohmann::json& object, std::string where, std::initializer_list<std::string_view> known)
      : object_(object), where_(std::move(where)) {
    if (!object.is_object()) refuse("it must be a JSON object, in braces");
    for (const auto& [name, value] : object.items()) {
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        std::string names;
        for (const auto one : known) names += (names.empty() ? "" : ", ") + std::string(one);
        refuse("the member '" + detail::printable(name, 80) + "' is not known: the members are " + names);
      }
    }
  }

  const std::string& where() const noexcept { return where_; }

  [[noreturn]] void refuse(const std::string& why) const { throw refusal(400, where_ + ": " + why); }

  [[noreturn]] void refuse(std::string_view member, const std::string& why) const {
    refuse("the member '" + std::string(member) + "' " + why);
  }

  bool has(const char* name) const {
    const auto found = object_.find(name);
    return found != object_.end() && !found->is_null();
  }

  /// A member that must be there.
  const nlohmann::json& member(const char* name) const {
    if (!has(name)) refuse(name, "is missing");
    return *object_.find(name);
  }

  std::uint64_t id(const char* name) const {
    const auto& value = member(name);
    if (!value.is_number_unsigned()) refuse(name, "must be a whole number, not below 0");
    return value.get<std::uint64_t>();
  }

  /// Above 0 and at most a billion.
  double quantity(const char* name) const {
    const auto& value = member(name);
    const double number = value.is_number() ? value.get<double>() : 0;
    if (!(number > 0 && number <= 1e9)) refuse(name, "must be a number above 0 and at most 1000000000");
    return number;
  }

  /// A date, `2024-05-17`; a time of day behind it is left out.
  std::string date(const char* name) const {
    const auto& value = member(name);
    const auto when =
        value.is_string() ? parse_moment(value.get_ref<const std::string&>()) : std::optional<moment>();
    if (!when) refuse(name, "must be an ISO 8601 date, such as 2024-05-17");
    return to_text({.at = when->at, .date_only = true});
  }

  /// At most 1000 bytes.
  std::string text(const char* name) const {
    constexpr std::size_t longest = 1000;
    const auto& value = member(name);
    if (!value.is_string()) refuse(name, "must be a text, in quotes");
    auto given = value.get<std::string>();
    if (given.size() > longest) refuse(name, "must be at most " + std::to_string(longest) + " bytes long");
    return given;
  }

 private:
  const nlohmann::json& object_;
  std::string where_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
