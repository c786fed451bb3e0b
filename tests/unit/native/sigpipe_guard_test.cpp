#include <t3api/native/sigpipe_guard.hpp>

#include <doctest/doctest.h>

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace t3api::detail;

namespace {

bool sigpipe_is_pending() {
  sigset_t pending;
  ::sigpending(&pending);
  return ::sigismember(&pending, SIGPIPE) == 1;
}

bool sigpipe_is_blocked() {
  sigset_t blocked;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  return ::sigismember(&blocked, SIGPIPE) == 1;
}

/// Raises SIGPIPE in this thread, as a program does that uses the system's plain write.
void write_to_closed_peer() {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  ::close(ends[1]);
  CHECK(::write(ends[0], "x", 1) == -1);
  ::close(ends[0]);
}

}  // namespace

TEST_CASE("a write to a peer that is gone raises no signal under guard, and leaves none behind") {
  const bool blocked_before = sigpipe_is_blocked();
  {
    sigpipe_guard guard;
    CHECK(sigpipe_is_blocked());
    write_to_closed_peer();
    guard.write_may_have_failed();
    CHECK_FALSE(sigpipe_is_pending());
  }
  CHECK(sigpipe_is_blocked() == blocked_before);
}

TEST_CASE("a guard takes no signal that the program itself keeps waiting") {
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  sigset_t before;
  ::pthread_sigmask(SIG_BLOCK, &pipe, &before);
  write_to_closed_peer();
  {
    sigpipe_guard guard;
    guard.write_may_have_failed();
  }
  CHECK(sigpipe_is_blocked());
  CHECK(sigpipe_is_pending());
  int taken = 0;
  ::sigwait(&pipe, &taken);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}
