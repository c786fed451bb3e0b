#ifndef T3API_EXAMPLES_SANDBOX_ACCESS_LOG_HPP
#define T3API_EXAMPLES_SANDBOX_ACCESS_LOG_HPP

#include <chrono>
#include <string>
#include <string_view>

#include <t3api/core/request.hpp>
#include <t3api/core/response.hpp>

/// One line for an answered request:
///
///     2027-01-15T08:00:00.123Z 127.0.0.1 GET /v2/licenses 200 0.4 ms 6a1f…
///
/// time, caller, method, path, status, duration, request id. Never a query, and never what stands in the
/// place of one; see `logged_path`. Bytes that are not printable ASCII are written as `\xHH`.
std::string access_line(const t3api::request& asked, const t3api::response& answer, std::string_view address,
                        std::chrono::system_clock::time_point now, std::chrono::nanoseconds took);

/// The line for what the server answered itself, as it was no request that could be served: nothing is known
/// but time, caller and status.
///
///     2027-01-15T08:00:00.123Z 127.0.0.1 - - 431 - -
std::string refused_line(std::string_view address, int status, std::chrono::system_clock::time_point now);

/// The path as it may be logged: up to the first `?`, or what a mistaken caller may have written in its place
/// (`%3F`, `&`, `;`, `=`), and without long parts unless the answer is 2xx: an id that nothing is known of
/// may be a secret key that somebody took for its id.
std::string logged_path(std::string_view path, int status);

/// Writes the line to standard error with one system call and no lock of ours.
void write_access_line(std::string_view line) noexcept;

#endif
