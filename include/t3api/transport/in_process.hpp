#ifndef T3API_TRANSPORT_IN_PROCESS_HPP
#define T3API_TRANSPORT_IN_PROCESS_HPP

#include <concepts>
#include <exception>
#include <functional>
#include <string>
#include <utility>

#include <t3api/transport/concept.hpp>
#include <t3api/transport/limits.hpp>

namespace t3api::inline v0_1_0 {

/// Hands each request to a callable `response(const request&)` in the same process: no socket, no thread. The
/// callable must be safe to call from many threads when the client is shared by many.
template <class Service>
requires std::is_invocable_r_v<response, Service&, const request&>
class in_process_transport {
 public:
  /// `service` is kept; it is called once for each request.
  explicit in_process_transport(Service service) : service_(std::move(service)) {}

  outcome send(const request& message, const send_options& options) {
    if (auto stopped = stopped_before_sending(options.stop)) return *std::move(stopped);
    try {
      return within_limits(std::invoke(service_, message), options);
    } catch (const std::exception& failure) {
      return error{
          .category = error_category::transport,
          .message = std::string("the service in this process threw an exception: ") + failure.what(),
          .sent = true};
    }
  }

 private:
  Service service_;
};

}  // namespace t3api::inline v0_1_0

#endif
