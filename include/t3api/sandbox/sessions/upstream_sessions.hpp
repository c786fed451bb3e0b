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
#include <t3api/detail/stop_token.hpp>
#include <t3api/detail/uuid.hpp>
#include <t3api/detail/wipe.hpp>
#include <t3api/sandbox/keys/key_record.hpp>
#include <t3api/sandbox/metrc/stored_credentials.hpp>
#include <t3api/sandbox/metrc/totp.hpp>
#include <t3api/sandbox/metrc/upstream.hpp>
#include <t3api/sandbox/sessions/login_outcome.hpp>
#include <t3api/sandbox/sessions/session_cache.hpp>
#include <t3api/store/timed_lock.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// What came of asking for a session of kept credentials.
struct kept_session {
  std::optional<metrc_session> session{};
  metrc_refusal refusal = metrc_refusal::credentials;  ///< Why there is none.
  /// How long it is useless to ask again. Whole seconds, at least one. Zero when asking again cannot help:
  /// Metrc refused the credentials.
  std::chrono::seconds retry_after{0};
  /// Since when Metrc is known to refuse the credentials, which it told this very process: the start of that
  /// login. Nothing when it has only heard of it.
  std::optional<wall_time> refused_at{};
};

/// Credentials when they are needed, and only then: it may have to decrypt them.
using credentials_source = std::function<stored_credentials()>;

/// The Metrc sessions of credentials that the service keeps. When one has ended it logs in again, with one
/// login however many threads and services ask. Credentials that Metrc refused are not tried again, so a
/// changed password cannot make a storm of failing logins; a locked account is tried again after 5 seconds, a
/// Metrc in trouble after one. Credentials that a Metrc refused without being certain are tried again after
/// 30 seconds, and after twice as long each time, up to 10 minutes; at once when that Metrc is certain again.
/// Any number of threads may share it.
template <metrc_upstream Metrc>
class upstream_sessions {
 public:
  /// How long a service that died during a login can keep the others from trying.
  static constexpr std::chrono::seconds lease{10};

  /// A caller waits for another's login as long as `patience`. Who is asked to stop waits no longer and is
  /// told to ask again.
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

  /// The session at hand, or a new one when it has ended; it is the owner's, whatever the cache says.
  /// Refusals from before `made`, when Metrc accepted the credentials, count for nothing. What `credentials`
  /// throws goes through.
  kept_session session(const std::string& name, const key_owner& owner, const credentials_source& credentials,
                       wall_time made = {}, const stop_token& stop = {}) {
    if (auto open = still_open(nearby(name), owner)) return {.session = std::move(open)};
    const auto one_at_a_time = lock_of(name);
    if (!one_at_a_time->try_lock_for(patience_, stop)) return busy();
    const std::lock_guard<timed_lock> until_done(*one_at_a_time, std::adopt_lock);

    const auto mine = nearby(name);
    if (auto open = still_open(mine, owner)) return {.session = std::move(open)};
    if (const auto refused = still_refused(mine, made)) {
      // A session of another service, ended or not, means that the credentials were accepted again.
      if (!mine->is_final() || !is_session(shared(name))) return *refused;
    }
    const turn my_turn(*this, name, stop);
    if (!my_turn.has_come()) return busy();
    const auto heard = shared(name);
    if (auto open = still_open(heard, owner)) return remembered(name, *heard, std::move(open));
    if (auto refused = still_refused(heard, made)) {
      refused->refused_at.reset();
      return *refused;
    }
    const auto doubt = last_doubt(name);
    if (const auto wait = still_in_doubt(doubt, made)) return *wait;
    return log_in(name, owner, credentials(), {.made = made, .heard = heard, .doubt = doubt}, stop);
  }

  /// A new session from a real login, whatever is at hand; this is how credentials are verified. It waits for
  /// a login that is under way with the same ones. A refusal, certain or not, is not remembered, so that
  /// whoever tries out passwords fills no memory.
  kept_session fresh_session(const std::string& name, const stored_credentials& credentials,
                             const stop_token& stop = {}) {
    const auto one_at_a_time = lock_of(name);
    if (!one_at_a_time->try_lock_for(patience_, stop)) return busy();
    const std::lock_guard<timed_lock> until_done(*one_at_a_time, std::adopt_lock);
    const turn my_turn(*this, name, stop);
    if (!my_turn.has_come()) return busy();
    auto tried = try_login(credentials, stop);
    if (tried.kept.session) keep(name, *tried.kept.session);
    return std::move(tried.kept);
  }

 private:
  using timed_lock = t3api::detail::timed_lock;

  /// The right to log in, among all services that share the cache; taken when another does not let go in
  /// time. It does not come to who is asked to stop before.
  class turn {
   public:
    turn(upstream_sessions& of, const std::string& name, const stop_token& stop)
        : of_(of), name_("login/" + name), has_come_(!stop.stop_requested()) {
      const auto end = of_.clock_->now() + lease;
      while (has_come_ && !of_.cache_->claim(name_, owner_, lease) && of_.clock_->now() < end) {
        has_come_ = of_.clock_->wait_until(of_.clock_->now() + std::chrono::milliseconds(20), stop);
      }
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() { of_.cache_->release(name_, owner_); }

    bool has_come() const noexcept { return has_come_; }

   private:
    upstream_sessions& of_;
    const std::string name_;
    const std::string owner_ = detail::make_uuid();
    bool has_come_;
  };

  /// What is known of credentials before a login.
  struct background {
    wall_time made{};
    std::optional<login_outcome> heard{};  ///< From the services together.
    std::optional<login_outcome> doubt{};  ///< The last refusal that was not certain.
  };

  static constexpr std::chrono::hours longest_session{24};
  static constexpr std::chrono::hours longest_refusal{24};
  static constexpr std::size_t most_locks = 20'000;

  static std::string cached(const std::string& name) { return "session/" + name; }
  static std::string doubtful(const std::string& name) { return "doubt/" + name; }

  static std::optional<login_outcome> read(const std::optional<std::string>& text) {
    return text ? login_outcome_from(*text) : std::nullopt;
  }
  std::optional<login_outcome> nearby(const std::string& name) { return read(cache_->nearby(cached(name))); }
  std::optional<login_outcome> shared(const std::string& name) { return read(cache_->shared(cached(name))); }

  static bool is_session(const std::optional<login_outcome>& outcome) {
    return outcome && !outcome->session_id.empty();
  }

  std::optional<metrc_session> still_open(const std::optional<login_outcome>& outcome,
                                          const key_owner& owner) {
    if (!is_session(outcome)) return std::nullopt;
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

  std::optional<kept_session> still_refused(const std::optional<login_outcome>& outcome,
                                            wall_time made) const {
    if (!outcome || is_session(outcome) || outcome->when < made) return std::nullopt;
    if (outcome->is_final()) return kept_session{.refusal = outcome->refusal, .refused_at = outcome->when};
    return to_wait_out(*outcome, longest_pause);
  }

  /// Nothing when it is time to try again.
  std::optional<kept_session> to_wait_out(const login_outcome& refused, std::chrono::seconds longest) const {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(refused.until - clock_->wall_now());
    if (wait.count() <= 0) return std::nullopt;
    return kept_session{.refusal = refused.refusal, .retry_after = (std::min)(wait, longest)};
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
    cache_->put_near(doubtful(name), "", std::chrono::seconds(0));
  }

  /// In this process alone, as a Metrc that is not certain has lost touch with the others.
  std::optional<login_outcome> last_doubt(const std::string& name) {
    return read(cache_->nearby(doubtful(name)));
  }

  std::optional<kept_session> still_in_doubt(const std::optional<login_outcome>& doubt, wall_time made) {
    if (!doubt || doubt->when < made) return std::nullopt;
    auto wait = to_wait_out(*doubt, longest_doubt);
    if constexpr (requires { static_cast<bool>(metrc_->is_certain()); }) {
      if (wait && metrc_->is_certain()) return std::nullopt;
    }
    return wait;
  }

  kept_session doubt_refusal(const std::string& name, wall_time when,
                             const std::optional<login_outcome>& before) {
    const auto last = before ? std::chrono::floor<std::chrono::seconds>(before->until - before->when)
                             : std::chrono::seconds(0);
    const auto pause = (std::clamp)(2 * last, shortest_doubt, longest_doubt);
    const login_outcome doubt{.refusal = metrc_refusal::unavailable,
                              .when = when,
                              .until = (std::max)(clock_->wall_now(), when) + pause};
    cache_->put_near(doubtful(name), to_text(doubt), 2 * longest_doubt);
    return {.refusal = doubt.refusal, .retry_after = pause};
  }

  kept_session log_in(const std::string& name, const key_owner& owner, const stored_credentials& credentials,
                      const background& known, const stop_token& stop) {
    auto [kept, started, is_certain] = try_login(credentials, stop);
    if (kept.session) {
      keep(name, *kept.session);
      return std::move(kept);
    }
    // A login that outlasted its turn may end after one that began later and was accepted.
    if (const auto heard = shared(name);
        is_session(heard) && (!known.heard || heard->session_id != known.heard->session_id)) {
      auto open = still_open(heard, owner);
      return open ? remembered(name, *heard, std::move(open)) : busy();
    }
    // A login that was given up says nothing of Metrc.
    if (stop.stop_requested() && kept.refusal == metrc_refusal::unavailable) return std::move(kept);
    // Clocks differ, but what the credentials of a key met, they met after it was made.
    const wall_time when = (std::max)(started, known.made);
    const bool final = kept.retry_after.count() == 0;
    if (final && !is_certain) return doubt_refusal(name, when, known.doubt);
    if (final) kept.refused_at = when;
    const wall_time until = final ? when : (std::max)(clock_->wall_now(), when) + kept.retry_after;
    cache_->put(
        cached(name), to_text({.refusal = kept.refusal, .when = when, .until = until}),
        final ? std::chrono::milliseconds(longest_refusal) : std::chrono::milliseconds(kept.retry_after));
    return std::move(kept);
  }

  struct tried_login {
    kept_session kept{};
    wall_time started{};
    bool is_certain = true;
  };

  /// Metrc accepts no one-time password twice, and the present one may have been used by the user or by an
  /// earlier login. The next one is accepted a little early, so it is tried too; when both are used, only
  /// time helps.
  tried_login try_login(const stored_credentials& credentials, const stop_token& stop) {
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
      answer = sandbox::log_in(*metrc_, form, stop);
      if (answer.session || !has_seed || answer.refusal != metrc_refusal::otp_used) break;
    }
    if (key) detail::wipe(*key);
    if (answer.session) return {.kept = {.session = std::move(answer.session)}};
    return {.kept = {.refusal = answer.refusal, .retry_after = pause_after(answer.refusal, now)},
            .started = now,
            .is_certain = answer.certain};
  }

  static constexpr std::chrono::seconds pause_when_locked{5};
  static constexpr std::chrono::seconds pause_when_unavailable{1};
  static constexpr std::chrono::seconds longest_pause{60};
  static constexpr std::chrono::seconds shortest_doubt{30};
  static constexpr std::chrono::seconds longest_doubt{600};

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

}  // namespace t3api::inline v0_1_0::sandbox

#endif
