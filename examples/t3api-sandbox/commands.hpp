#ifndef T3API_EXAMPLES_SANDBOX_COMMANDS_HPP
#define T3API_EXAMPLES_SANDBOX_COMMANDS_HPP

#include "arguments.hpp"

// Each gives the exit code of the program, and throws `usage_error` for wrong arguments or another
// std::exception, of one sentence, for what cannot be done.

/// Serves until SIGINT or SIGTERM.
int serve(arguments given);

/// Makes a key ring, adds a key to one or takes old keys out of one.
int keygen(arguments given);

/// Brings all records under the newest key of the ring. Gives 1 when some could not be.
int rotate(arguments given);

#endif
