#ifndef T3API_TRANSPORT_WATCHDOG_HPP
#define T3API_TRANSPORT_WATCHDOG_HPP

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <t3api/core/send_options.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/native/socket.hpp>

namespace t3api::inline v0_1_0::detail {

/// Why the watchdog ended a connection.
enum class interruption { none, deadline, connect_deadline, stopped, headers_too_large };

/// One connection under watch. Its owner says what a call may take; the watchdog ends the socket when it
/// takes more.
class watched_connection {
 public:
  void begin(const send_options& options, std::optional<steady_time> connect_deadline) {
    const std::scoped_lock lock(mutex_);
    deadline_ = options.deadline;
    connect_deadline_ = connect_deadline;
    stop_ = options.stop;
    max_header_bytes_ = options.max_header_bytes;
    headers_start_.reset();
    reading_headers_ = true;
    reason_ = interruption::none;
    active_ = true;
  }

  /// Ends the watch of a call and tells whether, and why, it was interrupted.
  interruption end() {
    const std::scoped_lock lock(mutex_);
    active_ = false;
    stop_ = {};
    return reason_;
  }

  /// A new socket carries the connection from now on; false when the system is out of descriptors to watch it
  /// by.
  bool attach(native_socket socket) {
    socket_handle handle(socket);
    if (!handle.valid()) return false;
    const std::scoped_lock lock(mutex_);
    socket_.emplace(std::move(handle));
    return true;
  }

  void connected() {
    const std::scoped_lock lock(mutex_);
    connect_deadline_.reset();
  }

  void headers_complete() {
    const std::scoped_lock lock(mutex_);
    reading_headers_ = false;
  }

  /// Whether the connection waits in silence, as one must that is to carry another request.
  bool is_quiet() const {
    const std::scoped_lock lock(mutex_);
    return socket_ && !socket_->has_pending_input();
  }

  /// Looks at the call in progress; called by the watchdog's thread. An interrupted socket is interrupted
  /// again each time: the first may have come between its making and its connecting.
  void check_time(steady_time now) {
    const std::scoped_lock lock(mutex_);
    if (!active_) return;
    if (reason_ == interruption::none) reason_ = find_reason(now);
    if (reason_ != interruption::none && socket_) socket_->interrupt();
  }

 private:
  interruption find_reason(steady_time now) {
    if (stop_.stop_requested()) return interruption::stopped;
    if (now >= deadline_) return interruption::deadline;
    if (connect_deadline_ && now >= *connect_deadline_) return interruption::connect_deadline;
    if (reading_headers_ && socket_) {
      if (const auto consumed = socket_->bytes_consumed()) {
        if (!headers_start_) headers_start_ = *consumed;
        constexpr std::uint64_t reader_buffers = 64U << 10U;
        if (*consumed - *headers_start_ > max_header_bytes_ + reader_buffers)
          return interruption::headers_too_large;
      }
    }
    return interruption::none;
  }

  mutable std::mutex mutex_;
  std::optional<socket_handle> socket_;
  steady_time deadline_;
  std::optional<steady_time> connect_deadline_;
  stop_token stop_;
  std::size_t max_header_bytes_ = 0;
  std::optional<std::uint64_t> headers_start_;
  bool reading_headers_ = false;
  bool active_ = false;
  interruption reason_ = interruption::none;
};

/// One thread that looks at all connections of a transport every few milliseconds while any is in use, and
/// sleeps otherwise. It gives blocking I/O what it lacks: a total deadline and a way to be stopped.
class watchdog {
 public:
  static constexpr auto tick = std::chrono::milliseconds(10);

  watchdog() = default;
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

  ~watchdog() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
      wake_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }

  /// A new connection to watch, for as long as someone else holds it. Throws std::system_error when no thread
  /// can start.
  std::shared_ptr<watched_connection> watch() {
    auto connection = std::make_shared<watched_connection>();
    const std::scoped_lock lock(mutex_);
    std::erase_if(connections_, [](const auto& entry) { return entry.expired(); });
    connections_.push_back(connection);
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    return connection;
  }

  /// Keeps the watchdog awake as long as it lives.
  class visit {
   public:
    explicit visit(watchdog& guard) : guard_(guard) {
      guard_.calls_.fetch_add(1);
      if (guard_.asleep_.load()) {
        const std::scoped_lock lock(guard_.mutex_);
        guard_.wake_.notify_all();
      }
    }
    ~visit() { guard_.calls_.fetch_sub(1); }
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;

   private:
    watchdog& guard_;
  };

 private:
  void run() {
    constexpr int idle_ticks_before_sleep = 100;
    int idle_ticks = 0;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      idle_ticks = calls_.load() > 0 ? 0 : idle_ticks + 1;
      if (idle_ticks > idle_ticks_before_sleep) {
        asleep_ = true;
        wake_.wait(lock, [&] { return stopping_ || calls_.load() > 0; });
        asleep_ = false;
        idle_ticks = 0;
      }
      wake_.wait_for(lock, tick, [&] { return stopping_; });
      const auto now = std::chrono::steady_clock::now();
      for (const auto& entry : connections_) {
        if (const auto connection = entry.lock()) connection->check_time(now);
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::weak_ptr<watched_connection>> connections_;
  std::atomic<int> calls_ = 0;
  std::atomic<bool> asleep_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
