#ifndef T3API_NATIVE_SIGPIPE_GUARD_HPP
#define T3API_NATIVE_SIGPIPE_GUARD_HPP

#ifndef _WIN32
#include <signal.h>
#include <time.h>
#endif

namespace t3api::inline v0_1_0::detail {

/// Keeps a write to a connection that the peer has closed from raising SIGPIPE in this thread, without
/// touching the program's own handling of that signal.
class sigpipe_guard {
 public:
#ifdef _WIN32
  sigpipe_guard() = default;
  void write_may_have_failed() noexcept {}
#else
  sigpipe_guard() noexcept {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~sigpipe_guard() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  /// Takes the signal away that a failed write has left pending, unless the thread had it blocked all along.
  void write_may_have_failed() noexcept {
    sigset_t pending;
    ::sigpending(&pending);
    if (::sigismember(&before_, SIGPIPE) == 1 || ::sigismember(&pending, SIGPIPE) != 1) return;
#ifdef __APPLE__
    int signal = 0;
    ::sigwait(&pipe_, &signal);
#else
    const timespec at_once{};
    ::sigtimedwait(&pipe_, nullptr, &at_once);
#endif
  }
#endif
  sigpipe_guard(const sigpipe_guard&) = delete;
  sigpipe_guard& operator=(const sigpipe_guard&) = delete;

#ifndef _WIN32
 private:
  sigset_t pipe_{};
  sigset_t before_{};
#endif
};

}  // namespace t3api::inline v0_1_0::detail

#endif
