#ifndef T3API_AUTHENTICATE_TAKE_WAY_IN_HPP
#define T3API_AUTHENTICATE_TAKE_WAY_IN_HPP

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/auth/any.hpp>
#include <t3api/auth/api_key.hpp>
#include <t3api/auth/bearer.hpp>
#include <t3api/auth/credentials.hpp>
#include <t3api/auth/renewal_options.hpp>
#include <t3api/auth/secret_key.hpp>
#include <t3api/auth/state_rules.hpp>
#include <t3api/authenticate/ingredient.hpp>
#include <t3api/authenticate/way_in.hpp>
#include <t3api/core/exceptions.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/store/memory.hpp>

namespace t3api::inline v0_1_0::detail {

/// What an auth method says against a way in, with the part it speaks of and that part's place in front; with
/// the whole way in when it speaks of none alone.
inline std::string blamed(const candidate& way, std::string_view message) {
  const auto parts = way.present();
  const ingredient* culprit = nullptr;
  for (const auto& part : parts) {
    const bool spoken_of = message.starts_with("the " + std::string(part.noun) + " ");
    if (spoken_of && (culprit == nullptr || part.noun.size() > culprit->noun.size())) culprit = &part;
  }
  return (culprit != nullptr ? origins({*culprit}) : "the " + origin_of(way)) + ": " + std::string(message);
}

inline bool is_all_configured(const candidate& way) {
  const auto parts = way.present();
  return std::none_of(parts.begin(), parts.end(),
                      [](const ingredient& part) { return part.is_from(place::arguments); });
}

/// Throws std::invalid_argument when the state wants more of Metrc credentials than there is. Who has given
/// no argument hears of settings alone.
inline void require_rules(const candidate& way, const state_rules& rules) {
  const auto& hostname = way.needed[1];
  const auto refuse = [&](const std::string& what, const std::string& setting, const std::string& argument) {
    throw std::invalid_argument(origins({hostname}) + ": " + printable(trim(hostname.value().reveal()), 100) +
                                " wants " + what + ": set " + setting +
                                (is_all_configured(way) ? "" : ", or give " + argument));
  };
  const auto& otp = way.optional[0];
  const auto& email = way.optional[1];
  const auto& seed = way.optional[2];
  if (rules.needs_otp(hostname.value().reveal()) && !otp.found && !seed.found)
    refuse("a one-time password", "OTP_SEED, the Base32 text that they come from", "otp_seed or otp");
  if (rules.needs_email(hostname.value().reveal()) && !email.found)
    refuse("the account's e-mail address", "METRC_EMAIL", "email");
}

inline any_auth make_auth(const candidate& way, const state_rules& rules, bool renew,
                          const memory_store& store, std::string description) {
  const auto& needed = way.needed;
  const renewal_options renewal{.keep_credentials = renew};
  switch (way.way) {
    case way_in::secret_key: return {secret_key_auth(needed[0].value()), std::move(description)};
    case way_in::jwt: return {bearer_auth(needed[0].value()), std::move(description)};
    case way_in::api_key:
      return {api_key_auth(needed[0].value(), needed[1].text(), store, renewal), std::move(description)};
    case way_in::credentials: break;
  }
  return {credentials_auth({.hostname = needed[1].text(),
                            .username = needed[2].text(),
                            .password = needed[0].value(),
                            .otp = way.optional[0].value(),
                            .email = way.optional[1].text(),
                            .otp_seed = way.optional[2].value()},
                           store, {.rules = rules, .renewal = renewal}),
          std::move(description)};
}

/// What is taken, from where, and what else there is.
inline std::string description_of(const std::vector<candidate>& ways, const candidate& chosen) {
  std::string others;
  for (const auto& way : ways) {
    if (&way != &chosen && way.is_meant()) others += (others.empty() ? "" : ", ") + origin_of(way);
  }
  return "using the " + origin_of(chosen) + (others.empty() ? "" : " (not used: " + others + ")");
}

/// The auth method for `chosen`, one of `ways`, with a description of what it is and where it comes from;
/// `destination` is its end. Throws std::invalid_argument when something is missing of it or malformed, and
/// authentication_error for an expired JWT; both name the settings and their places.
inline any_auth take_way_in(const std::vector<candidate>& ways, const candidate& chosen,
                            const state_rules& rules, bool renew, const memory_store& store = memory_store(),
                            const std::string& destination = {}) {
  if (const auto missing = chosen.missing(); !missing.empty()) {
    throw std::invalid_argument("the " + origin_of(chosen) + " is not enough: " + listed(missing) +
                                " must be set too");
  }
  if (chosen.way == way_in::credentials) require_rules(chosen, rules);
  try {
    return make_auth(chosen, rules, renew, store, description_of(ways, chosen) + destination);
  } catch (const std::invalid_argument& failure) {
    throw std::invalid_argument(blamed(chosen, failure.what()));
  } catch (const authentication_error& failure) {
    error told = failure.details();
    if (is_all_configured(chosen)) {
      told.message =
          "the JWT has expired: get a new one, or set T3_SECRET_KEY or Metrc credentials in its place";
    }
    told.message = blamed(chosen, told.message);
    throw authentication_error(std::move(told));
  }
}

}  // namespace t3api::inline v0_1_0::detail

#endif
