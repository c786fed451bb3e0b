#ifndef T3API_SANDBOX_STATES_HPP
#define T3API_SANDBOX_STATES_HPP

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <t3api/detail/ascii.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// A state or district that keeps its records in Metrc.
struct state {
  std::string_view abbreviation;
  std::string_view name;

  /// Its Metrc: `ca.metrc.com` for California.
  std::string hostname() const { return detail::to_lower(abbreviation) + ".metrc.com"; }
};

inline constexpr std::array<state, 26> states = {{
    {"AK", "Alaska"},
    {"AL", "Alabama"},
    {"CA", "California"},
    {"CO", "Colorado"},
    {"DC", "District of Columbia"},
    {"GU", "Guam"},
    {"IL", "Illinois"},
    {"KY", "Kentucky"},
    {"LA", "Louisiana"},
    {"MA", "Massachusetts"},
    {"MD", "Maryland"},
    {"ME", "Maine"},
    {"MI", "Michigan"},
    {"MN", "Minnesota"},
    {"MO", "Missouri"},
    {"MS", "Mississippi"},
    {"MT", "Montana"},
    {"NJ", "New Jersey"},
    {"NV", "Nevada"},
    {"NY", "New York"},
    {"OH", "Ohio"},
    {"OK", "Oklahoma"},
    {"OR", "Oregon"},
    {"SD", "South Dakota"},
    {"VA", "Virginia"},
    {"WV", "West Virginia"},
}};

/// The state with that code, in any case.
inline std::optional<state> find_state(std::string_view abbreviation) noexcept {
  const auto found = std::find_if(states.begin(), states.end(), [&](const state& s) {
    return detail::iequals(s.abbreviation, abbreviation);
  });
  if (found == states.end()) return std::nullopt;
  return *found;
}

/// One spelling for each Metrc host: lower case, and `ca.metrc.com` for the forms `api-ca` and
/// `api-ca.metrc.com` that T3's reference uses too.
inline std::string canonical_hostname(std::string_view hostname) {
  std::string name = detail::to_lower(detail::trim(hostname));
  if (name.starts_with("api-")) {
    name.erase(0, 4);
    if (name.find('.') == name.npos) name += ".metrc.com";
  }
  return name;
}

/// Whether some state's Metrc has that name, in its canonical spelling.
inline bool is_metrc_hostname(std::string_view canonical) {
  return std::any_of(states.begin(), states.end(), [&](const state& s) { return s.hostname() == canonical; });
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
