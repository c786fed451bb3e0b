#ifndef T3API_AUTHENTICATE_WAY_IN_HPP
#define T3API_AUTHENTICATE_WAY_IN_HPP

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/auth/any.hpp>
#include <t3api/auth/api_key.hpp>
#include <t3api/auth/bearer.hpp>
#include <t3api/auth/credentials.hpp>
#include <t3api/auth/secret_key.hpp>
#include <t3api/auth/state_rules.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/environment/settings.hpp>

namespace t3api {

/// How a program gets into T3.
enum class way_in { secret_key, jwt, api_key, credentials };

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
  std::optional<setting> found;

  secret value() const { return found ? found->value : secret(); }
  std::string text() const { return std::string(value().reveal()); }
};

/// A way in with all that it takes; `needed` ones first, the telling one at the front.
struct candidate {
  way_in way;
  std::vector<ingredient> needed;
  std::vector<ingredient> optional{};

  bool is_meant() const { return needed.front().found.has_value(); }
  bool is_from(place where) const { return is_meant() && place_of(*needed.front().found) == where; }

  std::string missing() const {
    std::string names;
    for (const auto& part : needed) {
      if (!part.found) names += (names.empty() ? "" : " and ") + std::string(part.name);
    }
    return names;
  }
};

inline ingredient take(std::string_view name, std::string_view given, const std::optional<setting>& found) {
  if (trim(given).empty()) return {name, found};
  return {name, setting{.value = secret(given), .source = std::string(given_as_argument)}};
}

/// What there is for each way in. A one-time password that is given goes before a seed that is found.
template <class Arguments>
std::vector<candidate> ways_in(const Arguments& given, const configured_credentials& found) {
  const bool otp_given = !trim(given.otp.reveal()).empty();
  return {
      {.way = way_in::secret_key,
       .needed = {take("T3_SECRET_KEY", given.secret_key.reveal(), found.secret_key)}},
      {.way = way_in::jwt, .needed = {take("JWT_TOKEN", given.jwt_token.reveal(), found.jwt)}},
      {.way = way_in::api_key,
       .needed = {take("API_KEY", given.api_key.reveal(), found.api_key),
                  take("API_STATE_CODE", given.state_code, found.state_code)}},
      {.way = way_in::credentials,
       .needed = {take("METRC_PASSWORD", given.password.reveal(), found.password),
                  take("METRC_HOSTNAME", given.hostname, found.hostname),
                  take("METRC_USERNAME", given.username, found.username)},
       .optional = {take("one-time password", given.otp.reveal(), std::nullopt),
                    take("METRC_EMAIL", given.email, found.email),
                    take("OTP_SEED", given.otp_seed.reveal(), otp_given ? std::nullopt : found.otp_seed)}}};
}

inline std::string origin_of(const candidate& way) {
  const auto& telling = way.needed.front();
  const bool argument = telling.found->source == given_as_argument;
  return std::string(to_string(way.way)) + " from " + (argument ? "" : std::string(telling.name) + " in ") +
         telling.found->source;
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
  for (const auto wanted : order) {
    for (const auto& way : ways) {
      if (way.way == wanted) looked_for += (looked_for.empty() ? "" : ", or ") + names_of(way);
    }
  }
  const std::string places = file.empty() ? "the arguments and the environment"
                                          : "the arguments, the environment and " + printable(file, 100);
  throw std::invalid_argument("no credentials are configured: looked in " + places + " for " + looked_for +
                              "; set one of these");
}

/// The auth method for `chosen`, one of `ways`, with a description of what it is and where it comes from.
/// Throws std::invalid_argument when something is missing of it or malformed, and authentication_error for an
/// expired JWT.
inline any_auth take_way_in(const std::vector<candidate>& ways, const candidate& chosen,
                            const state_rules& rules, bool renew) {
  if (const auto missing = chosen.missing(); !missing.empty()) {
    throw std::invalid_argument("the " + origin_of(chosen) + " is not enough: " + missing +
                                " must be set too");
  }
  std::string description = "using the " + origin_of(chosen);
  std::string others;
  for (const auto& way : ways) {
    if (&way != &chosen && way.is_meant()) others += (others.empty() ? "" : ", ") + origin_of(way);
  }
  if (!others.empty()) description += " (not used: " + others + ")";
  const renewal_options renewal{.keep_credentials = renew};
  const auto& needed = chosen.needed;
  switch (chosen.way) {
    case way_in::secret_key: return {secret_key_auth(needed[0].value()), std::move(description)};
    case way_in::jwt: return {bearer_auth(needed[0].value()), std::move(description)};
    case way_in::api_key:
      return {api_key_auth(needed[0].value(), needed[1].text(), renewal), std::move(description)};
    case way_in::credentials: break;
  }
  return {credentials_auth({.hostname = needed[1].text(),
                            .username = needed[2].text(),
                            .password = needed[0].value(),
                            .otp = chosen.optional[0].value(),
                            .email = chosen.optional[1].text(),
                            .otp_seed = chosen.optional[2].value()},
                           {.rules = rules, .renewal = renewal}),
          std::move(description)};
}

}  // namespace detail

}  // namespace t3api

#endif
