#ifndef T3API_SANDBOX_KEPT_LOGIN_HPP
#define T3API_SANDBOX_KEPT_LOGIN_HPP

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/clock.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/base32.hpp>
#include <t3api/sandbox/metrc.hpp>
#include <t3api/sandbox/totp.hpp>

namespace t3api::sandbox {

/// All that the service needs to log in by itself, again and again.
struct stored_credentials {
  std::string hostname{};  ///< Canonical.
  std::string username{};
  secret password{};
  std::string email{};  ///< Or empty.
  secret otp_seed{};    ///< Base32, or empty.
};

/// What came of asking for a session: one of the three.
struct kept_session {
  std::optional<metrc_session> session{};
  /// Metrc knows these credentials no longer; asking again cannot help.
  bool refused = false;
  /// No one-time password is left in this period: how long until there is one. Whole seconds, at least one.
  std::chrono::seconds retry_after{0};
};

/// Credentials and the Metrc session they opened. When the session ends it logs in again, with one login
/// however many threads ask. Refused credentials are never tried again, so a changed password cannot make a
/// storm of failing logins.
template <metrc_upstream Metrc>
class kept_login {
 public:
  kept_login(std::shared_ptr<Metrc> metrc, std::shared_ptr<t3api::clock> clock,
             stored_credentials credentials)
      : metrc_(std::move(metrc)), clock_(std::move(clock)), credentials_(std::move(credentials)) {}

  /// The session at hand, or a new one when it has ended.
  kept_session session() {
    const std::scoped_lock lock(mutex_);
    if (!session_id_.empty()) {
      if (auto open = metrc_->find_session(session_id_)) return {.session = std::move(open)};
      session_id_.clear();
    }
    if (refused_) return {.refused = true};
    if (const auto wait = not_before_ - clock_->now(); wait > wait.zero()) {
      return {.retry_after = std::chrono::ceil<std::chrono::seconds>(wait)};
    }
    return log_in();
  }

  /// A new session from a real login, whatever is at hand; this is how credentials are verified.
  kept_session fresh_session() {
    const std::scoped_lock lock(mutex_);
    return log_in();
  }

 private:
  /// Metrc accepts no one-time password twice, and the present one may have been used by the user or by an
  /// earlier login. The next one is accepted a little early, so it is tried too; when both are used, only
  /// time helps.
  kept_session log_in() {
    metrc_login form{.hostname = credentials_.hostname,
                     .username = credentials_.username,
                     .password = credentials_.password,
                     .email = credentials_.email};
    const auto key = detail::base32_decode(credentials_.otp_seed.reveal());
    const wall_time now = clock_->wall_now();
    bool used = false;
    for (const std::int64_t ahead : {0, 1}) {
      if (key) form.otp = totp_code(*key, totp_step(now) + ahead);
      auto answer = metrc_->login(form);
      if (answer.session) {
        session_id_ = answer.session->id;
        refused_ = false;
        return {.session = std::move(answer.session)};
      }
      if (!key || answer.refusal != metrc_refusal::otp_used) break;
      used = true;
    }
    if (!used) {
      refused_ = true;
      return {.refused = true};
    }
    const wall_time next_period{totp_period * (totp_step(now) + 1)};
    const auto wait = std::chrono::floor<std::chrono::seconds>(next_period - now) + std::chrono::seconds(1);
    not_before_ = clock_->now() + wait;
    return {.retry_after = wait};
  }

  std::shared_ptr<Metrc> metrc_;
  std::shared_ptr<t3api::clock> clock_;
  const stored_credentials credentials_;
  std::mutex mutex_;
  std::string session_id_;
  bool refused_ = false;
  steady_time not_before_{};
};

}  // namespace t3api::sandbox

#endif
