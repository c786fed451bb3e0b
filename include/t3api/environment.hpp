#include <t3api/version.hpp>  // Outside of the guard: it refuses another version.

#ifndef T3API_ENVIRONMENT_HPP
#define T3API_ENVIRONMENT_HPP

// Settings from the process environment and `.t3.env`.

#include <t3api/environment/dotenv.hpp>
#include <t3api/environment/environment.hpp>
#include <t3api/environment/logging.hpp>
#include <t3api/environment/settings.hpp>

#endif
