#ifndef T3API_AUTHENTICATE_INGREDIENT_HPP
#define T3API_AUTHENTICATE_INGREDIENT_HPP

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <t3api/core/secret.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/environment/environment.hpp>

namespace t3api::inline v0_1_0::detail {

/// Where a setting is found; what is found at the front goes before the rest.
enum class place { arguments, environment, file };

inline constexpr std::string_view given_as_argument = "the arguments";

inline place place_of(const setting& found) {
  if (found.source == given_as_argument) return place::arguments;
  return found.source == "the environment" ? place::environment : place::file;
}

/// One thing that a way in takes.
struct ingredient {
  std::string_view name;  ///< As it is called in the environment.
  std::string_view noun;  ///< As the auth methods call it in what they throw.
  std::optional<setting> found;

  secret value() const { return found ? found->value : secret(); }
  std::string text() const { return std::string(value().reveal()); }
  bool is_from(place where) const { return found && place_of(*found) == where; }
};

/// A value that is given as an argument, else what is found elsewhere.
inline ingredient take(std::string_view name, std::string_view noun, std::string_view given,
                       const std::optional<setting>& found) {
  if (trim(given).empty()) return {name, noun, found};
  return {name, noun, setting{.value = secret(given), .source = std::string(given_as_argument)}};
}

/// "A", "A and B", "A, B and C".
inline std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text.append(i == 0 ? "" : i + 1 == words.size() ? " and " : ", ").append(words[i]);
  }
  return text;
}

/// Where those parts that there are come from, such as "METRC_PASSWORD in the environment, METRC_HOSTNAME and
/// METRC_USERNAME in .t3.env lines 2 and 1". `one` and `several` stand between names and place.
inline std::string origins(const std::vector<ingredient>& parts, const std::string& one = " in ",
                           const std::string& several = " in ") {
  struct group {
    std::string source;
    std::vector<std::string> names{};
    std::vector<std::string> lines{};
  };
  constexpr std::string_view line = " line ";
  std::vector<group> groups;
  for (const auto& part : parts) {
    if (!part.found) continue;
    const auto& source = part.found->source;
    const auto at = part.is_from(place::file) ? source.rfind(line) : source.npos;
    const auto name = source.substr(0, at);
    auto same = std::find_if(groups.begin(), groups.end(), [&](const group& g) { return g.source == name; });
    if (same == groups.end()) same = groups.insert(same, group{name});
    same->names.emplace_back(part.name);
    if (at != source.npos) same->lines.push_back(source.substr(at + line.size()));
  }
  std::string text;
  for (const auto& [source, names, lines] : groups) {
    text += (text.empty() ? "" : ", ") + listed(names) + (names.size() == 1 ? one : several) + source;
    if (!lines.empty()) text += (lines.size() == 1 ? " line " : " lines ") + listed(lines);
  }
  return text;
}

}  // namespace t3api::inline v0_1_0::detail

#endif
