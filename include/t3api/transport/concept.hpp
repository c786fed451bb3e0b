#ifndef T3API_TRANSPORT_CONCEPT_HPP
#define T3API_TRANSPORT_CONCEPT_HPP

#include <concepts>

#include <t3api/core/request.hpp>
#include <t3api/core/response.hpp>
#include <t3api/core/result.hpp>
#include <t3api/core/send_options.hpp>

namespace t3api::inline v0_1_0 {

/// What one sending brought: a whole answer, whatever its status, or why none came.
using outcome = result<response>;

/// Carries one request to `options.host` and brings the answer back. `send` is called by many threads at
/// once; it must end by `options.deadline`, must not follow redirects, and must set `error::sent` to false
/// only when no byte of the request can have reached the service.
template <class T>
concept transport = requires(T& carrier, const request& message, const send_options& options) {
  { carrier.send(message, options) } -> std::same_as<outcome>;
};

}  // namespace t3api::inline v0_1_0

#endif
