#ifndef T3API_SANDBOX_METRC_SESSION_TABLE_HPP
#define T3API_SANDBOX_METRC_SESSION_TABLE_HPP

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <t3api/core/clock.hpp>
#include <t3api/detail/uuid.hpp>
#include <t3api/sandbox/metrc/upstream.hpp>

namespace t3api::sandbox {

/// The sessions of the simulated Metrc, all of which live equally long. Any number of threads may share it.
class session_table {
 public:
  /// More sessions than `capacity` end the oldest, so that endless logins cannot exhaust memory.
  explicit session_table(std::chrono::seconds ttl, std::size_t capacity = 100'000)
      : ttl_(ttl), capacity_(capacity) {}

  metrc_session open(std::shared_ptr<const metrc_user> user, steady_time now) {
    metrc_session session{.id = detail::make_uuid(), .user = std::move(user)};
    const std::scoped_lock lock(mutex_);
    while (!by_age_.empty() && (by_age_.front().ends <= now || by_age_.size() >= capacity_)) {
      sessions_.erase(by_age_.front().id);
      by_age_.pop_front();
    }
    by_age_.push_back({session.id, now + ttl_});
    sessions_.emplace(session.id, entry{session.user, now + ttl_});
    return session;
  }

  std::optional<metrc_session> find(std::string_view id, steady_time now) const {
    std::string key(id);
    const std::scoped_lock lock(mutex_);
    const auto found = sessions_.find(key);
    if (found == sessions_.end() || found->second.ends <= now) return std::nullopt;
    return metrc_session{.id = std::move(key), .user = found->second.user};
  }

  /// Ends the sessions whose user `chosen` picks.
  void end_if(const std::function<bool(const metrc_user&)>& chosen) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(sessions_, [&](const auto& item) { return chosen(*item.second.user); });
    std::erase_if(by_age_, [&](const age& a) { return !sessions_.contains(a.id); });
  }

 private:
  struct entry {
    std::shared_ptr<const metrc_user> user;
    steady_time ends;
  };
  struct age {
    std::string id;
    steady_time ends;
  };

  std::chrono::seconds ttl_;
  std::size_t capacity_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, entry> sessions_;
  std::deque<age> by_age_;
};

}  // namespace t3api::sandbox

#endif
