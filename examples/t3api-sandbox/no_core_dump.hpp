#ifndef T3API_EXAMPLES_SANDBOX_NO_CORE_DUMP_HPP
#define T3API_EXAMPLES_SANDBOX_NO_CORE_DUMP_HPP

#include <sys/resource.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

/// From now on no core dump is made of this program, whose memory has the key ring. On Linux its user can
/// no longer look into it either (ptrace, /proc/PID/mem, /proc/PID/environ); root still can.
inline void forbid_core_dumps() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
  // The limit counts for nothing where a program takes the dumps (core_pattern with a pipe); this does.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

#endif
