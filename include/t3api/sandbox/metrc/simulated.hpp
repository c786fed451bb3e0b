#ifndef T3API_SANDBOX_METRC_SIMULATED_HPP
#define T3API_SANDBOX_METRC_SIMULATED_HPP

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
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
#include <t3api/detail/wipe.hpp>
#include <t3api/sandbox/metrc/session_table.hpp>
#include <t3api/sandbox/metrc/totp.hpp>
#include <t3api/sandbox/metrc/upstream.hpp>
#include <t3api/sandbox/model.hpp>
#include <t3api/sandbox/states.hpp>

namespace t3api::sandbox {

/// A Metrc that lives in memory: knows its accounts, checks logins, keeps sessions. Any number of threads may
/// share it. Passwords are kept as keyed hashes only.
class simulated_metrc {
 public:
  /// Throws std::invalid_argument when an OTP seed is no Base32 or an account is there twice.
  simulated_metrc(const std::vector<account>& accounts, std::chrono::seconds session_ttl,
                  std::shared_ptr<t3api::clock> clock)
      : clock_(std::move(clock)), sessions_(session_ttl) {
    for (const auto& a : accounts) add(a);
  }

  /// Opens a session when everything is right. Unknown users and wrong passwords get the same answer for the
  /// same work; the one-time password is looked at last, so a wrong password never uses one up.
  metrc_answer login(const metrc_login& form) {
    ++attempts_;
    const std::string password = hash(form.password.reveal());
    const std::string email = hash(detail::to_lower(form.email));
    const std::shared_lock lock(mutex_);
    const auto found = users_.find({form.hostname, form.username});
    const user& claimed = found == users_.end() ? nobody_ : found->second;
    const bool password_right = detail::constant_time_equal(password, claimed.password);
    const bool email_right = detail::constant_time_equal(email, claimed.email);
    if (found == users_.end() || !password_right || (claimed.needs_email && !email_right)) return {};
    if (claimed.otp) {
      const auto verdict = claimed.otp->check(form.otp, clock_->wall_now());
      if (verdict == otp_verdict::wrong) return {.refusal = metrc_refusal::otp_wrong};
      if (verdict == otp_verdict::used) return {.refusal = metrc_refusal::otp_used};
    }
    ++logins_;
    return {.session = sessions_.open(claimed.profile, clock_->now())};
  }

  /// The session with that id, unless it has ended.
  std::optional<metrc_session> find_session(std::string_view id) const {
    return sessions_.find(id, clock_->now());
  }

  /// Each of the three changes one thing that a login needs, ends the account's sessions as Metrc does, and
  /// tells whether there is such an account. An empty e-mail address or seed means that the account needs
  /// none.
  bool change_password(std::string_view hostname, std::string_view username, const secret& password) {
    return change(hostname, username, [&](user& u) { u.password = hash(password.reveal()); });
  }
  bool change_email(std::string_view hostname, std::string_view username, std::string_view email) {
    return change(hostname, username, [&](user& u) { set_email(u, email); });
  }
  /// Throws std::invalid_argument when the seed is no Base32.
  bool change_otp_seed(std::string_view hostname, std::string_view username, const secret& seed) {
    return change(hostname, username, [&](user& u) { u.otp = verifier(seed); });
  }

  /// Ends every session, as a Metrc does when it restarts.
  void end_sessions() {
    sessions_.end_if([](const metrc_user&) { return true; });
  }
  /// Ends the sessions of one account.
  void end_sessions(std::string_view hostname, std::string_view username) {
    const std::string host = canonical_hostname(hostname);
    sessions_.end_if([&](const metrc_user& u) { return u.hostname == host && u.username == username; });
  }

  /// How many logins opened a session so far.
  std::uint64_t logins() const noexcept { return logins_; }
  /// How many logins were tried so far.
  std::uint64_t attempts() const noexcept { return attempts_; }

 private:
  struct user {
    std::string password;
    std::string email;
    bool needs_email = false;
    std::unique_ptr<otp_verifier> otp;
    std::shared_ptr<const metrc_user> profile;
  };

  void add(const account& a) {
    const std::string host = canonical_hostname(a.hostname);
    user added;
    added.password = hash(a.password.reveal());
    set_email(added, a.email);
    added.otp = verifier(a.otp_seed);
    added.profile = std::make_shared<metrc_user>(metrc_user{host, a.username, a.licenses});
    if (!users_.emplace(std::pair(host, a.username), std::move(added)).second) {
      throw std::invalid_argument("the account '" + a.username + "' on " + host +
                                  " is there twice: leave one out");
    }
  }

  template <class Change>
  bool change(std::string_view hostname, std::string_view username, Change apply) {
    const std::scoped_lock lock(mutex_);
    const auto found = users_.find({canonical_hostname(hostname), std::string(username)});
    if (found == users_.end()) return false;
    apply(found->second);
    end_sessions(hostname, username);
    return true;
  }

  void set_email(user& u, std::string_view email) const {
    u.needs_email = !email.empty();
    u.email = hash(detail::to_lower(email));
  }

  static std::unique_ptr<otp_verifier> verifier(const secret& seed) {
    if (seed.empty()) return nullptr;
    auto key = detail::base32_decode(seed.reveal());
    if (!key)
      throw std::invalid_argument(
          "an account's OTP seed is not Base32: give letters A to Z and digits 2 to 7");
    auto made = std::make_unique<otp_verifier>(*key);
    detail::wipe(*key);
    return made;
  }

  std::string hash(std::string_view text) const { return detail::hmac_sha256(hash_key_, text); }

  std::shared_ptr<t3api::clock> clock_;
  std::string hash_key_ = detail::random_bytes(32);
  user nobody_{
      .password = detail::random_bytes(32), .email = detail::random_bytes(32), .otp = {}, .profile = {}};
  mutable std::shared_mutex mutex_;
  std::map<std::pair<std::string, std::string>, user> users_;
  session_table sessions_;
  std::atomic<std::uint64_t> attempts_{0};
  std::atomic<std::uint64_t> logins_{0};
};

static_assert(metrc_upstream<simulated_metrc>, "the simulated Metrc has all that the service asks of one");

}  // namespace t3api::sandbox

#endif
