#ifndef T3API_TRANSPORT_IMPL_HTTPLIB_HPP
#define T3API_TRANSPORT_IMPL_HTTPLIB_HPP

#include <t3api/detail/httplib.hpp>

#include <cstdint>
#include <string>

#include <t3api/detail/inline.hpp>
#include <t3api/native/socket.hpp>
#include <t3api/transport/httplib.hpp>
#include <t3api/transport/io_wait.hpp>

#ifndef T3API_WITHOUT_HTTPLIB

namespace t3api::inline v0_1_0 {

namespace detail {

/// A cpp-httplib client that makes a socket and begins to connect it, and does nothing else. It knows no way
/// to be stopped while it waits, and older versions cannot wait for descriptors above 1,023: so it is not let
/// wait, and a second descriptor of its socket goes on after it has given up.
class httplib_opener final : httplib::ClientImpl {
 public:
  httplib_opener(const std::string& address, std::uint16_t port) : ClientImpl(address, port) {
    set_connection_timeout(0, 0);
    set_socket_options([this](native_socket made) {
      if (begun_ != no_socket) close_native(begun_);
      begun_ = duplicate_native(made);
    });
  }

  /// A socket that is connecting, or `no_socket`.
  native_socket begin() {
    Socket own;
    httplib::Error ignored{};
    if (create_and_connect_socket(own, ignored)) close_native(own.sock);
    return begun_;
  }

 private:
  native_socket begun_ = no_socket;
};

}  // namespace detail

T3API_INLINE detail::native_socket httplib_connector::connect(const std::string& address, std::uint16_t port,
                                                              detail::io_wait& wait) {
  return detail::await_connection(detail::httplib_opener(address, port).begin(), wait);
}

}  // namespace t3api::inline v0_1_0

#endif  // T3API_WITHOUT_HTTPLIB

#endif
