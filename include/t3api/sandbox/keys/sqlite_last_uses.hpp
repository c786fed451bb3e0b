#ifndef T3API_SANDBOX_KEYS_SQLITE_LAST_USES_HPP
#define T3API_SANDBOX_KEYS_SQLITE_LAST_USES_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include <t3api/core/clock.hpp>
#include <t3api/sandbox/keys/key_record.hpp>
#include <t3api/sandbox/keys/sqlite_rows.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// When keys were last used, on the way into the database. Nobody waits for it and nobody fails by it: what
/// cannot be written at once, as another process writes or the disk is full, is written with what comes next.
/// At most once a minute a key. Any number of threads may share it.
class sqlite_last_uses {
 public:
  sqlite_last_uses(const std::string& file, std::chrono::milliseconds patience) : notes_(file, patience) {}
  sqlite_last_uses(const sqlite_last_uses&) = delete;
  sqlite_last_uses& operator=(const sqlite_last_uses&) = delete;
  ~sqlite_last_uses() { write(); }

  void add(const key_record& record, wall_time when) {
    if (record.last_used_at && when < *record.last_used_at + std::chrono::minutes(1)) return;
    {
      const std::scoped_lock lock(mutex_);
      if (waiting_.size() < most_waiting) {
        auto& last = waiting_.try_emplace(record.id, when).first->second;
        last = (std::max)(last, when);
      }
    }
    write();
  }

  /// Writes what waits. A thread that comes while another writes leaves it to that one.
  void write() noexcept {
    while (has_waiting()) {
      const std::unique_lock writing(writing_, std::try_to_lock);
      if (!writing || !write_waiting()) return;
    }
  }

  /// Takes what was deleted out of the write-ahead log too, unless somebody is at it now: then the next time
  /// does it.
  void empty_log() noexcept {
    const std::unique_lock writing(writing_, std::try_to_lock);
    if (writing) notes_.empty_log();
  }

 private:
  static constexpr std::size_t most_waiting = 10'000;

  bool has_waiting() noexcept {
    const std::scoped_lock lock(mutex_);
    return !waiting_.empty();
  }

  bool write_waiting() noexcept {
    std::map<std::string, wall_time> uses;
    {
      const std::scoped_lock lock(mutex_);
      uses.swap(waiting_);
    }
    if (notes_.write(uses)) return true;
    const std::scoped_lock lock(mutex_);
    waiting_.merge(uses);
    return false;
  }

  std::mutex writing_;
  sqlite_key_notes notes_;
  std::mutex mutex_;
  std::map<std::string, wall_time> waiting_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
