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
error service_error(const request& asked, const response& answer, wall_time now);

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/core/impl/service_error.hpp>
#endif

#endif
