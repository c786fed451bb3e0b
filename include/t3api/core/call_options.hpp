#ifndef T3API_CORE_CALL_OPTIONS_HPP
#define T3API_CORE_CALL_OPTIONS_HPP

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

#include <t3api/detail/stop_token.hpp>

namespace t3api::inline v0_1_0 {

/// What one call may have different from its client.
struct call_options {
  /// Total deadline, from the start of the call to the last byte of the answer, retries and waits included.
  std::optional<std::chrono::milliseconds> timeout{};
  /// Ends the call early, with a `cancelled` error.
  stop_token stop{};
  /// The statuses that are no error; any 2xx when empty.
  std::vector<int> expected{};
  /// Whether the request may safely arrive twice; by default as its method says (RFC 9110 section 9.2.2).
  std::optional<bool> idempotent{};
  /// Whether the call may wait and go on when the service asks for a pause (`Retry-After`). If not, it ends
  /// with that error, whose `retry_after` says how long.
  bool wait_when_asked = true;

  /// Whether a status is no error.
  bool expects(int status) const noexcept {
    if (expected.empty()) return status >= 200 && status < 300;
    return std::find(expected.begin(), expected.end(), status) != expected.end();
  }
};

}  // namespace t3api::inline v0_1_0

#endif
