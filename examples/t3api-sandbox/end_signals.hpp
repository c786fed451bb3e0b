#ifndef T3API_EXAMPLES_SANDBOX_END_SIGNALS_HPP
#define T3API_EXAMPLES_SANDBOX_END_SIGNALS_HPP

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <future>
#include <memory>
#include <thread>

#include <t3api/detail/stop_token.hpp>

/// What SIGINT and SIGTERM do from now on: the first asks the program to end, once that is `heeded`. The
/// second, and any before that, ends it at once. For one object in a program, made before its threads are.
class end_signals {
 public:
  end_signals() {
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &both, nullptr);  // In threads that start from here on too.
    std::thread([both, state = state_] {
      int received = 0;
      sigwait(&both, &received);
      pthread_sigmask(SIG_UNBLOCK, &both, nullptr);
      if (!state->heeded) ::raise(received);
      state->asked.request_stop();
      while (true) ::pause();
    }).detach();
  }
  end_signals(const end_signals&) = delete;
  end_signals& operator=(const end_signals&) = delete;

  /// From now on the first only asks.
  void heed() { state_->heeded = true; }

  /// Says when it was asked to end.
  t3api::stop_token token() const { return state_->asked.get_token(); }

  /// Waits until it is asked to end.
  void wait() const {
    std::promise<void> asked;
    const t3api::stop_callback tell(token(), [&asked] { asked.set_value(); });
    asked.get_future().wait();
  }

 private:
  struct state {
    std::atomic<bool> heeded = false;
    t3api::stop_source asked{};
  };

  const std::shared_ptr<state> state_ = std::make_shared<state>();
};

#endif
