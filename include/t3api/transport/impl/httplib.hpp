#ifndef T3API_TRANSPORT_IMPL_HTTPLIB_HPP
#define T3API_TRANSPORT_IMPL_HTTPLIB_HPP

#include <memory>
#include <utility>

#include <t3api/detail/inline.hpp>
#include <t3api/transport/httplib.hpp>
#include <t3api/transport/httplib_pool.hpp>
#include <t3api/transport/limits.hpp>

namespace t3api::inline v0_1_0 {

T3API_INLINE httplib_transport::httplib_transport(client_config config)
    : pools_(std::make_shared<detail::per_process<detail::httplib_pool>>(
          [settings = std::make_shared<const client_config>(std::move(config))] {
            return std::make_unique<detail::httplib_pool>(settings);
          })) {}

T3API_INLINE outcome httplib_transport::send(const request& message, const send_options& options) {
  if (auto stopped = stopped_before_sending(options.stop)) return *std::move(stopped);
  return pools_->get().send(message, options);
}

}  // namespace t3api::inline v0_1_0

#endif
