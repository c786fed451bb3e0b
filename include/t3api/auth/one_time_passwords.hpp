#ifndef T3API_AUTH_ONE_TIME_PASSWORDS_HPP
#define T3API_AUTH_ONE_TIME_PASSWORDS_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <t3api/auth/concept.hpp>
#include <t3api/auth/guarded_store.hpp>
#include <t3api/auth/totp.hpp>
#include <t3api/core/http_date.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/base32.hpp>
#include <t3api/detail/crypto.hpp>
#include <t3api/detail/uuid.hpp>
#include <t3api/detail/wipe.hpp>
#include <t3api/store/memory.hpp>

namespace t3api::inline v0_1_0 {

/// What to do when the one-time password of this half minute has been used already.
enum class used_otp {
  wait,  ///< For the next one, within the call's deadline.
  fail   ///< With a `timeout` error at once.
};

namespace detail {

/// A name for a seed that tells nothing of it: the same however the seed is written.
inline std::string seed_fingerprint(const secret& base32_seed) {
  auto key = base32_decode(base32_seed.reveal()).value_or("");
  auto name = hex(hmac_sha256(key, "t3api one-time passwords"));
  wipe(key);
  return name;
}

/// Gives out one-time passwords. One that is made from the seed is given out once while the service might
/// take it (RFC 6238 section 5.2), to all who share the store: with the default store these are the auth
/// object and its copies, in one process. Several auth objects or processes with one seed need one store to
/// keep out of each other's way; without it, or while it fails, they know nothing of each other. Called by
/// one thread at a time.
template <store Store>
class one_time_passwords {
 public:
  one_time_passwords(secret code, secret seed, used_otp policy, Store shared)
      : code_(std::move(code)),
        seed_(std::move(seed)),
        policy_(policy),
        seed_name_("otp " + seed_fingerprint(seed_) + " "),
        shared_(std::move(shared)) {}

  /// The next password; empty when the account has none. `last_was_unsent` tells that the one before never
  /// left and is still good.
  result<secret> next(exchange& via, bool last_was_unsent) {
    if (!code_.empty()) {
      if (std::exchange(code_used_, true) && !last_was_unsent) {
        return error{.category = error_category::authentication,
                     .message =
                         "the one-time password has been used: give a fresh one, or its seed "
                         "(credentials::otp_seed)"};
      }
      return code_;
    }
    if (seed_.empty()) return secret();
    if (last_was_unsent) give_back();
    const auto service_ahead = ask_how_far_ahead(via);
    if (!service_ahead) return service_ahead.error();
    service_ahead_ = *service_ahead;
    while (true) {
      const auto now = via.clock().wall_now() + service_ahead_;
      if (const auto step = totp_step_at(now); claim(step)) return totp(seed_, step);
      const auto next_step = wall_time((totp_step_at(now) + 1) * totp_step);
      const auto ready = via.clock().now() + (next_step - now);
      if (policy_ == used_otp::fail || ready >= via.deadline()) {
        return error{.category = error_category::timeout,
                     .message =
                         "the one-time password of this half minute has been used, and the next comes "
                         "after the call's deadline or is not to be waited for: try again in half a minute",
                     .retryable = true};
      }
      if (!via.clock().wait_until(ready, via.stop())) {
        return error{.category = error_category::cancelled,
                     .message = "the call was cancelled while it waited for the next one-time password"};
      }
    }
  }

  /// How far ahead of this clock the service's was taken to be for the last password.
  std::chrono::seconds service_ahead() const noexcept { return service_ahead_; }

 private:
  static constexpr int claimed_steps = 3;
  static constexpr auto claim_lifetime = claimed_steps * totp_step;

  /// How far the service's clock is ahead of this one. A wrong local clock makes wrong passwords, and wrong
  /// passwords lock accounts: so the time is asked by a request that carries no credentials, and anew for
  /// each login, as either clock may have been set since the last. Caches are asked to let it through, and
  /// only success tells the time: the answer of a proxy in trouble is not the service's. Without an answer
  /// the local clock counts.
  result<std::chrono::seconds> ask_how_far_ahead(exchange& via) {
    constexpr std::chrono::seconds none{0};
    const auto answer = via.send({.path = "/v2/states", .headers = {{"Cache-Control", "no-cache"}}});
    if (!answer) {
      const auto category = answer.error().category;
      const bool out_of_time = category == error_category::timeout && via.clock().now() >= via.deadline();
      if (category == error_category::cancelled || out_of_time) return answer.error();
      return none;
    }
    if (answer->status != 200) return none;
    return server_ahead(answer->headers, via.clock().wall_now()).value_or(none);
  }

  /// A step shortly before the last one is refused too, as a service may take codes in their order only; one
  /// long before it means that the clock was ahead then, and must not block all codes until that time.
  bool claim(std::int64_t step) {
    if (step <= last_step_ && last_step_ - step < claimed_steps) return false;
    const auto name = seed_name_ + std::to_string(step);
    const auto claimed = shared_.claim(name, owner_, claim_lifetime);
    if (claimed && !*claimed) return false;
    step_before_ = std::exchange(last_step_, step);
    return true;
  }

  void give_back() {
    shared_.release(seed_name_ + std::to_string(last_step_), owner_);
    last_step_ = step_before_;
  }

  const secret code_;
  const secret seed_;
  const used_otp policy_;
  const std::string seed_name_;
  const std::string owner_ = make_uuid();
  guarded_store<Store> shared_;
  std::chrono::seconds service_ahead_{0};
  bool code_used_ = false;
  std::int64_t last_step_ = -1;
  std::int64_t step_before_ = -1;
};

}  // namespace detail

}  // namespace t3api::inline v0_1_0

#endif
