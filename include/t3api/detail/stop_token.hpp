#ifndef T3API_DETAIL_STOP_TOKEN_HPP
#define T3API_DETAIL_STOP_TOKEN_HPP

#include <version>

#ifdef __cpp_lib_jthread
#include <stop_token>
#endif

#include <t3api/detail/own_stop_token.hpp>

namespace t3api::inline v0_1_0 {

#ifdef __cpp_lib_jthread
using std::nostopstate;
using std::stop_callback;
/// Asks for the end of the calls that were given its token. The standard library's, or the same by this
/// library where that has none (libc++ before version 20).
using stop_source = std::stop_source;
/// What a call is given to be ended early. As with stop_source; `stop_callback` and `nostopstate` are here,
/// too.
using stop_token = std::stop_token;
#else
using detail::own::nostopstate;
using detail::own::stop_callback;
using stop_source = detail::own::stop_source;
using stop_token = detail::own::stop_token;
#endif

}  // namespace t3api::inline v0_1_0

#endif
