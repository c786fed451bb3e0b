#include <t3api/version.hpp>  // Outside of the guard: it refuses another version.

#ifndef T3API_T3API_HPP
#define T3API_T3API_HPP

// All of the client wing.

#include <t3api/any_client.hpp>
#include <t3api/api/auth.hpp>
#include <t3api/api/collections.hpp>
#include <t3api/api/licenses.hpp>
#include <t3api/api/load_all.hpp>
#include <t3api/api/secret_keys.hpp>
#include <t3api/auth/any.hpp>
#include <t3api/auth/api_key.hpp>
#include <t3api/auth/bearer.hpp>
#include <t3api/auth/credentials.hpp>
#include <t3api/auth/none.hpp>
#include <t3api/auth/secret_key.hpp>
#include <t3api/auth/totp.hpp>
#include <t3api/authenticate.hpp>
#include <t3api/client.hpp>
#include <t3api/core/json.hpp>
#include <t3api/coroutine.hpp>
#include <t3api/default_client.hpp>
#include <t3api/environment.hpp>
#include <t3api/logging/sinks.hpp>
#include <t3api/retry/exponential_backoff.hpp>
#include <t3api/retry/none.hpp>
#include <t3api/store/memory.hpp>
#include <t3api/transport/in_process.hpp>
#include <t3api/transport/scripted.hpp>
#include <t3api/transport/socket.hpp>

#endif
