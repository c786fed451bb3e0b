#ifndef T3API_DETAIL_OWN_STOP_TOKEN_HPP
#define T3API_DETAIL_OWN_STOP_TOKEN_HPP

// For a libc++ without std::stop_token: none has it before version 18, and until 20 only with
// -fexperimental-library. The macro is the test's.
#include <version>

#if !defined(__cpp_lib_jthread) || defined(T3API_TEST_OWN_STOP_TOKEN)

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace t3api::inline v0_1_0::detail::own {

/// What the source, the tokens and the callbacks of one request to stop share.
class stop_state {
 public:
  class callback {
   public:
    callback() = default;
    callback(const callback&) = delete;
    callback& operator=(const callback&) = delete;
    virtual void run() noexcept = 0;

   protected:
    ~callback() = default;
  };

  bool requested() const noexcept { return requested_; }

  /// Runs the callbacks; false when that was asked for before.
  bool request() {
    std::unique_lock lock(mutex_);
    if (requested_.exchange(true)) return false;
    requester_ = std::this_thread::get_id();
    while (!callbacks_.empty()) {
      running_ = callbacks_.back();
      callbacks_.pop_back();
      lock.unlock();
      running_->run();
      lock.lock();
      running_ = nullptr;
      has_run_.notify_all();
    }
    return true;
  }

  /// False when it is too late: then it is the caller's to run.
  bool add(callback& one) {
    const std::scoped_lock lock(mutex_);
    if (requested_) return false;
    callbacks_.push_back(&one);
    return true;
  }

  /// Once this returns, the callback does not run any longer, unless it is the callback itself that asks.
  void remove(callback& one) {
    std::unique_lock lock(mutex_);
    if (std::erase(callbacks_, &one) > 0 || requester_ == std::this_thread::get_id()) return;
    has_run_.wait(lock, [&] { return running_ != &one; });
  }

 private:
  std::atomic<bool> requested_ = false;
  std::mutex mutex_;
  std::condition_variable has_run_;
  std::vector<callback*> callbacks_;
  callback* running_ = nullptr;
  std::thread::id requester_;
};

struct nostopstate_t {};
inline constexpr nostopstate_t nostopstate{};

class stop_token {
 public:
  stop_token() = default;
  bool stop_requested() const noexcept { return state_ && state_->requested(); }
  /// Whether there is a source behind it, or was.
  bool stop_possible() const noexcept { return state_ != nullptr; }
  friend bool operator==(const stop_token&, const stop_token&) = default;

 private:
  friend class stop_source;
  template <class>
  friend class stop_callback;
  explicit stop_token(std::shared_ptr<stop_state> state) noexcept : state_(std::move(state)) {}

  std::shared_ptr<stop_state> state_;
};

class stop_source {
 public:
  stop_source() : state_(std::make_shared<stop_state>()) {}
  explicit stop_source(nostopstate_t) noexcept {}
  stop_token get_token() const noexcept { return stop_token(state_); }
  bool stop_requested() const noexcept { return state_ && state_->requested(); }
  bool request_stop() {
    const auto state = state_;  // A callback may be the end of this source.
    return state && state->request();
  }

 private:
  std::shared_ptr<stop_state> state_;
};

template <class Callback>
class stop_callback final : stop_state::callback {
 public:
  template <class Function>
  stop_callback(const stop_token& token, Function&& function)
      : function_(std::forward<Function>(function)), state_(token.state_) {
    if (state_ && !state_->add(*this)) {
      state_.reset();
      run();
    }
  }
  ~stop_callback() {
    if (state_) state_->remove(*this);
  }

 private:
  void run() noexcept override { function_(); }

  Callback function_;
  std::shared_ptr<stop_state> state_;
};
template <class Callback>
stop_callback(stop_token, Callback) -> stop_callback<Callback>;

/// What std::condition_variable_any is to std::stop_token.
class stoppable_condition {
 public:
  void notify_one() noexcept { notify_all(); }
  void notify_all() noexcept {
    { const std::scoped_lock lock(gate_); }
    changed_.notify_all();
  }

  template <class Lock, class Moment, class Condition>
  bool wait_until(Lock& lock, const stop_token& stop, const Moment& until, Condition holds) {
    const stop_callback wake(stop, [this] { notify_all(); });
    while (!holds()) {
      std::unique_lock gate(gate_);
      if (stop.stop_requested()) return false;
      lock.unlock();  // What is changed from here on is told at the gate, and so not missed.
      const bool late = changed_.wait_until(gate, until) == std::cv_status::timeout;
      gate.unlock();
      lock.lock();
      if (late) return holds();
    }
    return true;
  }

  template <class Lock, class Duration, class Condition>
  bool wait_for(Lock& lock, const stop_token& stop, const Duration& duration, Condition holds) {
    return wait_until(lock, stop, std::chrono::steady_clock::now() + duration, std::move(holds));
  }

 private:
  std::mutex gate_;
  std::condition_variable changed_;
};

}  // namespace t3api::inline v0_1_0::detail::own

#endif

#endif
