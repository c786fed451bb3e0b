#ifndef T3API_TRANSPORT_HTTPLIB_HPP
#define T3API_TRANSPORT_HTTPLIB_HPP

#include <memory>

#include <t3api/core/client_config.hpp>
#include <t3api/detail/per_process.hpp>
#include <t3api/transport/concept.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {
class httplib_pool;
}

/// HTTP/1.1 over TCP or TLS by cpp-httplib: a pool of keep-alive connections per origin, deadlines and
/// cancellation that hold in every phase, limits on what an answer may be. Copies share one pool. The
/// constructor does no I/O; files that the TLS settings name are read with the first https request.
///
/// A forked child may go on using and may destroy what its parent made: it has connections of its own and
/// reads the TLS files anew, and nothing it does is seen on its parent's connections. That holds if no thread
/// of the parent was inside a call at the fork; otherwise the child must make a new client and leave the old
/// one alone. The child keeps its parent's connections open, unused, until it ends or calls exec.
class httplib_transport {
 public:
  /// Takes TLS and proxy from `config`; the limits of a call come with the call.
  explicit httplib_transport(client_config config = {});

  outcome send(const request& message, const send_options& options);

 private:
  std::shared_ptr<detail::per_process<detail::httplib_pool>> pools_;
};

static_assert(transport<httplib_transport>);

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/transport/impl/httplib.hpp>
#endif

#endif
