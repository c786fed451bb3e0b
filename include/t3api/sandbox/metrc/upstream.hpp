#ifndef T3API_SANDBOX_METRC_UPSTREAM_HPP
#define T3API_SANDBOX_METRC_UPSTREAM_HPP

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <t3api/core/secret.hpp>
#include <t3api/detail/stop_token.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// What a login at Metrc needs.
struct metrc_login {
  std::string hostname{};  ///< Canonical, as `canonical_hostname` makes it.
  std::string username{};  ///< As it was submitted.
  secret password{};       ///< As it was submitted.
  std::string otp{};       ///< Six digits, or empty.
  std::string email{};     ///< Or empty.
};

/// Whose session it is, and what it may read.
struct metrc_user {
  std::string hostname{};               ///< Canonical.
  std::string username{};               ///< Exactly as in Metrc.
  std::vector<std::string> licenses{};  ///< Licence numbers.
};

/// A login that Metrc remembers.
struct metrc_session {
  std::string id{};                          ///< By which `find_session` finds it.
  std::shared_ptr<const metrc_user> user{};  ///< Never null.
};

/// Why Metrc refused a login. Whoever asks over the wire gets one and the same answer for all but the last.
enum class metrc_refusal {
  credentials,  ///< Unknown user, wrong password or wrong e-mail address.
  otp_wrong,    ///< No one-time password, or a wrong one, with all else right.
  otp_used,     ///< The right one-time password, but it was used before: the next one will do.
  locked,       ///< The account is locked, whatever was sent.
  unavailable,  ///< Metrc is in trouble, whatever was sent.
};

/// A session, or why there is none.
struct metrc_answer {
  std::optional<metrc_session> session{};              ///< Nothing when the login was refused.
  metrc_refusal refusal = metrc_refusal::credentials;  ///< Counts without a session only.
  /// False when the refusal rests on what may be out of date: no reason to give the credentials up.
  bool certain = true;
};

/// What the service needs of a Metrc, simulated or real. Any number of threads call it at once. A Metrc may
/// have more, which is used when it is there:
///
/// - `login(const metrc_login&, stop_token)`: the same, and ends soon when it is asked to stop.
/// - `bool is_certain()`: whether a refusal would be certain at the moment.
/// - `bool has_account(hostname, username)`: faults for accounts that are not there are refused.
/// - `bool end_sessions(hostname, username)`, `bool change_password(hostname, username, secret)`: faults can
///   do this; false when there is no such account.
/// - The controls and counts of `simulated_metrc`: `/sandbox/metrc` reaches them.
template <class T>
concept metrc_upstream = requires(T& metrc, const metrc_login& login, std::string_view session_id) {
  { metrc.login(login) } -> std::same_as<metrc_answer>;
  { metrc.find_session(session_id) } -> std::same_as<std::optional<metrc_session>>;
};

/// A login that ends soon when `stop` asks to stop, if that Metrc can be asked.
template <metrc_upstream Metrc>
metrc_answer log_in(Metrc& metrc, const metrc_login& login, const stop_token& stop) {
  if constexpr (requires {
                  { metrc.login(login, stop) } -> std::same_as<metrc_answer>;
                }) {
    return metrc.login(login, stop);
  } else {
    return metrc.login(login);
  }
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
