#ifndef T3API_SANDBOX_SESSIONS_UPSTREAM_SESSIONS_HPP
#define T3API_SANDBOX_SESSIONS_UPSTREAM_SESSIONS_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <t3api/core/clock.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/base32.hpp>
#include <t3api/detail/crypto.hpp>
#include <t3api/detail/uuid.hpp>
#include <t3api/detail/wipe.hpp>
#include <t3api/sandbox/keys/key_record.hpp>
#include <t3api/sandbox/metrc/stored_credentials.hpp>
#include <t3api/sandbox/metrc/totp.hpp>
#include <t3api/sandbox/metrc/upstream.hpp>
#include <t3api/sandbox/sessions/login_outcome.hpp>
#include <t3api/sandbox/sessions/session_cache.hpp>
#include <t3api/store/timed_lock.hpp>

namespace t3api::sandbox {

/// What came of asking for a session of kept credentials.
struct kept_session {
  std::optional<metrc_session> session{};
  metrc_refusal refusal = metrc_refusal::credentials;  ///< Why there is none.
  /// How long it is useless to ask again. Whole seconds, at least one. Zero when asking again cannot help:
  /// Metrc refused the credentials.
  std::chrono::seconds retry_after{0};
  /// When Metrc refused the credentials to this very process; nothing when it has only heard of it.
  std::optional<wall_time> refused_at{};
};

/// Credentials when they are needed, and only then: it may have to decrypt them.
using credentials_source = std::function<stored_credentials()>;

/// The Metrc sessions of credentials that the service keeps. When one has ended it logs in again, with one
/// login however many threads and services ask. Credentials that Metrc refused are not tried again, so a
/// changed password cannot make a storm of failing logins. Any number of threads may share it.
template <metrc_upstream Metrc>
class upstream_sessions {
 public:
  /// How long a service that died during a login can keep the others from trying.
  static constexpr std::chrono::seconds lease{10};

  /// A caller waits for another's login as long as `patience`.
  upstream_sessions(std::shared_ptr<Metrc> metrc, std::shared_ptr<t3api::clock> clock,
                    std::shared_ptr<session_cache> cache, secret naming_key,
                    std::chrono::milliseconds patience = std::chrono::seconds(30))
      : metrc_(std::move(metrc)),
        clock_(std::move(clock)),
        cache_(std::move(cache)),
        naming_key_(std::move(naming_key)),
        patience_(patience) {}

  /// The name of these credentials among logins: the same for the same credentials, and of no use to who does
  /// not have the naming key.
  std::string name_of(const stored_credentials& c) const {
    std::string hashes;
    for (const std::string_view part :
         {std::string_view(c.hostname), std::string_view(c.username), c.password.reveal(),
          std::string_view(c.email), c.otp_seed.reveal()}) {
      hashes += detail::hmac_sha256(naming_key_.reveal(), part);
    }
    return detail::hmac_sha256(naming_key_.reveal(), hashes);
  }

  /// The session at hand, or a new one when it has ended; it is the owner's, whatever the cache says. What
  /// `credentials` throws goes through.
  kept_session session(const std::string& name, const key_owner& owner,
                       const credentials_source& credentials) {
    if (auto open = still_open(near(name), owner)) return {.session = std::move(open)};
    const auto one_at_a_time = lock_of(name);
    if (!one_at_a_time->try_lock_for(patience_)) return busy();
    const std::lock_guard<timed_lock> until_done(*one_at_a_time, std::adopt_lock);

    const auto mine = near(name);
    if (auto open = still_open(mine, owner)) return {.session = std::move(open)};
    if (const auto refused = still_refused(mine)) {
      if (!mine->is_final()) return *refused;
      if (auto open = shared_session(name, owner)) return {.session = std::move(open)};
      return *refused;
    }
    const turn my_turn(*this, name);
    const auto heard = shared(name);
    if (auto open = still_open(heard, owner)) return remembered(name, *heard, std::move(open));
    if (auto refused = still_refused(heard)) {
      refused->refused_at.reset();
      return *refused;
    }
    return log_in(name, credentials());
  }

  /// A new session from a real login, whatever is at hand; this is how credentials are verified. A refusal is
  /// not remembered, so that whoever tries out passwords fills no memory.
  kept_session fresh_session(const std::string& name, const stored_credentials& credentials) {
    const auto outcome = try_login(credentials);
    if (outcome.session) keep(name, *outcome.session);
    return outcome;
  }

 private:
  using timed_lock = t3api::detail::timed_lock;

  /// The right to log in, among all services that share the cache; taken when another does not let go in
  /// time.
  class turn {
   public:
    turn(upstream_sessions& of, const std::string& name) : of_(of), name_("login/" + name) {
      const auto end = of_.clock_->now() + lease;
      while (!of_.cache_->claim(name_, owner_, lease) && of_.clock_->now() < end) {
        of_.clock_->wait_until(of_.clock_->now() + std::chrono::milliseconds(20), {});
      }
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() { of_.cache_->release(name_, owner_); }

   private:
    upstream_sessions& of_;
    const std::string name_;
    const std::string owner_ = detail::make_uuid();
  };

  static constexpr std::chrono::hours longest_session{24};
  static constexpr std::chrono::hours longest_refusal{24};
  static constexpr std::size_t most_locks = 20'000;

  static std::string cached(const std::string& name) { return "session/" + name; }

  std::optional<login_outcome> near(const std::string& name) {
    const auto text = cache_->near(cached(name));
    return text ? login_outcome_from(*text) : std::nullopt;
  }
  std::optional<login_outcome> shared(const std::string& name) {
    const auto text = cache_->shared(cached(name));
    return text ? login_outcome_from(*text) : std::nullopt;
  }

  std::optional<metrc_session> still_open(const std::optional<login_outcome>& outcome,
                                          const key_owner& owner) {
    if (!outcome || outcome->session_id.empty()) return std::nullopt;
    auto session = metrc_->find_session(outcome->session_id);
    if (session && (session->user->hostname != owner.hostname || session->user->username != owner.username)) {
      return std::nullopt;
    }
    return session;
  }

  kept_session remembered(const std::string& name, const login_outcome& heard,
                          std::optional<metrc_session> open) {
    cache_->put_near(cached(name), to_text(heard), longest_session);
    return {.session = std::move(open)};
  }

  std::optional<metrc_session> shared_session(const std::string& name, const key_owner& owner) {
    const auto heard = shared(name);
    auto open = still_open(heard, owner);
    if (open) remembered(name, *heard, open);
    return open;
  }

  std::optional<kept_session> still_refused(const std::optional<login_outcome>& outcome) const {
    if (!outcome || !outcome->session_id.empty()) return std::nullopt;
    if (outcome->is_final()) return kept_session{.refusal = outcome->refusal, .refused_at = outcome->when};
    const auto wait = std::chrono::ceil<std::chrono::seconds>(outcome->until - clock_->wall_now());
    if (wait.count() <= 0) return std::nullopt;
    return kept_session{.refusal = outcome->refusal, .retry_after = (std::min)(wait, longest_pause)};
  }

  static kept_session busy() {
    return {.refusal = metrc_refusal::unavailable, .retry_after = pause_when_unavailable};
  }

  std::shared_ptr<timed_lock> lock_of(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    if (locks_.size() >= most_locks) {
      std::erase_if(locks_, [](const auto& item) { return item.second.use_count() == 1; });
    }
    auto& found = locks_[name];
    if (!found) found = std::make_shared<timed_lock>();
    return found;
  }

  void keep(const std::string& name, const metrc_session& session) {
    cache_->put(cached(name), to_text({.session_id = session.id}), longest_session);
  }

  kept_session log_in(const std::string& name, const stored_credentials& credentials) {
    const auto outcome = try_login(credentials);
    if (outcome.session) {
      keep(name, *outcome.session);
      return outcome;
    }
    const wall_time now = clock_->wall_now();
    const bool final = outcome.retry_after.count() == 0;
    cache_->put(
        cached(name), to_text({.refusal = outcome.refusal, .when = now, .until = now + outcome.retry_after}),
        final ? std::chrono::milliseconds(longest_refusal) : std::chrono::milliseconds(outcome.retry_after));
    return outcome;
  }

  /// Metrc accepts no one-time password twice, and the present one may have been used by the user or by an
  /// earlier login. The next one is accepted a little early, so it is tried too; when both are used, only
  /// time helps.
  kept_session try_login(const stored_credentials& credentials) {
    metrc_login form{.hostname = credentials.hostname,
                     .username = credentials.username,
                     .password = credentials.password,
                     .email = credentials.email};
    auto key = detail::base32_decode(credentials.otp_seed.reveal());
    const bool has_seed = key && !key->empty();
    wall_time now = clock_->wall_now();
    metrc_answer answer;
    for (const std::int64_t ahead : {0, 1}) {
      now = clock_->wall_now();
      if (has_seed) form.otp = totp_code(*key, totp_step(now) + ahead);
      answer = metrc_->login(form);
      if (answer.session || !has_seed || answer.refusal != metrc_refusal::otp_used) break;
    }
    if (key) detail::wipe(*key);
    if (answer.session) return {.session = std::move(answer.session)};
    const auto pause = pause_after(answer.refusal, now);
    return {.refusal = answer.refusal,
            .retry_after = pause,
            .refused_at = pause.count() == 0 ? std::optional(clock_->wall_now()) : std::nullopt};
  }

  static constexpr std::chrono::seconds pause_when_locked{60};
  static constexpr std::chrono::seconds pause_when_unavailable{5};
  static constexpr std::chrono::seconds longest_pause{60};

  /// Zero when it is no use to try again.
  static std::chrono::seconds pause_after(metrc_refusal refusal, wall_time now) {
    switch (refusal) {
      case metrc_refusal::otp_used: {
        const wall_time next_period{totp_period * (totp_step(now) + 1)};
        return std::chrono::floor<std::chrono::seconds>(next_period - now) + std::chrono::seconds(1);
      }
      case metrc_refusal::locked: return pause_when_locked;
      case metrc_refusal::unavailable: return pause_when_unavailable;
      default: return std::chrono::seconds(0);
    }
  }

  const std::shared_ptr<Metrc> metrc_;
  const std::shared_ptr<t3api::clock> clock_;
  const std::shared_ptr<session_cache> cache_;
  const secret naming_key_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<timed_lock>> locks_;
};

}  // namespace t3api::sandbox

#endif
