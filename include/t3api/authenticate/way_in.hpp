#ifndef T3API_AUTHENTICATE_WAY_IN_HPP
#define T3API_AUTHENTICATE_WAY_IN_HPP

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <t3api/auth/state_rules.hpp>
#include <t3api/authenticate/ingredient.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/environment/settings.hpp>

namespace t3api::inline v0_1_0 {

/// How a program gets into T3.
enum class way_in { secret_key, jwt, api_key, credentials };

/// Its name, for people.
constexpr std::string_view to_string(way_in way) noexcept {
  switch (way) {
    case way_in::secret_key: return "secret key";
    case way_in::jwt: return "JWT";
    case way_in::api_key: return "API key";
    case way_in::credentials: return "Metrc credentials";
  }
  return "unknown";
}

namespace detail {

/// A way in with all that it takes; `needed` ones first, the telling one at the front.
struct candidate {
  way_in way;
  std::vector<ingredient> needed;
  std::vector<ingredient> optional{};

  /// One needed part that is given as an argument makes it the caller's choice. In the environment and the
  /// file the telling part counts alone.
  bool is_from(place where) const {
    const bool chosen = std::any_of(needed.begin(), needed.end(),
                                    [](const ingredient& part) { return part.is_from(place::arguments); });
    return chosen ? where == place::arguments : needed.front().is_from(where);
  }
  bool is_meant() const { return is_from(place::arguments) || needed.front().found.has_value(); }

  /// The parts that there are.
  std::vector<ingredient> present() const {
    std::vector<ingredient> parts;
    for (const auto* from : {&needed, &optional}) {
      for (const auto& part : *from) {
        if (part.found) parts.push_back(part);
      }
    }
    return parts;
  }

  std::vector<std::string> missing() const {
    std::vector<std::string> names;
    for (const auto& part : needed) {
      if (!part.found) names.emplace_back(part.name);
    }
    return names;
  }
};

/// What there is for each way in. A one-time password that is given goes before a seed that is found, and
/// such a seed is taken only where the state wants it.
template <class Arguments>
std::vector<candidate> ways_in(const Arguments& given, const configured_credentials& found,
                               const state_rules& rules) {
  const auto hostname = take("METRC_HOSTNAME", "Metrc hostname", given.hostname, found.hostname);
  const bool otp_given = !trim(given.otp.reveal()).empty();
  const bool seed_is_wanted = !otp_given && rules.needs_otp(hostname.text());
  const auto seed = seed_is_wanted ? found.otp_seed : std::nullopt;
  return {{.way = way_in::secret_key,
           .needed = {take("T3_SECRET_KEY", "secret key", given.secret_key.reveal(), found.secret_key)}},
          {.way = way_in::jwt, .needed = {take("JWT_TOKEN", "JWT", given.jwt_token.reveal(), found.jwt)}},
          {.way = way_in::api_key,
           .needed = {take("API_KEY", "API key", given.api_key.reveal(), found.api_key),
                      take("API_STATE_CODE", "state code", given.state_code, found.state_code)}},
          {.way = way_in::credentials,
           .needed = {take("METRC_PASSWORD", "Metrc password", given.password.reveal(), found.password),
                      hostname, take("METRC_USERNAME", "Metrc user name", given.username, found.username)},
           .optional = {take("one-time password", "one-time password", given.otp.reveal(), std::nullopt),
                        take("METRC_EMAIL", "e-mail address", given.email, found.email),
                        take("OTP_SEED", "one-time password seed", given.otp_seed.reveal(), seed)}}};
}

/// A way in and where it comes from: by its telling part if all of it comes from one place, else by every
/// part.
inline std::string origin_of(const candidate& way) {
  const auto parts = way.present();
  const auto where = place_of(*parts.front().found);
  const bool together =
      std::all_of(parts.begin(), parts.end(), [&](const ingredient& part) { return part.is_from(where); });
  const std::string from = std::string(to_string(way.way)) + " from ";
  if (!together) return from + origins(parts);
  return from + (where == place::arguments ? std::string(given_as_argument) : origins({parts.front()}));
}

/// What a way in takes, for people: "API_KEY with API_STATE_CODE".
inline std::string names_of(const candidate& way) {
  std::string names;
  for (const auto& part : way.needed) {
    const bool first = &part == &way.needed.front();
    names.append(first ? "" : &part == &way.needed[1] ? " with " : " and ").append(part.name);
  }
  return names;
}

/// What there is of a way in whose telling part is missing, and what is not.
inline std::string half_of(const candidate& way) {
  const auto missing = way.missing();
  return origins(way.needed, " is set in ", " are set in ") + ", but " + listed(missing) +
         (missing.size() == 1 ? " is not" : " are not");
}

/// The one to take: the first in order of those that are given as arguments, else of those in the
/// environment, else of those in the file. Throws std::invalid_argument when there is none; `file` is what
/// that message calls the file, empty for none.
inline const candidate& first_in_order(const std::vector<candidate>& ways, const std::vector<way_in>& order,
                                       std::string_view file) {
  if (order.empty()) throw std::invalid_argument("the order of the ways in is empty: name one at least");
  for (const auto where : {place::arguments, place::environment, place::file}) {
    for (const auto wanted : order) {
      for (const auto& way : ways) {
        if (way.way == wanted && way.is_from(where)) return way;
      }
    }
  }
  std::string looked_for;
  std::string halves;
  for (const auto wanted : order) {
    for (const auto& way : ways) {
      if (way.way != wanted) continue;
      looked_for += (looked_for.empty() ? "" : ", or ") + names_of(way);
      if (way.missing().size() < way.needed.size()) halves += (halves.empty() ? "" : "; ") + half_of(way);
    }
  }
  if (!halves.empty()) {
    throw std::invalid_argument("the credentials that are configured are not enough: " + halves);
  }
  const std::string places = file.empty() ? "the arguments and the environment"
                                          : "the arguments, the environment and " + printable(file, 100);
  throw std::invalid_argument("no credentials are configured: looked in " + places + " for " + looked_for +
                              "; set one of these");
}

}  // namespace detail

}  // namespace t3api::inline v0_1_0

#endif
