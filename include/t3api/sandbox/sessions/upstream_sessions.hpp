#ifndef T3API_SANDBOX_SESSIONS_UPSTREAM_SESSIONS_HPP
#define T3API_SANDBOX_SESSIONS_UPSTREAM_SESSIONS_HPP

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
#include <t3api/sandbox/metrc/stored_credentials.hpp>
#include <t3api/sandbox/metrc/totp.hpp>
#include <t3api/sandbox/metrc/upstream.hpp>
#include <t3api/sandbox/sessions/session_cache.hpp>

namespace t3api::sandbox {

/// What came of asking for a session of kept credentials.
struct kept_session {
  std::optional<metrc_session> session{};
  metrc_refusal refusal = metrc_refusal::credentials;  ///< Why there is none.
  /// How long it is useless to ask again. Whole seconds, at least one. Zero when asking again cannot help:
  /// Metrc refused the credentials.
  std::chrono::seconds retry_after{0};
};

/// Credentials when they are needed, and only then: it may have to decrypt them.
using credentials_source = std::function<stored_credentials()>;

/// The Metrc sessions of credentials that the service keeps. When one has ended it logs in again, with one
/// login however many threads and services ask. Credentials that Metrc refused are not tried again, so a
/// changed password cannot make a storm of failing logins. Any number of threads may share it.
template <metrc_upstream Metrc>
class upstream_sessions {
 public:
  upstream_sessions(std::shared_ptr<Metrc> metrc, std::shared_ptr<t3api::clock> clock,
                    std::shared_ptr<session_cache> cache, secret naming_key)
      : metrc_(std::move(metrc)),
        clock_(std::move(clock)),
        cache_(std::move(cache)),
        naming_key_(std::move(naming_key)) {}

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

  /// The session at hand, or a new one when it has ended. What `credentials` throws goes through.
  kept_session session(const std::string& name, const credentials_source& credentials) {
    if (auto open = still_open(cache_->near(cached(name)))) return {.session = std::move(open)};
    const auto login = login_of(name);
    const std::scoped_lock one_at_a_time(login->mutex);
    if (auto open = still_open(cache_->near(cached(name)))) return {.session = std::move(open)};
    if (auto refused = refused_before(*login)) return *std::move(refused);
    const turn mine(*this, name);
    if (auto open = still_open(cache_->shared(cached(name)))) return {.session = std::move(open)};
    return log_in(name, *login, credentials());
  }

  /// A new session from a real login, whatever is at hand; this is how credentials are verified.
  kept_session fresh_session(const std::string& name, const stored_credentials& credentials) {
    const auto login = login_of(name);
    const std::scoped_lock one_at_a_time(login->mutex);
    return log_in(name, *login, credentials);
  }

 private:
  struct login_state {
    std::mutex mutex;
    std::optional<metrc_refusal> refusal{};
    steady_time not_before = (steady_time::max)();  ///< When to try again after a refusal.
  };

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
    static constexpr std::chrono::seconds lease{10};

    upstream_sessions& of_;
    const std::string name_;
    const std::string owner_ = detail::make_uuid();
  };

  static constexpr std::chrono::hours longest_session{24};
  static constexpr std::size_t most_logins = 20'000;

  static std::string cached(const std::string& name) { return "session/" + name; }

  std::optional<metrc_session> still_open(const std::optional<std::string>& id) const {
    return id ? metrc_->find_session(*id) : std::nullopt;
  }

  std::shared_ptr<login_state> login_of(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    if (logins_.size() >= most_logins) {
      std::erase_if(logins_, [](const auto& item) { return item.second.use_count() == 1; });
    }
    auto& login = logins_[name];
    if (!login) login = std::make_shared<login_state>();
    return login;
  }

  std::optional<kept_session> refused_before(const login_state& login) const {
    if (!login.refusal) return std::nullopt;
    if (login.not_before == (steady_time::max)()) return kept_session{.refusal = *login.refusal};
    const auto wait = login.not_before - clock_->now();
    if (wait <= wait.zero()) return std::nullopt;
    return kept_session{.refusal = *login.refusal,
                        .retry_after = std::chrono::ceil<std::chrono::seconds>(wait)};
  }

  /// Metrc accepts no one-time password twice, and the present one may have been used by the user or by an
  /// earlier login. The next one is accepted a little early, so it is tried too; when both are used, only
  /// time helps.
  kept_session log_in(const std::string& name, login_state& login, const stored_credentials& credentials) {
    metrc_login form{.hostname = credentials.hostname,
                     .username = credentials.username,
                     .password = credentials.password,
                     .email = credentials.email};
    auto key = detail::base32_decode(credentials.otp_seed.reveal());
    const bool has_seed = key && !key->empty();
    const wall_time now = clock_->wall_now();
    metrc_answer answer;
    for (const std::int64_t ahead : {0, 1}) {
      if (has_seed) form.otp = totp_code(*key, totp_step(now) + ahead);
      answer = metrc_->login(form);
      if (answer.session || !has_seed || answer.refusal != metrc_refusal::otp_used) break;
    }
    if (key) detail::wipe(*key);
    if (answer.session) {
      cache_->put(cached(name), answer.session->id, longest_session);
      login.refusal.reset();
      return {.session = std::move(answer.session)};
    }
    login.refusal = answer.refusal;
    const auto pause = pause_after(answer.refusal, now);
    login.not_before = pause ? clock_->now() + *pause : (steady_time::max)();
    return {.refusal = answer.refusal, .retry_after = pause.value_or(std::chrono::seconds(0))};
  }

  /// Nothing when it is no use to try again.
  static std::optional<std::chrono::seconds> pause_after(metrc_refusal refusal, wall_time now) {
    switch (refusal) {
      case metrc_refusal::otp_used: {
        const wall_time next_period{totp_period * (totp_step(now) + 1)};
        return std::chrono::floor<std::chrono::seconds>(next_period - now) + std::chrono::seconds(1);
      }
      case metrc_refusal::locked: return std::chrono::seconds(60);
      case metrc_refusal::unavailable: return std::chrono::seconds(5);
      default: return std::nullopt;
    }
  }

  const std::shared_ptr<Metrc> metrc_;
  const std::shared_ptr<t3api::clock> clock_;
  const std::shared_ptr<session_cache> cache_;
  const secret naming_key_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<login_state>> logins_;
};

}  // namespace t3api::sandbox

#endif
