#ifndef T3API_TRANSPORT_IO_WAIT_HPP
#define T3API_TRANSPORT_IO_WAIT_HPP

#include <algorithm>
#include <chrono>
#include <optional>

#include <t3api/core/send_options.hpp>
#include <t3api/native/socket.hpp>

namespace t3api::inline v0_1_0::detail {

/// What ended a call before its socket was ready.
enum class hindrance { none, stopped, deadline, connect_timeout, silence };

/// How one call waits for its socket: never past its deadline, the time for connecting or the longest silence
/// allowed, and never after it was asked to stop.
class io_wait {
 public:
  /// `waker` is made when the call can be stopped; it outlives this and is used by nobody else meanwhile.
  io_wait(const send_options& options, std::optional<wake_up>& waker)
      : options_(options), last_progress_(std::chrono::steady_clock::now()) {
    if (!options.stop.stop_possible()) return;
    if (!waker) waker.emplace();
    waker_ = &*waker;
    waker_->clear();
    on_stop_.emplace(options.stop, wake{waker_});
  }
  io_wait(const io_wait&) = delete;
  io_wait& operator=(const io_wait&) = delete;

  /// From now until `connected`, nothing may take longer than until then.
  void connect_until(steady_time until) { connect_deadline_ = until; }
  void connected() {
    connect_deadline_.reset();
    progress();
  }

  /// Bytes have moved: the silence begins anew.
  void progress() { last_progress_ = std::chrono::steady_clock::now(); }

  /// Whether the call may go on; else `hindered()` says why not.
  bool may_go_on() {
    if (hindered_ == hindrance::none) {
      const auto now = std::chrono::steady_clock::now();
      if (options_.stop.stop_requested()) {
        hindered_ = hindrance::stopped;
      } else if (now >= options_.deadline) {
        hindered_ = hindrance::deadline;
      } else if (connect_deadline_ && now >= *connect_deadline_) {
        hindered_ = hindrance::connect_timeout;
      } else if (!connect_deadline_ && now - last_progress_ >= options_.read_timeout) {
        hindered_ = hindrance::silence;
      }
      now_ = now;
    }
    return hindered_ == hindrance::none;
  }

  /// Waits until the socket is ready for one of the things wanted, and says for which: for none when the call
  /// may not go on.
  readiness until_ready(native_socket socket, readiness wanted) {
    while (may_go_on()) {
      const auto ready = wait_for(socket, wanted, waker(), longest_wait());
      if (ready.read || ready.write) {
        if (may_go_on()) return ready;
      }
    }
    return {};
  }

  /// How long there is left to connect.
  std::chrono::microseconds time_to_connect() const {
    const auto until =
        connect_deadline_ ? (std::min)(*connect_deadline_, options_.deadline) : options_.deadline;
    return std::chrono::ceil<std::chrono::microseconds>(until - std::chrono::steady_clock::now());
  }

  hindrance hindered() const noexcept { return hindered_; }
  const stop_token& stop() const noexcept { return options_.stop; }

 private:
  struct wake {
    const wake_up* waker;
    void operator()() const noexcept { waker->signal(); }
  };

  native_socket waker() const noexcept { return waker_ == nullptr ? no_socket : waker_->descriptor(); }

  std::chrono::milliseconds longest_wait() const {
    auto until = options_.deadline;
    if (connect_deadline_) {
      until = (std::min)(until, *connect_deadline_);
    } else if (options_.read_timeout < until - last_progress_) {
      until = last_progress_ + options_.read_timeout;
    }
    auto longest = std::chrono::ceil<std::chrono::milliseconds>(until - now_);
    constexpr auto between_looks = std::chrono::milliseconds(10);
    if (waker_ != nullptr && waker() == no_socket) longest = (std::min)(longest, between_looks);
    return longest;
  }

  const send_options& options_;
  wake_up* waker_ = nullptr;
  steady_time last_progress_;
  steady_time now_{};
  std::optional<steady_time> connect_deadline_;
  hindrance hindered_ = hindrance::none;
  std::optional<stop_callback<wake>> on_stop_;
};

/// Makes a socket that is connecting fit for use, and waits until it stands. `no_socket` when it does not.
/// Takes the socket over.
inline native_socket await_connection(native_socket socket, io_wait& wait) {
  if (socket == no_socket) return no_socket;
  if (prepare_native(socket) && wait.until_ready(socket, {.write = true}).write && is_connected(socket)) {
    return socket;
  }
  close_native(socket);
  return no_socket;
}

}  // namespace t3api::inline v0_1_0::detail

#endif
