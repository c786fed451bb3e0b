#ifndef T3API_CORE_SEND_OPTIONS_HPP
#define T3API_CORE_SEND_OPTIONS_HPP

#include <chrono>
#include <cstddef>

#include <t3api/core/clock.hpp>
#include <t3api/core/url.hpp>
#include <t3api/detail/stop_token.hpp>

namespace t3api::inline v0_1_0 {

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
