#ifndef T3API_TRANSPORT_HTTP_TRANSPORT_HPP
#define T3API_TRANSPORT_HTTP_TRANSPORT_HPP

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <t3api/core/client_config.hpp>
#include <t3api/detail/per_process.hpp>
#include <t3api/native/socket.hpp>
#include <t3api/transport/concept.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

class connection_pool;
class io_wait;

/// How a connector opens a TCP connection.
using connect_function = native_socket (*)(const std::string& address, std::uint16_t port, io_wait& wait);

/// What is the same for every connector.
class pooled_transport {
 public:
  outcome send(const request& message, const send_options& options);

 protected:
  pooled_transport(client_config config, connect_function connect);

 private:
  std::shared_ptr<per_process<connection_pool>> pools_;
};

}  // namespace detail

/// Opens TCP connections for a transport. `connect` gives a connected socket on which no call waits, or
/// `no_socket`; it waits by `wait` alone, which keeps the call's deadline and its stop_token. `address` is in
/// digits.
template <class T>
concept connector = requires(const std::string& address, std::uint16_t port, detail::io_wait& wait) {
  { T::connect(address, port, wait) } -> std::same_as<detail::native_socket>;
};

/// HTTP/1.1 over TCP or TLS: a pool of keep-alive connections per origin, one deadline and one stop_token
/// that hold in every phase, limits on what an answer may be. An answer is whole, or an error. Copies share
/// one pool. The constructor does no I/O; files that the TLS settings name are read with the first https
/// request.
///
/// A forked child may go on using and may destroy what its parent made: it has connections of its own and
/// reads the TLS files anew, and nothing it does is seen on its parent's connections. That holds if no thread
/// of the parent was inside a call at the fork; otherwise the child must make a new client and leave the old
/// one alone. The child keeps its parent's connections open, unused, until it ends or calls exec.
template <connector Connector>
class http_transport : public detail::pooled_transport {
 public:
  /// Takes TLS and proxy from `config`; the limits of a call come with the call.
  explicit http_transport(client_config config = {})
      : pooled_transport(std::move(config), &Connector::connect) {}
};

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/transport/impl/http_transport.hpp>
#endif

#endif
