#ifndef T3API_AUTH_TOKEN_SOURCE_HPP
#define T3API_AUTH_TOKEN_SOURCE_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <t3api/auth/bearer_token.hpp>
#include <t3api/auth/bounded_exchange.hpp>
#include <t3api/auth/concept.hpp>
#include <t3api/auth/renewal_pace.hpp>
#include <t3api/auth/token_exchange.hpp>
#include <t3api/core/url.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/detail/stoppable_condition.hpp>

namespace t3api::inline v0_1_0::detail {

/// Bearer tokens for all threads of a process: got once for all of them (single-flight), again ahead of
/// expiry and after a 401. A fresh token is read without a lock.
template <store Store>
class token_source {
 public:
  token_source(exchanged_credentials credentials, renewal_options options, Store shared)
      : exchange_(std::move(credentials), std::move(options), std::move(shared)) {}

  result<token_generation> authorize(request& message, exchange& via) {
    if (const auto generation = current_.use(message, via, demand::fresh)) return *generation;
    std::unique_lock lock(mutex_);
    if (!host_) host_ = via.host();
    if (*host_ != via.host()) {
      return argument_error("this auth method's credentials and token belong to " + host_->origin() +
                            ": make one of its own for the client of " + via.host().origin());
    }
    while (true) {
      const bool pausing = pace_.is_pausing(via.clock().now());
      const bool renewal_must_wait = exchanging_ || refused_ || pausing;
      if (const auto generation =
              current_.use(message, via, renewal_must_wait ? demand::unexpired : demand::fresh))
        return *generation;
      if (refused_) return *refused_;
      if (exchanging_) {
        if (auto failure = wait_for_other(lock, via)) return *std::move(failure);
      } else if (pausing) {
        if (auto failure = wait_for_pause_end(lock, via)) return *std::move(failure);
      } else if (current_.is_refused_early(via.clock().now()) && !pace_.may_renew(via.clock().now())) {
        return error{
            .category = error_category::authentication,
            .message =
                "the service refuses each token that it has just issued, so no more logins are made for "
                "a while: is this user allowed to do what was asked?",
            .status = 401};
      } else if (!pace_.has_time(via.clock().now(), via.deadline())) {
        return error{
            .category = error_category::timeout,
            .message =
                "a new access token is needed, and getting one takes longer than this call has left: "
                "give it a longer timeout",
            .retryable = true};
      } else if (auto failure = exchange_now(lock, via)) {
        const bool cancelled = failure->category == error_category::cancelled;
        const auto generation = cancelled ? std::nullopt : current_.use(message, via, demand::unexpired);
        if (generation) return *generation;
        return *std::move(failure);
      }
    }
  }

  token_generation tokens_obtained() const { return current_.generation(); }

  /// A 401 counts against the generation it was sent with, so a late one of an old token renews nothing.
  bool on_unauthorized(token_generation generation) {
    if (!exchange_.can_renew()) return false;
    current_.refuse(generation);
    return true;
  }

  bool is_shared(token_generation generation) const { return current_.is_shared(generation); }

 private:
  using demand = current_token::demand;

  /// Waits for the exchange of another thread; its failure is the failure of all who waited for it.
  std::optional<error> wait_for_other(std::unique_lock<std::mutex>& lock, exchange& via) {
    const auto round = round_;
    const bool ended =
        round_ended_.wait_until(lock, via.stop(), via.deadline(), [&] { return round_ != round; });
    if (via.stop().stop_requested()) return cancelled();
    if (!ended) {
      return error{.category = error_category::timeout,
                   .message = "no access token came before the call's deadline",
                   .retryable = true};
    }
    return last_failure_;
  }

  /// After a failure the next exchange waits a moment, so that an outage is not met with a storm of logins.
  std::optional<error> wait_for_pause_end(std::unique_lock<std::mutex>& lock, exchange& via) {
    const auto pause_end = pace_.pause_end();
    if (pause_end >= via.deadline()) {
      if (last_failure_) return last_failure_;
      return error{
          .category = error_category::timeout,
          .message = "the last exchange failed, and the next may come only after the call's deadline",
          .retryable = true};
    }
    lock.unlock();
    const bool waited = via.clock().wait_until(pause_end, via.stop());
    lock.lock();
    return waited ? std::nullopt : std::optional(cancelled());
  }

  std::optional<error> exchange_now(std::unique_lock<std::mutex>& lock, exchange& via) {
    const auto start = std::chrono::steady_clock::now();
    const auto begun = via.clock().now();
    exchanging_ = true;
    lock.unlock();
    typename token_exchange<Store>::obtained got;
    try {
      // A renewal ahead of expiry must not use up the call: the token that is there will do.
      bounded_exchange half(via, begun + (via.deadline() - begun) / 2);
      got = exchange_.obtain(current_.is_good(begun) ? static_cast<exchange&>(half) : via, current_);
    } catch (...) {
      lock.lock();
      end_round();
      throw;
    }
    lock.lock();
    end_round();
    if (got.token) {
      pace_.succeeded();
      got.token->generation = current_.generation() + 1;
      current_.publish(*std::move(got.token));
    } else if (got.failure) {
      if (got.shared) {
        last_failure_ = got.failure;  // Another's refusal is forgotten by the store soon.
      } else {
        note_failure(*got.failure, got.service_asked, begun, via);
      }
    } else {
      pace_.look_again_soon(via.clock().now());
      return std::nullopt;
    }
    const auto elapsed = std::chrono::steady_clock::now() - start;
    renewal_event told{.generation = current_.generation(),
                       .shared = got.shared,
                       .problem = got.failure ? got.failure->message : std::string(),
                       .elapsed = std::chrono::duration_cast<std::chrono::microseconds>(elapsed)};
    lock.unlock();
    via.report(told);
    lock.lock();
    return got.failure;
  }

  void end_round() {
    exchanging_ = false;
    ++round_;
    last_failure_.reset();
    round_ended_.notify_all();
  }

  /// A caller that was cancelled, or whose own time is up, does not speak for those who have more.
  void note_failure(const error& failure, bool service_asked, steady_time begun, exchange& via) {
    const auto now = via.clock().now();
    const bool own_time_is_up =
        failure.category == error_category::timeout && (!service_asked || now >= via.deadline());
    if (failure.category == error_category::cancelled) {
      if (service_asked) pace_.failed(now, std::nullopt);
    } else if (own_time_is_up) {
      if (service_asked) pace_.unheard(now, now - begun);
    } else {
      if (failure.category == error_category::authentication) refused_ = failure;
      pace_.failed(now, failure.retry_after);
      last_failure_ = failure;
    }
  }

  static error cancelled() {
    return {.category = error_category::cancelled,
            .message = "the call was cancelled while it waited for a token"};
  }

  current_token current_;
  std::mutex mutex_;
  stoppable_condition round_ended_;
  token_exchange<Store> exchange_;  ///< Used by the thread that has set `exchanging_`.
  renewal_pace pace_;
  bool exchanging_ = false;
  std::uint64_t round_ = 0;
  std::optional<url> host_;
  std::optional<error> last_failure_;
  std::optional<error> refused_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
