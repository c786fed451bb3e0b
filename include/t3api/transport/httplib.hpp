#ifndef T3API_TRANSPORT_HTTPLIB_HPP
#define T3API_TRANSPORT_HTTPLIB_HPP

#include <cstdint>
#include <string>

#include <t3api/transport/http_transport.hpp>

#ifndef T3API_WITHOUT_HTTPLIB

namespace t3api::inline v0_1_0 {

/// Opens TCP connections by cpp-httplib.
struct httplib_connector {
  /// As the concept `connector` says.
  static detail::native_socket connect(const std::string& address, std::uint16_t port, detail::io_wait& wait);
};

/// The usual transport.
using httplib_transport = http_transport<httplib_connector>;

static_assert(transport<httplib_transport>);

}  // namespace t3api::inline v0_1_0

#endif  // T3API_WITHOUT_HTTPLIB

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/transport/impl/httplib.hpp>
#endif

#endif
