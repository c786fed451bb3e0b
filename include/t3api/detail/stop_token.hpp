#ifndef T3API_DETAIL_STOP_TOKEN_HPP
#define T3API_DETAIL_STOP_TOKEN_HPP

#include <version>

#ifdef __cpp_lib_jthread
#include <stop_token>
#endif

#include <t3api/detail/own_stop_token.hpp>

namespace t3api::inline v0_1_0 {

// How a call is ended early: the standard library's where it has them, else the same by this library.
#ifdef __cpp_lib_jthread
using std::nostopstate;
using std::stop_callback;
using std::stop_source;
using std::stop_token;
#else
using detail::own::nostopstate;
using detail::own::stop_callback;
using detail::own::stop_source;
using detail::own::stop_token;
#endif

}  // namespace t3api::inline v0_1_0

#endif
