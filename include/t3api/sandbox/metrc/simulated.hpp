#ifndef T3API_SANDBOX_METRC_SIMULATED_HPP
#define T3API_SANDBOX_METRC_SIMULATED_HPP

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/core/clock.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/base32.hpp>
#include <t3api/detail/crypto.hpp>
#include <t3api/detail/either_stop.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/sandbox/metrc/account_state.hpp>
#include <t3api/sandbox/metrc/session_ids.hpp>
#include <t3api/sandbox/metrc/shared_accounts.hpp>
#include <t3api/sandbox/metrc/totp.hpp>
#include <t3api/sandbox/metrc/upstream.hpp>
#include <t3api/sandbox/model.hpp>
#include <t3api/sandbox/states.hpp>
#include <t3api/store/any.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// How a simulated Metrc behaves. All members have defaults.
struct simulated_metrc_options {
  std::chrono::seconds session_ttl = std::chrono::hours(24);  ///< How long a session lasts.
  /// Random bytes, the same for all processes that are to be one Metrc. A key of its own when it is empty.
  secret key{};
  /// Where those processes tell each other what was changed.
  std::optional<any_store> shared{};
};

/// A Metrc that lives in memory: knows its accounts, checks logins, tells whose a session is. Whatever it is
/// told to change, sessions included, holds for all processes that share a key and a store with it. Passwords
/// are kept as keyed hashes only. Any number of threads may share it.
class simulated_metrc {
 public:
  /// Throws std::invalid_argument when an OTP seed is no Base32 or an account is there twice.
  simulated_metrc(const std::vector<account>& accounts, const simulated_metrc_options& options,
                  std::shared_ptr<t3api::clock> clock)
      : clock_(std::move(clock)),
        session_ttl_(options.session_ttl),
        key_(options.key.empty() ? secret(detail::random_bytes(detail::gcm_key_size)) : options.key),
        hash_key_(derived("hashes of passwords")),
        ids_(derived("sessions")),
        accounts_(clock_, options.shared, derived("changes")) {
    accounts_.add(
        {.id = nobody, .state = {.password = detail::random_bytes(32), .email = detail::random_bytes(32)}});
    for (const auto& a : accounts) add(a);
  }

  /// Opens a session when everything is right. A refusal takes the same work whatever was wrong: an unknown
  /// user, the password or the one-time password; a locked account takes it too, whatever is sent. Only a
  /// login that is right but for its one-time password uses one up. What counts is the account as it is when
  /// the login's delay is over. A refusal is uncertain while the shared store fails. When `stop` asks to
  /// stop, a delay ends and the answer is that Metrc is unavailable.
  metrc_answer login(const metrc_login& form, const stop_token& stop = {}) {
    ++tally_.attempts;
    const std::string password = hash(form.password.reveal());
    const std::string email = hash(detail::to_lower(form.email));
    auto seen = accounts_.by_name(form.hostname, form.username, nobody);
    ++seen.found->tally->attempts;
    if (seen.metrc.delay.count() > 0) {
      if (!wait_out_delay(seen, stop)) return {.refusal = metrc_refusal::unavailable};
      seen = accounts_.by_name(form.hostname, form.username, nobody);
    }
    const known_account& claimed = *seen.found;
    if (seen.metrc.failing > 0 && takes_failure(seen.metrc)) return {.refusal = metrc_refusal::unavailable};
    const bool password_right = detail::constant_time_equal(password, claimed.state.password);
    const bool email_right = detail::constant_time_equal(email, claimed.state.email);
    const bool right = password_right && (email_right || !claimed.state.needs_email) && claimed.user;
    const bool open = right && !claimed.state.locked;
    const bool needs_otp = !claimed.state.otp_key.empty();
    const auto verdict = claimed.otp->judge(form.otp, clock_->wall_now(), open && needs_otp);
    const bool otp_right =
        !needs_otp || (open && verdict == otp_verdict::accepted && first_use(claimed, form.otp));
    if (!open || !otp_right) {
      const auto why = claimed.state.locked            ? metrc_refusal::locked
                       : !right                        ? metrc_refusal::credentials
                       : verdict == otp_verdict::wrong ? metrc_refusal::otp_wrong
                                                       : metrc_refusal::otp_used;
      if (seen.metrc.lock_after > 0) {
        note_refused_login(claimed.id, why == metrc_refusal::otp_used ? 0 : 1, seen.metrc.lock_after);
      }
      return {.refusal = why, .certain = seen.is_fresh};
    }
    if (claimed.state.wrong_logins > 0) {
      accounts_.change(claimed.id, [](account_state& s) { s.wrong_logins = 0; });
    }
    ++tally_.logins;
    ++claimed.tally->logins;
    return {.session = metrc_session{.id = ids_.make({.account = claimed.id,
                                                      .start = clock_->wall_now(),
                                                      .metrc_epoch = seen.metrc.epoch,
                                                      .account_epoch = claimed.state.epoch}),
                                     .user = claimed.user}};
  }

  /// The session with that id, unless it has ended.
  std::optional<metrc_session> find_session(std::string_view id) {
    const auto session = ids_.read(id);
    if (!session || clock_->wall_now() - session->start >= session_ttl_) return std::nullopt;
    const auto seen = accounts_.by_id(session->account);
    if (!seen.found || !seen.found->user || seen.metrc.epoch != session->metrc_epoch ||
        seen.found->state.epoch != session->account_epoch) {
      return std::nullopt;
    }
    return metrc_session{.id = std::string(id), .user = seen.found->user};
  }

  /// Each of the four changes one thing that a login needs, ends the account's sessions as Metrc does, and
  /// tells whether there is such an account. An empty e-mail address or seed means that the account needs
  /// none.
  bool change_password(std::string_view hostname, std::string_view username, const secret& password) {
    return change_login(hostname, username, [&](account_state& s) { s.password = hash(password.reveal()); });
  }
  /// The account's e-mail address; see `change_password`.
  bool change_email(std::string_view hostname, std::string_view username, std::string_view email) {
    return change_login(hostname, username, [&](account_state& s) { set_email(s, email); });
  }
  /// Throws std::invalid_argument when the name is empty or another account has it.
  bool change_username(std::string_view hostname, std::string_view username, std::string_view new_username) {
    if (new_username.empty() || find(hostname, new_username)) {
      throw std::invalid_argument(
          "the new username is empty or belongs to an account on that host already: choose another");
    }
    return change_login(hostname, username, [&](account_state& s) { s.username = new_username; });
  }
  /// Throws std::invalid_argument when the seed is no Base32.
  bool change_otp_seed(std::string_view hostname, std::string_view username, const secret& seed) {
    const secret key = otp_key(seed);
    return change_login(hostname, username, [&](account_state& s) { s.otp_key = key; });
  }

  /// Ends every session, as a Metrc does when it restarts.
  void end_sessions() {
    accounts_.change_metrc([](metrc_state& s) { ++s.epoch; });
  }
  /// Ends the sessions of one account, and tells whether there is such an account.
  bool end_sessions(std::string_view hostname, std::string_view username) {
    return change_login(hostname, username, [](account_state&) {});
  }

  /// Refuses the logins of an account, whatever is sent; its open sessions stay. Tells whether there is such
  /// an account.
  bool lock(std::string_view hostname, std::string_view username) {
    return change(hostname, username, [](account_state& s) { s.locked = true; });
  }
  /// Lets an account in again; tells whether there is such an account.
  bool unlock(std::string_view hostname, std::string_view username) {
    return change(hostname, username, [](account_state& s) {
      s.locked = false;
      s.wrong_logins = 0;
    });
  }
  /// Locks an account after so many wrong passwords or e-mail addresses in a row; 0, as at the start, for
  /// never.
  void lock_after(std::uint64_t wrong_logins) {
    accounts_.change_metrc([&](metrc_state& s) { s.lock_after = wrong_logins; });
  }

  /// Makes each login take as long as that on the clock; zero, as at the start, for no time. It holds for
  /// those that have begun too: with a shorter delay they end sooner, so that nobody who stops has to wait
  /// for them.
  void delay_logins(std::chrono::milliseconds delay) {
    accounts_.change_metrc([&](metrc_state& s) { s.delay = delay; });
  }
  /// Makes the next `count` logins fail as if Metrc were in trouble; without a number, all until told
  /// otherwise with 0.
  void fail_logins(std::uint64_t count = metrc_state::until_told_otherwise) {
    accounts_.change_metrc([&](metrc_state& s) { s.failing = count; });
  }

  /// Whether there is such an account.
  bool has_account(std::string_view hostname, std::string_view username) {
    return find(hostname, username) != nullptr;
  }
  /// Whether a refusal would be certain at the moment: it is while the shared store, if there is one,
  /// answers.
  bool is_certain() { return accounts_.by_id(nobody).is_fresh; }

  /// How many logins opened a session in this process so far.
  std::uint64_t logins() const noexcept { return tally_.logins; }
  /// How many logins were tried in this process so far.
  std::uint64_t attempts() const noexcept { return tally_.attempts; }
  /// The same for one account; 0 when there is none such.
  std::uint64_t logins(std::string_view hostname, std::string_view username) {
    const auto found = find(hostname, username);
    return found ? found->tally->logins.load() : 0;
  }
  /// How many logins of this account were tried.
  std::uint64_t attempts(std::string_view hostname, std::string_view username) {
    const auto found = find(hostname, username);
    return found ? found->tally->attempts.load() : 0;
  }

 private:
  /// The id of an account that nobody can log in to, with which those that do not exist are compared.
  static constexpr const char* nobody = "nobody";

  void add(const account& a) {
    const std::string host = canonical_hostname(a.hostname);
    known_account added{.id = host + "\n" + a.username};
    added.state.username = a.username;
    added.state.password = hash(a.password.reveal());
    set_email(added.state, a.email);
    added.state.otp_key = otp_key(a.otp_seed);
    added.otp = std::make_shared<otp_verifier>(added.state.otp_key.reveal());
    added.user = std::make_shared<metrc_user>(metrc_user{host, a.username, a.licenses});
    if (!accounts_.add(std::move(added))) {
      throw std::invalid_argument("the account '" + a.username + "' on " + host +
                                  " is there twice: leave one out");
    }
  }

  shared_accounts::account find(std::string_view hostname, std::string_view username) {
    return accounts_.by_name(canonical_hostname(hostname), username).found;
  }

  template <class Apply>
  bool change(std::string_view hostname, std::string_view username, Apply apply) {
    const auto found = find(hostname, username);
    if (found) accounts_.change(found->id, apply);
    return found != nullptr;
  }
  template <class Apply>
  bool change_login(std::string_view hostname, std::string_view username, Apply apply) {
    return change(hostname, username, [&](account_state& s) {
      apply(s);
      ++s.epoch;
    });
  }

  /// False when `stop` asked to stop first.
  bool wait_out_delay(shared_accounts::view seen, const stop_token& stop) {
    const auto start = clock_->now();
    while (seen.metrc.delay.count() > 0) {
      const detail::either_stop over(seen.delay_changed, stop);
      if (clock_->wait_until(start + seen.metrc.delay, over.token())) return true;
      if (stop.stop_requested()) return false;
      seen = accounts_.by_id(nobody);
    }
    return true;
  }

  /// Whether this login is one of those that are to fail: of many at once, no more than were ordered.
  bool takes_failure(const metrc_state& seen) {
    if (seen.failing == metrc_state::until_told_otherwise) return true;
    bool taken = false;
    accounts_.change_metrc([&](metrc_state& s) {
      taken = s.failing > 0;
      if (taken && s.failing != metrc_state::until_told_otherwise) --s.failing;
    });
    return taken;
  }

  void note_refused_login(const std::string& id, std::uint64_t wrong, std::uint64_t most) {
    accounts_.change(id, [&](account_state& s) {
      s.wrong_logins += wrong;
      s.locked |= id != nobody && s.wrong_logins >= most;
    });
  }

  /// No code is good for longer than three periods.
  bool first_use(const known_account& of, std::string_view code) {
    const std::string what = of.id + "\n" + std::string(of.state.otp_key.reveal()) + "\n" + std::string(code);
    return accounts_.take_once("simulated metrc/otp/" + hash(what), 4 * totp_period);
  }

  void set_email(account_state& s, std::string_view email) const {
    s.needs_email = !email.empty();
    s.email = hash(detail::to_lower(email));
  }

  static secret otp_key(const secret& seed) {
    if (seed.empty()) return {};
    auto key = detail::base32_decode(seed.reveal());
    if (!key) {
      throw std::invalid_argument(
          "an account's OTP seed is not Base32: give letters A to Z and digits 2 to 7");
    }
    return secret(*std::move(key));
  }

  secret derived(std::string_view purpose) const {
    return secret(detail::hmac_sha256(key_.reveal(), purpose));
  }
  std::string hash(std::string_view text) const { return detail::hmac_sha256(hash_key_.reveal(), text); }

  const std::shared_ptr<t3api::clock> clock_;
  const std::chrono::seconds session_ttl_;
  const secret key_;
  const secret hash_key_;
  const session_ids ids_;
  shared_accounts accounts_;
  login_tally tally_;
};

static_assert(metrc_upstream<simulated_metrc>, "the simulated Metrc has all that the service asks of one");

}  // namespace t3api::inline v0_1_0::sandbox

#endif
