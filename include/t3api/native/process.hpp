#ifndef T3API_NATIVE_PROCESS_HPP
#define T3API_NATIVE_PROCESS_HPP

#include <cstdint>

#ifdef _WIN32
#include <process.h>
#else
#include <unistd.h>
#endif

namespace t3api::inline v0_1_0::detail {

/// The system's number for this process; a forked child has another one than its parent.
inline std::int64_t current_process_id() noexcept {
#ifdef _WIN32
  return static_cast<std::int64_t>(::_getpid());
#else
  return static_cast<std::int64_t>(::getpid());
#endif
}

}  // namespace t3api::inline v0_1_0::detail

#endif
