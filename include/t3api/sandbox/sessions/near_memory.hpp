#ifndef T3API_SANDBOX_SESSIONS_NEAR_MEMORY_HPP
#define T3API_SANDBOX_SESSIONS_NEAR_MEMORY_HPP

#include <chrono>
#include <cstddef>
#include <iterator>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <t3api/core/clock.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/store/lifetime.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Small values in the memory of this process, at most `capacity` of them: what was not asked for longest
/// makes room. Any number of threads may share it.
class near_memory {
 public:
  near_memory(std::shared_ptr<t3api::clock> clock, std::size_t capacity)
      : clock_(std::move(clock)), capacity_(capacity) {}

  std::optional<std::string> get(std::string_view name) {
    const std::scoped_lock lock(mutex_);
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return std::nullopt;
    if (found->second->end <= clock_->now()) {
      forget(found->second);
      return std::nullopt;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return std::string(found->second->value.reveal());
  }

  /// For a time of zero or less it is `erase`.
  void put(std::string_view name, std::string_view value, std::chrono::milliseconds time) {
    const std::scoped_lock lock(mutex_);
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) forget(found->second);
    if (time <= time.zero()) return;
    while (!entries_.empty() && entries_.size() >= capacity_) forget(std::prev(entries_.end()));
    entries_.push_front(
        {std::string(name), secret(value), clock_->now() + t3api::detail::kept_lifetime(time)});
    by_name_.emplace(entries_.front().name, entries_.begin());
  }

  std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return entries_.size();
  }

 private:
  struct entry {
    std::string name;
    secret value;
    steady_time end;
  };
  using place = std::list<entry>::iterator;

  void forget(place gone) {
    by_name_.erase(gone->name);
    entries_.erase(gone);
  }

  const std::shared_ptr<t3api::clock> clock_;
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::list<entry> entries_;  ///< What was asked for last comes first.
  std::unordered_map<std::string_view, place> by_name_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
