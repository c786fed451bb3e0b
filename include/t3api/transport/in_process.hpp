#ifndef T3API_TRANSPORT_IN_PROCESS_HPP
#define T3API_TRANSPORT_IN_PROCESS_HPP

#include <concepts>
#include <exception>
#include <functional>
#include <string>
#include <utility>

#include <t3api/transport/concept.hpp>

namespace t3api {

/// Hands each request to a callable `response(const request&)` in the same process: no socket, no thread. The callable
/// must be safe to call from many threads when the client is shared by many.
template <class Service>
  requires std::is_invocable_r_v<response, Service&, const request&>
class in_process_transport {
 public:
  explicit in_process_transport(Service service) : service_(std::move(service)) {}

  outcome send(const request& message, const send_options& options) {
    if (options.stop.stop_requested()) {
      return error{.category = error_category::cancelled, .message = "the call was cancelled before it was sent"};
    }
    try {
      response answer = std::invoke(service_, message);
      if (answer.body.size() > options.max_body_bytes) {
        return error{.category = error_category::protocol,
                     .message = "the answer's body is larger than the limit of " +
                                std::to_string(options.max_body_bytes) + " bytes (client_config::max_body_bytes)",
                     .status = answer.status,
                     .sent = true};
      }
      return answer;
    } catch (const std::exception& failure) {
      return error{.category = error_category::transport,
                   .message = std::string("the service in this process threw an exception: ") + failure.what(),
                   .sent = true};
    }
  }

 private:
  Service service_;
};

}  // namespace t3api

#endif
