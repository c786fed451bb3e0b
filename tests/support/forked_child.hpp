#ifndef T3API_TESTS_SUPPORT_FORKED_CHILD_HPP
#define T3API_TESTS_SUPPORT_FORKED_CHILD_HPP

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/sanitizers.hpp"

namespace t3api::test {

/// Whether tests that fork beside threads must be left out: the thread sanitizer does not follow these.
#ifdef T3API_TEST_THREAD_SANITIZER
inline constexpr bool cannot_fork = true;
#else
inline constexpr bool cannot_fork = false;
#endif

/// Runs `body` in a forked child; what it returns, 0 when all went well. A child that hangs is ended.
template <class Body>
int in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    ::_exit(body());
  }
  REQUIRE(child > 0);
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace t3api::test

#endif
