#ifndef T3API_SANDBOX_LIMITS_LIMITS_HPP
#define T3API_SANDBOX_LIMITS_LIMITS_HPP

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/clock.hpp>
#include <t3api/detail/crypto.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/http/address.hpp>
#include <t3api/sandbox/limits/failure_limit.hpp>
#include <t3api/sandbox/limits/request_limit.hpp>
#include <t3api/sandbox/metrc/upstream.hpp>
#include <t3api/sandbox/model.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// 429, with the header Retry-After.
inline refusal too_many(const std::string& what, std::chrono::seconds wait) {
  const std::string seconds = std::to_string(wait.count());
  return {429, what + ": try again in " + seconds + " s", {{"Retry-After", seconds}}};
}

/// The limits of one service: how often a user may call, how often logins may fail. Several services that
/// share a key database count each for itself. Any number of threads may share it.
class service_limits {
 public:
  service_limits(const settings& limits, std::shared_ptr<t3api::clock> clock)
      : clock_(std::move(clock)),
        requests_(limits.requests_per_minute),
        of_account_(limits.failed_logins_per_account, limits.login_window),
        of_address_(limits.failed_logins_per_address, limits.login_window) {}

  /// Counts a request of this user, whatever the way in. Throws `refusal` (429) when there were too many.
  void count_request(const metrc_user& user) {
    const auto wait = requests_.take(user.hostname + "\n" + user.username, clock_->now());
    if (wait) {
      throw too_many("this user has made " + std::to_string(requests_.most()) + " requests in a minute",
                     *wait);
    }
  }

  /// Of how many accounts it remembers attempts to log in.
  std::size_t known_accounts() const { return of_account_.size(); }

 private:
  friend class login_attempt;

  const std::shared_ptr<t3api::clock> clock_;
  request_limit requests_;
  failure_limit of_account_;
  failure_limit of_address_;
};

/// One login, from before anything is done for it until it is known whether it failed. To be told through
/// `failed`; what ends in any other way does not count.
class login_attempt {
 public:
  /// `account` is what was submitted, known or not. `address` may be empty: then only the account counts. An
  /// IPv6 address counts as its network of 64 bits.
  /// Throws `refusal`: 429 when too many logins have failed for that account or from that address, whether
  /// this one would be right or not; 503 when `stop` asks to stop while it waits for others.
  login_attempt(service_limits& limits, std::string account, std::string_view address,
                const stop_token& stop = {}) {
    // The address first: what a blocked one tries must not push other accounts out of memory.
    if (!address.empty()) {
      of_address_.emplace(limits.of_address_, *limits.clock_, counted_address(address), stop,
                          "too many logins from this address have failed or are under way");
    }
    of_account_.emplace(limits.of_account_, *limits.clock_, std::move(account), stop,
                        "too many logins for this account have failed or are under way");
  }

  /// Lets the login count as failed, and hands `why` back: `throw attempt.failed(login_refused())`.
  refusal failed(refusal why) noexcept {
    of_account_->failed = true;
    if (of_address_) of_address_->failed = true;
    return why;
  }

 private:
  struct place {
    place(failure_limit& limit_, const t3api::clock& clock_, std::string name_, const stop_token& stop,
          const char* otherwise)
        : limit(limit_), clock(clock_), name(std::move(name_)) {
      const auto wait = limit.begin(name, clock, stop);
      if (wait && stop.stop_requested()) {
        throw refusal(503, "the service is about to end: try again in 1 s", {{"Retry-After", "1"}});
      }
      if (wait) throw too_many(otherwise, *wait);
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() { limit.end(name, failed, clock); }

    failure_limit& limit;
    const t3api::clock& clock;
    const std::string name;
    bool failed = false;
  };

  std::optional<place> of_address_;
  std::optional<place> of_account_;
};

/// The name of an account among login attempts. `hostname` is canonical.
inline std::string attempted_account(std::string_view hostname, std::string_view username) {
  return "account " + std::string(hostname) + "\n" + std::string(username);
}

/// The name of an API key among login attempts; the key itself is not in it.
inline std::string attempted_api_key(std::string_view key, std::string_view state_code) {
  return "key " + std::string(state_code) + "\n" + detail::sha256(key);
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
