#ifndef T3API_CORE_CALL_OPTIONS_HPP
#define T3API_CORE_CALL_OPTIONS_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include <t3api/core/clock.hpp>
#include <t3api/core/url.hpp>
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

  /// Whether a status is no error.
  bool expects(int status) const noexcept {
    if (expected.empty()) return status >= 200 && status < 300;
    return std::find(expected.begin(), expected.end(), status) != expected.end();
  }
};

/// What a transport is told beside the request.
struct send_options {
  const url& host;          ///< Where to send it.
  steady_time deadline;     ///< When the whole answer must be there.
  stop_token stop;          ///< Ends the sending early.
  bool idempotent = false;  ///< Whether the request may safely arrive twice.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);  ///< Name, TCP and TLS together.
  std::chrono::milliseconds read_timeout = std::chrono::seconds(30);  ///< The longest silence of the service.
  std::size_t max_header_bytes = 256U << 10U;                         ///< Of an answer.
  std::size_t max_body_bytes = 64U << 20U;                            ///< After decompression.
};

}  // namespace t3api::inline v0_1_0

#endif
