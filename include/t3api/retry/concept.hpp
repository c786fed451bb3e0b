#ifndef T3API_RETRY_CONCEPT_HPP
#define T3API_RETRY_CONCEPT_HPP

#include <chrono>
#include <concepts>
#include <optional>

#include <t3api/core/error.hpp>

namespace t3api::inline v0_1_0 {

/// One failed attempt, as a retry policy sees it beside its error.
struct attempt {
  int number = 1;           ///< 1 for the first.
  bool idempotent = false;  ///< Whether the request may safely arrive twice.
};

/// Decides whether to try again, and after what pause; nothing means no more. A pure decision: the client
/// does the waiting. Called by many threads at once. An error with `sent` set must not be retried unless the
/// attempt is idempotent.
///
/// A policy may also have a member `void succeeded()`, called after each call that went well.
template <class R>
concept retry_policy = requires(R& policy, const attempt& failed, const error& cause) {
  { policy.next_delay(failed, cause) } -> std::same_as<std::optional<std::chrono::milliseconds>>;
};

}  // namespace t3api::inline v0_1_0

#endif
