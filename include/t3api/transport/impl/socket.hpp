#ifndef T3API_TRANSPORT_IMPL_SOCKET_HPP
#define T3API_TRANSPORT_IMPL_SOCKET_HPP

#include <cstdint>
#include <string>

#include <t3api/detail/inline.hpp>
#include <t3api/native/socket.hpp>
#include <t3api/transport/io_wait.hpp>
#include <t3api/transport/socket.hpp>

namespace t3api::inline v0_1_0 {

T3API_INLINE detail::native_socket socket_connector::connect(const std::string& address, std::uint16_t port,
                                                             detail::io_wait& wait) {
  return detail::await_connection(detail::begin_connect(address, port), wait);
}

}  // namespace t3api::inline v0_1_0

#endif
