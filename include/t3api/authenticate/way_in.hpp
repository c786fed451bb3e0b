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

/// Where a setting comes from, the one that goes first at the front.
enum class origin { arguments, environment, file };

inline constexpr std::string_view given_as_argument = "the arguments";

inline origin origin_of(const setting& found) {
  if (found.source == given_as_argument) return origin::arguments;
  return found.source == environment::own_source ? origin::environment : origin::file;
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
  bool is_from(origin where) const { return is_meant() && origin_of(*needed.front().found) == where; }

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

/// What there is for each way in.
template <class Arguments>
std::vector<candidate> ways_in(const Arguments& given, const configured_credentials& found) {
  std::vector<candidate> ways{
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
                    take("OTP_SEED", given.otp_seed.reveal(), found.otp_seed)}}};
  for (auto& way : ways) {
    const auto& telling = way.needed.front().found;
    way.explicitly = telling && telling->source == given_as_argument;
  }
  return ways;
}

inline std::string origin_of(const candidate& way) {
  const auto& telling = way.needed.front();
  const bool argument = telling.found->source == given_as_argument;
  return std::string(to_string(way.way)) + " from " + (argument ? "" : std::string(telling.name) + " in ") +
         telling.found->source;
}

/// The one to take: the first in order that is given as an argument, else the first that is configured.
/// Throws std::invalid_argument when there is none.
inline const candidate& first_in_order(const std::vector<candidate>& ways, const std::vector<way_in>& order) {
  for (const bool explicitly : {true, false}) {
    for (const auto wanted : order) {
      for (const auto& way : ways) {
        if (way.way == wanted && way.is_meant() && (way.explicitly || !explicitly)) return way;
      }
    }
  }
  std::string looked_for;
  for (const auto wanted : order) {
    for (const auto& way : ways) {
      if (way.way != wanted) continue;
      looked_for += looked_for.empty() ? "" : ", or ";
      for (const auto& part : way.needed) {
        looked_for += (&part == &way.needed.front() ? ""
                       : &part == &way.needed[1]    ? " with "
                                                    : " and ") +
                      std::string(part.name);
      }
    }
  }
  throw std::invalid_argument(
      "no credentials are configured: looked in the arguments, the environment and .t3.env for " +
      looked_for + "; set one of these");
}

/// The auth method for the way in to take, with a description of what it is and where it comes from. Throws
/// std::invalid_argument when there is none, when something is missing of it, or when it is malformed, and
/// authentication_error for an expired JWT.
inline any_auth choose_way_in(const std::vector<candidate>& ways, const std::vector<way_in>& order,
                              const state_rules& rules, bool renew) {
  const auto& chosen = first_in_order(ways, order);
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
