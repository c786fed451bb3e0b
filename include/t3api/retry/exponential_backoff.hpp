#ifndef T3API_RETRY_EXPONENTIAL_BACKOFF_HPP
#define T3API_RETRY_EXPONENTIAL_BACKOFF_HPP

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include <t3api/detail/crypto.hpp>
#include <t3api/retry/budget.hpp>
#include <t3api/retry/concept.hpp>

namespace t3api::inline v0_1_0 {

/// Settings of `exponential_backoff`.
struct backoff_options {
  int max_attempts = 3;                                             ///< The first one included.
  std::chrono::milliseconds base = std::chrono::milliseconds(500);  ///< Upper bound of the first pause.
  std::chrono::milliseconds cap = std::chrono::seconds(10);  ///< Upper bound of any pause but Retry-After.
  std::chrono::seconds max_retry_after{60};                  ///< A longer Retry-After is cut to this.
  std::chrono::milliseconds min_wait{0};  ///< Lower bound of each pause, also when `cap` is below it.
  std::function<double()>
      random{};  ///< Numbers from 0 up to 1, from any thread; default: the system's random source.
};

/// Exponential backoff with full jitter: pause number n is drawn from 0 up to min(cap, base * 2^(n-1)), and
/// is no shorter than `min_wait` and what `Retry-After` asks for. Retries statuses 408 425 429 500 502 503
/// 504 and lost connections of idempotent requests, and of any request that never left. Copies share one
/// retry budget.
class exponential_backoff {
 public:
  /// Throws std::invalid_argument for fewer than one attempt or a negative pause.
  explicit exponential_backoff(backoff_options options = {}) : options_(std::move(options)) {
    if (options_.max_attempts < 1)
      throw std::invalid_argument("backoff_options::max_attempts must be at least 1");
    if (options_.base.count() < 0 || options_.cap.count() < 0 || options_.max_retry_after.count() < 0 ||
        options_.min_wait.count() < 0) {
      throw std::invalid_argument("the pauses of backoff_options must not be negative");
    }
    if (!options_.random) options_.random = detail::random_fraction;
  }

  std::optional<std::chrono::milliseconds> next_delay(const attempt& failed, const error& cause) {
    if (failed.number == 1) budget_->earn();
    if (failed.number >= options_.max_attempts || !cause.retryable) return std::nullopt;
    if (cause.sent && !failed.idempotent) return std::nullopt;
    if (!budget_->spend()) return std::nullopt;
    using milliseconds_f = std::chrono::duration<double, std::milli>;
    const double doubled = static_cast<double>(options_.base.count()) * std::ldexp(1.0, failed.number - 1);
    const double bound = (std::min)(doubled, static_cast<double>(options_.cap.count()));
    const auto drawn =
        std::chrono::ceil<std::chrono::milliseconds>(milliseconds_f(bound * options_.random()));
    const auto backoff = (std::max)(drawn, options_.min_wait);
    if (!cause.retry_after) return backoff;
    return (std::max<std::chrono::milliseconds>)(backoff,
                                                 (std::min)(*cause.retry_after, options_.max_retry_after));
  }

  void succeeded() noexcept { budget_->earn(); }

 private:
  backoff_options options_;
  std::shared_ptr<retry_budget> budget_ = std::make_shared<retry_budget>();
};

static_assert(retry_policy<exponential_backoff>);

}  // namespace t3api::inline v0_1_0

#endif
