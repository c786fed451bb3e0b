#ifndef T3API_SANDBOX_HTTP_CONNECTION_TABLE_HPP
#define T3API_SANDBOX_HTTP_CONNECTION_TABLE_HPP

#include <atomic>
#include <chrono>
#include <list>
#include <mutex>

#include <sys/socket.h>

namespace t3api::inline v0_1_0::sandbox {

/// What a connection of the server is doing. The first have to go first when room is needed.
enum class connection_phase {
  idle,       ///< Waits for the first byte of a request.
  lingering,  ///< All is said; waits for the peer to see it.
  receiving,  ///< Waits for more of a handshake or of a request.
  pausing,    ///< Pauses within an answer that is to come in drips.
  sending,    ///< Waits for the peer to take more of an answer.
  working,    ///< Waits for nobody.
  ended,      ///< Somebody else has ended it.
};

/// The open connections of a server. Any thread may call it.
class connection_table {
  struct entry {
    explicit entry(int socket_) noexcept : socket(socket_) {}

    /// Ends it if it is in that phase still; who waits at its socket sees the end of the stream.
    bool end(connection_phase expected) noexcept {
      if (!phase.compare_exchange_strong(expected, connection_phase::ended)) return false;
      const bool writes = expected == connection_phase::pausing || expected == connection_phase::sending;
      ::shutdown(socket, writes ? SHUT_RDWR : SHUT_RD);
      return true;
    }

    const int socket;
    std::atomic<connection_phase> phase = connection_phase::idle;
    std::atomic<std::chrono::steady_clock::rep> since =
        std::chrono::steady_clock::now().time_since_epoch().count();
  };

 public:
  /// A connection's place in the table, for the thread that serves it. The socket must stay open as long.
  class place {
   public:
    place(connection_table& table, int socket) : table_(table) {
      const std::scoped_lock lock(table_.mutex_);
      self_ = table_.entries_.emplace(table_.entries_.end(), socket);
      if (table_.stopping_) self_->phase = connection_phase::ended;
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() {
      const std::scoped_lock lock(table_.mutex_);
      table_.entries_.erase(self_);
    }

    /// Says what the connection does from now on; false when it has been ended, or the server stops and is
    /// not to wait for that.
    bool enter(connection_phase next) noexcept {
      auto now = self_->phase.load();
      if (now == next) return true;
      if (now == connection_phase::ended) return false;
      self_->since = std::chrono::steady_clock::now().time_since_epoch().count();
      if (!self_->phase.compare_exchange_strong(now, next)) return false;
      return next >= connection_phase::sending || !table_.stopping_;
    }

    /// Whether the server stops, so that no more requests are to be taken from it.
    bool stopping() const noexcept { return table_.stopping_; }

   private:
    connection_table& table_;
    std::list<entry>::iterator self_;
  };

  /// Ends the connection that has waited longest for its peer, of those that have to go first; false when
  /// none waits.
  bool end_one() {
    const std::scoped_lock lock(mutex_);
    while (true) {
      entry* longest = nullptr;
      auto worst = connection_phase::working;
      for (auto& candidate : entries_) {
        const auto phase = candidate.phase.load();
        if (phase < worst || (longest && phase == worst && candidate.since < longest->since)) {
          longest = &candidate;
          worst = phase;
        }
      }
      if (!longest) return false;
      if (longest->end(worst)) return true;
    }
  }

  /// Ends all connections but those with an answer on its way, which may finish it, and all that come later.
  void stop() {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    for (auto& open : entries_) {
      for (auto phase = open.phase.load(); phase < connection_phase::sending; phase = open.phase.load()) {
        if (open.end(phase)) break;
      }
    }
  }

 private:
  std::mutex mutex_;
  std::list<entry> entries_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
