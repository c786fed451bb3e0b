#include <t3api/version.hpp>  // Outside of the guard: it refuses another version.

#ifndef T3API_SANDBOX_HPP
#define T3API_SANDBOX_HPP

/// The sandbox: a local T3 auth service with a simulated Metrc behind it, and a server to reach it over HTTP
/// or HTTPS. A program that calls `service::handle` itself needs <t3api/sandbox/service.hpp> only, which is
/// lighter.

#include <t3api/sandbox/accounts.hpp>
#include <t3api/sandbox/http/certificate.hpp>
#include <t3api/sandbox/http/server.hpp>
#include <t3api/sandbox/keys/key_ring_file.hpp>
#include <t3api/sandbox/keys/rotation.hpp>
#include <t3api/sandbox/model.hpp>
#include <t3api/sandbox/service.hpp>

#endif
