#include <t3api/version.hpp>  // Outside of the guard: it refuses another version.

#ifndef T3API_DEFAULT_CLIENT_HPP
#define T3API_DEFAULT_CLIENT_HPP

#include <t3api/client.hpp>
#include <t3api/retry/exponential_backoff.hpp>
#include <t3api/transport/default_transport.hpp>

namespace t3api::inline v0_1_0 {

/// A client with the default transport and retry policy.
template <class Auth>
using default_client = client<default_transport, Auth, exponential_backoff>;

/// `client{auth}` has the default transport and retry policy.
template <class Auth>
client(Auth) -> client<default_transport, Auth, exponential_backoff>;

/// So has `client{auth, config}`.
template <class Auth>
client(Auth, client_config) -> client<default_transport, Auth, exponential_backoff>;

/// `client{transport, auth}` has the default retry policy.
template <class Transport, class Auth>
client(Transport, Auth) -> client<Transport, Auth, exponential_backoff>;

/// So has `client{transport, auth, config}`.
template <class Transport, class Auth>
client(Transport, Auth, client_config) -> client<Transport, Auth, exponential_backoff>;

}  // namespace t3api::inline v0_1_0

#endif
