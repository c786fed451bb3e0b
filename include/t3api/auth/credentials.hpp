#ifndef T3API_AUTH_CREDENTIALS_HPP
#define T3API_AUTH_CREDENTIALS_HPP

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/auth/checks.hpp>
#include <t3api/auth/concept.hpp>
#include <t3api/auth/one_time_passwords.hpp>
#include <t3api/auth/renewal_options.hpp>
#include <t3api/auth/state_rules.hpp>
#include <t3api/auth/token_source.hpp>
#include <t3api/auth/totp.hpp>
#include <t3api/core/json_text.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/crypto.hpp>
#include <t3api/detail/uuid.hpp>
#include <t3api/store/memory.hpp>

namespace t3api::inline v0_1_0 {

/// What Metrc wants of a user. `hostname` is the state's Metrc host, such as "ca.metrc.com".
struct credentials {
  std::string hostname{};  ///< The state's Metrc.
  std::string username{};  ///< Metrc's.
  secret password{};       ///< Metrc's.
  secret otp{};            ///< A one-time password (Michigan): good for one exchange.
  std::string email{};     ///< The account's e-mail (Colorado).
  secret otp_seed{};       ///< The Base32 seed that one-time passwords come from: lets tokens be renewed.
};

/// How `credentials_auth` works.
struct credentials_options {
  state_rules rules{};  ///< What is asked for before anything is sent.
  used_otp when_otp_is_used =
      used_otp::wait;         ///< What to do when the one-time password of the moment is used up.
  renewal_options renewal{};  ///< When and how tokens are renewed.
};

namespace detail {

/// Checks what can be checked before anything is sent. Throws std::invalid_argument without any value in it.
inline void require_valid(const credentials& user, const state_rules& rules) {
  require_text(user.hostname, "Metrc hostname");
  require_text(user.username, "Metrc user name");
  require_text(user.password.reveal(), "Metrc password");
  if (!user.otp.empty()) {
    require_text(user.otp.reveal(), "one-time password");
    const auto code = trim(user.otp.reveal());
    if (code.size() < 4 || code.size() > 10 || !std::all_of(code.begin(), code.end(), ascii_digit)) {
      throw std::invalid_argument(
          "the one-time password is not made of 4 to 10 digits: give the digits alone (a seed goes into "
          "otp_seed)");
    }
  }
  if (!user.email.empty()) require_text(user.email, "e-mail address");
  if (!user.otp_seed.empty()) totp(user.otp_seed, 0);
  if (!user.otp.empty() && !user.otp_seed.empty()) {
    throw std::invalid_argument("both a one-time password and its seed are given: give one of them");
  }
  const std::string hostname = printable(trim(user.hostname), 100);
  if (rules.needs_otp(user.hostname) && user.otp.empty() && user.otp_seed.empty()) {
    throw std::invalid_argument(hostname +
                                " wants a one-time password: give its seed (otp_seed), or one for this once "
                                "(otp)");
  }
  if (rules.needs_email(user.hostname) && user.email.empty()) {
    throw std::invalid_argument(hostname + " wants the account's e-mail address: give it (email)");
  }
}

/// A JSON request to one of the endpoints that take Metrc credentials, with one further member at most.
inline request credentials_request(std::string path, const credentials& user, std::string_view extra_name,
                                   const secret& extra) {
  const std::size_t texts =
      user.hostname.size() + user.username.size() + user.password.size() + user.email.size() + extra.size();
  json_text_object body(6 * texts + 200);
  body.add("hostname", trim(user.hostname))
      .add("username", trim(user.username))
      .add("password", user.password.reveal());
  if (!extra.empty()) body.add(extra_name, trim(extra.reveal()));
  if (!user.email.empty()) body.add("email", trim(user.email));
  return {.method = method::post,
          .path = std::move(path),
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(body).finish()};
}

/// A name for credentials that tells nothing of them to those who do not have them all.
inline std::string credentials_name(const secret& key, std::string_view way,
                                    const std::vector<std::string_view>& parts) {
  std::string text(way);
  for (const auto part : parts) text.append("\n").append(part);
  return hex(hmac_sha256(key.reveal(), text));
}

}  // namespace detail

/// Exchanges Metrc credentials for a JWT at `POST /v2/auth/credentials`, once for all threads, and renews it
/// ahead of its expiry or when the service refuses it. Copies share one token; with a store that lies outside
/// the process, so do all processes with the same credentials. Credentials that the service refuses are never
/// sent again. Nor is a one-time password made from the seed ever sent twice by those who share a store, by
/// default the auth object and its copies: give several auth objects or processes with one seed one store.
template <store Store>
class basic_credentials_auth {
 public:
  /// Throws std::invalid_argument, without any value in it, for missing, blank or malformed credentials, also
  /// for what the state wants besides (`credentials_options::rules`).
  explicit basic_credentials_auth(credentials user,
                                  credentials_options options = {}) requires std::default_initializable<Store>
      : basic_credentials_auth(std::move(user), Store(), std::move(options)) {}

  /// The same with a store to share the token by.
  basic_credentials_auth(credentials user, Store shared, credentials_options options = {}) {
    detail::require_valid(user, options.rules);
    user.otp = detail::trim(user.otp.reveal());
    const auto name = [&](std::string_view second_factor) {
      return detail::credentials_name(user.password, "credentials",
                                      {detail::trim(user.hostname), detail::trim(user.username),
                                       detail::trim(user.email), second_factor});
    };
    const std::string seed_name = user.otp_seed.empty() ? "" : detail::seed_fingerprint(user.otp_seed);
    detail::exchanged_credentials exchanged{
        .sensitive = {user.password, user.otp, user.otp_seed},
        .account = name({}),
        .fingerprint = name(seed_name.empty() ? user.otp.reveal() : seed_name)};
    auto passwords = std::make_shared<detail::one_time_passwords<Store>>(user.otp, user.otp_seed,
                                                                         options.when_otp_is_used, shared);
    exchanged.make_request = [passwords = std::move(passwords), user = std::move(user)](
                                 exchange& via, bool last_was_unsent) -> result<detail::credentials_message> {
      auto otp = passwords->next(via, last_was_unsent);
      if (!otp) return otp.error();
      auto message = detail::credentials_request("/v2/auth/credentials", user, "otp", *otp);
      return detail::credentials_message{.message = std::move(message),
                                         .one_time_password = *std::move(otp),
                                         .service_ahead = passwords->service_ahead()};
    };
    tokens_ = std::make_shared<detail::token_source<Store>>(std::move(exchanged), std::move(options.renewal),
                                                            std::move(shared));
  }

  result<token_generation> authorize(request& message, exchange& via) {
    return tokens_->authorize(message, via);
  }
  bool on_unauthorized(token_generation generation) { return tokens_->on_unauthorized(generation); }

  /// Whether the token of that generation came out of the store, where it may have lain long.
  bool is_shared(token_generation generation) const { return tokens_->is_shared(generation); }

  /// How many tokens there have been so far: 1 after the first call, more when tokens were renewed.
  token_generation tokens_obtained() const { return tokens_->tokens_obtained(); }

 private:
  std::shared_ptr<detail::token_source<Store>> tokens_;
};

/// The usual one, which shares its token with nobody but its copies.
using credentials_auth = basic_credentials_auth<memory_store>;

}  // namespace t3api::inline v0_1_0

#endif
