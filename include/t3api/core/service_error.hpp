#ifndef T3API_CORE_SERVICE_ERROR_HPP
#define T3API_CORE_SERVICE_ERROR_HPP

#include <string_view>

#include <t3api/core/client_config.hpp>
#include <t3api/core/clock.hpp>
#include <t3api/core/error.hpp>
#include <t3api/core/redactor.hpp>
#include <t3api/core/request.hpp>
#include <t3api/core/response.hpp>
#include <t3api/core/url.hpp>

namespace t3api::inline v0_1_0 {

/// Whether an answer with this status may be different the next time.
constexpr bool is_retryable_status(int status) noexcept {
  return status == 408 || status == 425 || status == 429 || status == 500 || status == 502 || status == 503 ||
         status == 504;
}

/// Puts `***` in the place of `sensitive` wherever it stands in an error, in whatever spelling, also where
/// its end was cut off. Texts of fewer than four bytes are left alone.
void redact(error& cause, std::string_view sensitive);

/// The error that an unexpected answer stands for: `authentication` for 401, `http` otherwise. Secrets that
/// `asked` carries are not in it.
/// `earlier_in_doubt` tells that nobody knows what became of an earlier attempt: a refused write may be done.
error service_error(const request& asked, const response& answer, wall_time now,
                    bool earlier_in_doubt = false);

/// Whether an attempt that failed so may have been carried out: it may have arrived, and was not refused.
inline bool is_in_doubt(const error& cause) noexcept {
  const bool refused = cause.status >= 300 && cause.status < 500 && cause.status != 408;
  return cause.sent && !refused;
}

namespace detail {

/// The secrets of a request as it goes out to `host`: its own and the proxy's password.
redactor call_secrets(const request& sent, const url& host, const client_config& config);

/// `service_error` without the secrets that are `known`.
error service_error(const request& asked, const response& answer, wall_time now, const redactor& known,
                    bool earlier_in_doubt);

}  // namespace detail

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/core/impl/service_error.hpp>
#endif

#endif
