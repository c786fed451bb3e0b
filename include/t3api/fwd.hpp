#include <t3api/version.hpp>  // Outside of the guard: it refuses another version.

#ifndef T3API_FWD_HPP
#define T3API_FWD_HPP

namespace t3api::inline v0_1_0 {

// What other headers may name without its definition. Declare nothing of t3api yourself: the version is in
// the name of everything.

struct call_options;
struct client_config;
struct error;
struct request;
struct response;
class any_client;
class secret;

template <class Transport, class Auth, class Retry>
class client;
template <class T>
class result;

}  // namespace t3api::inline v0_1_0

#endif
