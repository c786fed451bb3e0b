#ifndef T3API_TRANSPORT_SOCKET_HPP
#define T3API_TRANSPORT_SOCKET_HPP

#include <cstdint>
#include <string>

#include <t3api/transport/http_transport.hpp>

namespace t3api::inline v0_1_0 {

/// Opens TCP connections by the system's own calls.
struct socket_connector {
  /// As the concept `connector` says.
  static detail::native_socket connect(const std::string& address, std::uint16_t port, detail::io_wait& wait);
};

/// The transport that needs no cpp-httplib.
using socket_transport = http_transport<socket_connector>;

static_assert(transport<socket_transport>);

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/transport/impl/socket.hpp>
#endif

#endif
