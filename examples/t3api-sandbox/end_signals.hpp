#ifndef T3API_EXAMPLES_SANDBOX_END_SIGNALS_HPP
#define T3API_EXAMPLES_SANDBOX_END_SIGNALS_HPP

#include <pthread.h>

#include <csignal>
#include <stop_token>
#include <thread>

/// SIGINT and SIGTERM, kept from all threads that start after this.
class end_signals {
 public:
  end_signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }

  /// Waits for one of them.
  void wait() const {
    int received = 0;
    sigwait(&set_, &received);
  }

  /// Lets the next one end the program at once, when the calling thread goes on.
  void let_through() const { pthread_sigmask(SIG_UNBLOCK, &set_, nullptr); }

 private:
  sigset_t set_{};
};

/// A request to stop that one of the signals makes, while this object lives.
class stop_on_signal {
 public:
  stop_on_signal() : waiting_([this] { signals_.wait(), source_.request_stop(); }) {}
  stop_on_signal(const stop_on_signal&) = delete;
  stop_on_signal& operator=(const stop_on_signal&) = delete;
  ~stop_on_signal() {
    pthread_kill(waiting_.native_handle(), SIGTERM);
    waiting_.join();
  }

  std::stop_token token() const noexcept { return source_.get_token(); }

 private:
  const end_signals signals_;
  std::stop_source source_;
  std::thread waiting_;
};

#endif
