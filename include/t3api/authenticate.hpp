#include <t3api/version.hpp>  // Outside of the guard: it refuses another version.

#ifndef T3API_AUTHENTICATE_HPP
#define T3API_AUTHENTICATE_HPP

// The named functions by which users of T3's Python client log in; docs/from-python.md has them side by side.

#include <t3api/authenticate/by_api_key.hpp>
#include <t3api/authenticate/by_credentials.hpp>
#include <t3api/authenticate/by_jwt.hpp>
#include <t3api/authenticate/configured.hpp>

#endif
