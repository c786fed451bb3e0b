#ifndef T3API_TRANSPORT_DEFAULT_TRANSPORT_HPP
#define T3API_TRANSPORT_DEFAULT_TRANSPORT_HPP

#include <t3api/transport/httplib.hpp>
#include <t3api/transport/socket.hpp>

namespace t3api::inline v0_1_0 {

/// The transport of a client that names none: `httplib_transport`, or `socket_transport` in a program that
/// defines T3API_WITHOUT_HTTPLIB, in all of its files.
#ifdef T3API_WITHOUT_HTTPLIB
using default_transport = socket_transport;
#else
using default_transport = httplib_transport;
#endif

#ifdef __ELF__
// Files that differ in the macro do not link: the linker refuses a name that is thread-local in one file
// only, and tells it.
namespace detail {
#ifdef T3API_WITHOUT_HTTPLIB
[[gnu::used]] inline thread_local const char define_T3API_WITHOUT_HTTPLIB_in_all_files_or_in_none = 0;
#else
[[gnu::used]] inline const char define_T3API_WITHOUT_HTTPLIB_in_all_files_or_in_none = 0;
#endif
}  // namespace detail
#endif

}  // namespace t3api::inline v0_1_0

#endif
