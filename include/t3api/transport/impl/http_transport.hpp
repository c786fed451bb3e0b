#ifndef T3API_TRANSPORT_IMPL_HTTP_TRANSPORT_HPP
#define T3API_TRANSPORT_IMPL_HTTP_TRANSPORT_HPP

#include <memory>
#include <utility>

#include <t3api/detail/inline.hpp>
#include <t3api/transport/http_transport.hpp>
#include <t3api/transport/limits.hpp>
#include <t3api/transport/pool.hpp>

namespace t3api::inline v0_1_0::detail {

T3API_INLINE pooled_transport::pooled_transport(client_config config, connect_function connect)
    : pools_(std::make_shared<per_process<connection_pool>>(
          [settings = std::make_shared<const client_config>(std::move(config)), connect] {
            return std::make_unique<connection_pool>(settings, connect);
          })) {}

T3API_INLINE outcome pooled_transport::send(const request& message, const send_options& options) {
  if (auto stopped = stopped_before_sending(options.stop)) return *std::move(stopped);
  return pools_->get().send(message, options);
}

}  // namespace t3api::inline v0_1_0::detail

#endif
