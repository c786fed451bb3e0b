#ifndef T3API_AUTHENTICATE_CREDENTIAL_CHAIN_HPP
#define T3API_AUTHENTICATE_CREDENTIAL_CHAIN_HPP

#include <algorithm>
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
#include <t3api/auth/renewal_options.hpp>
#include <t3api/auth/secret_key.hpp>
#include <t3api/auth/state_rules.hpp>
#include <t3api/core/exceptions.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/environment/environment.hpp>
#include <t3api/environment/settings.hpp>
#include <t3api/store/memory.hpp>

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

/// One value that a provider takes.
struct credential_part {
  std::string_view name;  ///< As it is called in the environment.
  std::optional<setting> found{};
  bool is_secret = false;

  secret value() const { return found ? found->value : secret(); }
  std::string text() const { return std::string(value().reveal()); }
  bool is_from(setting_place place) const { return found && found->place == place; }
};

/// A value that is given as an argument, else what is found elsewhere.
inline std::optional<setting> first_of(std::string_view given, const std::optional<setting>& found) {
  if (trim(given).empty()) return found;
  return setting{secret(given), "the arguments", setting_place::arguments};
}

/// All values that there are to log in with.
struct credential_parts {
  credential_part secret_key, jwt, api_key, state_code, hostname, username, password, otp, email, otp_seed;
};

/// Arguments go before what is found. A seed that is found counts only where the state wants a one-time
/// password and none is given.
template <class Arguments>
credential_parts find_credentials(const Arguments& given, const configured_credentials& found,
                                  const state_rules& rules) {
  credential_parts parts{
      .secret_key = {"T3_SECRET_KEY", first_of(given.secret_key.reveal(), found.secret_key), true},
      .jwt = {"JWT_TOKEN", first_of(given.jwt_token.reveal(), found.jwt), true},
      .api_key = {"API_KEY", first_of(given.api_key.reveal(), found.api_key), true},
      .state_code = {"API_STATE_CODE", first_of(given.state_code, found.state_code)},
      .hostname = {"METRC_HOSTNAME", first_of(given.hostname, found.hostname)},
      .username = {"METRC_USERNAME", first_of(given.username, found.username)},
      .password = {"METRC_PASSWORD", first_of(given.password.reveal(), found.password), true},
      .otp = {"one-time password", first_of(given.otp.reveal(), std::nullopt), true},
      .email = {"METRC_EMAIL", first_of(given.email, found.email)},
      .otp_seed = {"OTP_SEED", first_of(given.otp_seed.reveal(), std::nullopt), true}};
  const bool seed_is_wanted = !parts.otp.found && rules.needs_otp(parts.hostname.text());
  if (seed_is_wanted && !parts.otp_seed.found) parts.otp_seed.found = found.otp_seed;
  return parts;
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
inline std::string origins(const std::vector<const credential_part*>& parts, const std::string& one = " in ",
                           const std::string& several = " in ") {
  constexpr std::string_view line = " line ";
  std::vector<setting_place> places;  // In the order of the parts.
  for (const auto* part : parts) {
    if (part->found && std::find(places.begin(), places.end(), part->found->place) == places.end())
      places.push_back(part->found->place);
  }
  std::string text;
  for (const auto place : places) {
    std::vector<std::string> names, lines;
    std::string source;
    for (const auto* part : parts) {
      if (!part->is_from(place)) continue;
      names.emplace_back(part->name);
      source = part->found->source;
      if (place != setting_place::file) continue;
      const auto at = source.rfind(line);
      lines.push_back(source.substr(at + line.size()));
      source.resize(at);
    }
    text += (text.empty() ? "" : ", ") + listed(names) + (names.size() == 1 ? one : several) + source;
    if (!lines.empty()) text += (lines.size() == 1 ? " line " : " lines ") + listed(lines);
  }
  return text;
}

/// One way to log in, with what it takes.
struct credential_provider {
  way_in kind;
  std::vector<const credential_part*> required;  ///< The first says that credentials of this kind are meant.
  std::vector<const credential_part*> optional{};

  /// One required part that is given as an argument makes it the caller's choice. In the environment and the
  /// file the first part counts alone.
  bool is_from(setting_place place) const {
    const bool chosen = std::any_of(required.begin(), required.end(), [](const credential_part* part) {
      return part->is_from(setting_place::arguments);
    });
    return chosen ? place == setting_place::arguments : required.front()->is_from(place);
  }
  bool is_meant() const { return is_from(setting_place::arguments) || required.front()->found.has_value(); }

  /// The parts that there are.
  std::vector<const credential_part*> present() const {
    auto parts = required;
    parts.insert(parts.end(), optional.begin(), optional.end());
    std::erase_if(parts, [](const credential_part* part) { return !part->found; });
    return parts;
  }

  std::vector<std::string> missing() const {
    std::vector<std::string> names;
    for (const auto* part : required) {
      if (!part->found) names.emplace_back(part->name);
    }
    return names;
  }

  bool has_argument() const {
    const auto parts = present();
    return std::any_of(parts.begin(), parts.end(),
                       [](const credential_part* part) { return part->is_from(setting_place::arguments); });
  }

  /// What it is and where it comes from: by its first part if all of it comes from one place, else by every
  /// part.
  std::string origin() const {
    const auto parts = present();
    const auto place = parts.front()->found->place;
    const bool together = std::all_of(parts.begin(), parts.end(),
                                      [&](const credential_part* part) { return part->is_from(place); });
    const std::string from = std::string(to_string(kind)) + " from ";
    if (!together) return from + origins(parts);
    return from +
           (place == setting_place::arguments ? parts.front()->found->source : origins({parts.front()}));
  }
};

/// The providers that there are, and the choice among them.
class credential_chain {
 public:
  credential_chain(credential_parts parts, state_rules rules)
      : parts_(std::move(parts)), rules_(std::move(rules)) {}
  credential_chain(const credential_chain&) = delete;
  credential_chain& operator=(const credential_chain&) = delete;

  /// The first in `order` of those that are given as arguments, else of those in the environment, else of
  /// those in the file. Throws std::invalid_argument when there is none, or not all that it needs; `file` is
  /// what that message calls the file, empty for none.
  const credential_provider& choose(const std::vector<way_in>& order, std::string_view file) const {
    if (order.empty()) throw std::invalid_argument("the order of the ways in is empty: name one at least");
    for (const auto place : {setting_place::arguments, setting_place::environment, setting_place::file}) {
      for (const auto kind : order) {
        const auto& provider = provider_of(kind);
        if (!provider.is_from(place)) continue;
        const auto missing = provider.missing();
        if (missing.empty()) return provider;
        throw std::invalid_argument("the " + provider.origin() + " is not enough: " + listed(missing) +
                                    " must be set too");
      }
    }
    throw std::invalid_argument(nothing_chosen(order, file));
  }

  /// The auth method of a provider of this chain, with a description of what it is and where it comes from;
  /// `destination` is its end. Throws std::invalid_argument when a part is malformed or the state wants more,
  /// and authentication_error for an expired JWT; both name the settings and their places.
  any_auth make_auth(const credential_provider& chosen, bool renew, const memory_store& store,
                     const std::string& destination) const {
    for (const auto* part : chosen.present()) check_part(*part, chosen);
    const auto description = description_of(chosen) + destination;
    const renewal_options renewal{.keep_credentials = renew};
    switch (chosen.kind) {
      case way_in::secret_key: return {secret_key_auth(parts_.secret_key.value()), description};
      case way_in::jwt: return {bearer_auth(parts_.jwt.value()), description};
      case way_in::api_key:
        return {api_key_auth(parts_.api_key.value(), parts_.state_code.text(), store, renewal), description};
      case way_in::credentials: break;
    }
    require_trusted_hostname();
    require_rules(chosen);
    try {
      return {credentials_auth({.hostname = parts_.hostname.text(),
                                .username = parts_.username.text(),
                                .password = parts_.password.value(),
                                .otp = parts_.otp.value(),
                                .email = parts_.email.text(),
                                .otp_seed = parts_.otp_seed.value()},
                               store, {.rules = rules_, .renewal = renewal}),
              description};
    } catch (const std::invalid_argument& failure) {
      throw std::invalid_argument("the " + chosen.origin() + ": " + failure.what());
    }
  }

 private:
  const credential_provider& provider_of(way_in kind) const {
    return *std::find_if(providers_.begin(), providers_.end(),
                         [&](const credential_provider& provider) { return provider.kind == kind; });
  }

  /// Throws what the auth method says against one part, with the part and its place in front.
  void check_part(const credential_part& part, const credential_provider& of) const {
    const credentials stand_in{.hostname = "x", .username = "x", .password = "x"};
    const auto require_part = [&](auto member) {
      auto user = stand_in;
      user.*member = part.value().reveal();
      require_valid(user, {.otp_hostnames = {}, .email_hostnames = {}});
    };
    try {
      if (&part == &parts_.secret_key) secret_key_auth{part.value()};
      if (&part == &parts_.jwt) bearer_auth{part.value()};
      if (&part == &parts_.api_key) api_key_auth(part.value(), "CA");
      if (&part == &parts_.state_code) api_key_auth("x", part.text());
      if (&part == &parts_.hostname) require_part(&credentials::hostname);
      if (&part == &parts_.username) require_part(&credentials::username);
      if (&part == &parts_.password) require_part(&credentials::password);
      if (&part == &parts_.otp) require_part(&credentials::otp);
      if (&part == &parts_.email) require_part(&credentials::email);
      if (&part == &parts_.otp_seed) require_part(&credentials::otp_seed);
    } catch (const std::invalid_argument& failure) {
      throw std::invalid_argument(origins({&part}) + ": " + failure.what());
    } catch (const authentication_error& failure) {
      error told = failure.details();
      if (!of.has_argument()) {
        told.message =
            "the JWT has expired: get a new one, or set T3_SECRET_KEY or Metrc credentials in its place";
      }
      told.message = origins({&part}) + ": " + told.message;
      throw authentication_error(std::move(told));
    }
  }

  /// T3 sends the password on to that host: a file names only Metrc's for a password from elsewhere.
  void require_trusted_hostname() const {
    const bool is_metrc = to_lower(trim(parts_.hostname.text())).ends_with(".metrc.com");
    const bool same_file = parts_.password.is_from(setting_place::file);
    if (is_metrc || same_file || !parts_.hostname.is_from(setting_place::file)) return;
    throw std::invalid_argument(
        origins({&parts_.hostname}) + " is no host of Metrc, and does not decide where to send " +
        origins({&parts_.password}) + ": set METRC_HOSTNAME in the environment, or give it as an argument");
  }

  /// Throws std::invalid_argument when the state wants more of Metrc credentials than there is. Who has given
  /// no argument hears of settings alone.
  void require_rules(const credential_provider& chosen) const {
    const auto hostname = parts_.hostname.text();
    const auto refuse = [&](const std::string& what, const std::string& setting,
                            const std::string& argument) {
      throw std::invalid_argument(origins({&parts_.hostname}) + ": " + printable(trim(hostname), 100) +
                                  " wants " + what + ": set " + setting +
                                  (chosen.has_argument() ? ", or give " + argument : ""));
    };
    if (rules_.needs_otp(hostname) && !parts_.otp.found && !parts_.otp_seed.found)
      refuse("a one-time password", "OTP_SEED, the Base32 text that they come from", "otp_seed or otp");
    if (rules_.needs_email(hostname) && !parts_.email.found)
      refuse("the account's e-mail address", "METRC_EMAIL", "email");
  }

  /// What is used, from where, and what else there is.
  std::string description_of(const credential_provider& chosen) const {
    std::string others;
    for (const auto& provider : providers_) {
      if (&provider != &chosen && provider.is_meant()) {
        others += (others.empty() ? "" : ", ") + provider.origin();
      }
    }
    return "using the " + chosen.origin() + (others.empty() ? "" : " (not used: " + others + ")");
  }

  std::string nothing_chosen(const std::vector<way_in>& order, std::string_view file) const {
    std::string looked_for;
    std::string incomplete;
    for (const auto kind : order) {
      const auto& required = provider_of(kind).required;
      const auto missing = provider_of(kind).missing();
      std::vector<std::string> further;
      for (const auto* part : required) further.emplace_back(part->name);
      further.erase(further.begin());
      looked_for.append(looked_for.empty() ? "" : ", or ").append(required.front()->name);
      if (!further.empty()) looked_for += " with " + listed(further);
      if (missing.size() == required.size()) continue;
      incomplete += (incomplete.empty() ? "" : "; ") + origins(required, " is set in ", " are set in ") +
                    ", but " + listed(missing) + (missing.size() == 1 ? " is not" : " are not");
    }
    if (!incomplete.empty()) return "the credentials that are configured are not enough: " + incomplete;
    const std::string places = file.empty() ? "the arguments and the environment"
                                            : "the arguments, the environment and " + printable(file, 100);
    return "no credentials are configured: looked in " + places + " for " + looked_for + "; set one of these";
  }

  credential_parts parts_;
  state_rules rules_;
  std::vector<credential_provider> providers_{{way_in::secret_key, {&parts_.secret_key}},
                                              {way_in::jwt, {&parts_.jwt}},
                                              {way_in::api_key, {&parts_.api_key, &parts_.state_code}},
                                              {way_in::credentials,
                                               {&parts_.password, &parts_.hostname, &parts_.username},
                                               {&parts_.otp, &parts_.email, &parts_.otp_seed}}};
};

}  // namespace detail

}  // namespace t3api::inline v0_1_0

#endif
