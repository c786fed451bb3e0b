#ifndef T3API_CORE_SERVICE_ERROR_HPP
#define T3API_CORE_SERVICE_ERROR_HPP

#include <string_view>

#include <t3api/core/clock.hpp>
#include <t3api/core/error.hpp>
#include <t3api/core/request.hpp>
#include <t3api/core/response.hpp>

namespace t3api::inline v0_1_0 {

/// Whether an answer with this status may be different the next time.
constexpr bool is_retryable_status(int status) noexcept {
  return status == 408 || status == 425 || status == 429 || status == 500 || status == 502 || status == 503 ||
         status == 504;
}

/// Puts a mark in the place of `sensitive` wherever it stands in what the service said, as it is, as in JSON
/// or as in a URL, and of its beginning where the rest was cut off.
void redact(error& cause, std::string_view sensitive);

/// The error that an unexpected answer stands for: `authentication` for 401, `http` otherwise.
/// `earlier_in_doubt` tells that nobody knows what became of an earlier attempt: a refused write may be done.
error service_error(const request& asked, const response& answer, wall_time now,
                    bool earlier_in_doubt = false);

/// Whether an attempt that failed so may have been carried out: it may have arrived, and was not refused.
inline bool is_in_doubt(const error& cause) noexcept {
  const bool refused = cause.status >= 300 && cause.status < 500 && cause.status != 408;
  return cause.sent && !refused;
}

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/core/impl/service_error.hpp>
#endif

#endif
