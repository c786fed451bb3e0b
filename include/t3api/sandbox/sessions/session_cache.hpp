#ifndef T3API_SANDBOX_SESSIONS_SESSION_CACHE_HPP
#define T3API_SANDBOX_SESSIONS_SESSION_CACHE_HPP

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/clock.hpp>
#include <t3api/store/any.hpp>
#include <t3api/store/memory.hpp>

namespace t3api::sandbox {

/// Where a service remembers the ids of its Metrc sessions, by names of its own: in this process and, when
/// there is a store that other services share, there too. A store that fails costs what only it knew; Metrc
/// alone says whether a session is still open. Any number of threads may share it.
class session_cache {
 public:
  session_cache(std::shared_ptr<t3api::clock> clock, std::optional<any_store> shared)
      : near_(std::move(clock)), shared_(std::move(shared)) {}

  /// What this process remembers.
  std::optional<std::string> near(std::string_view name) {
    auto kept = near_.get(name);
    if (!kept || !*kept) return std::nullopt;
    return std::move((*kept)->value);
  }

  /// What any of the services remembers.
  std::optional<std::string> shared(std::string_view name) {
    if (!shared_) return near(name);
    auto kept = shared_->get(name);
    if (!kept) return near(name);
    if (!*kept) return std::nullopt;
    near_.put(name, (*kept)->value, (*kept)->time_left);
    return std::move((*kept)->value);
  }

  void put(std::string_view name, std::string_view value, std::chrono::milliseconds ttl) {
    near_.put(name, value, ttl);
    if (shared_) shared_->put(name, value, ttl);
  }

  /// Takes a name for `owner` until `release`, or for `lease`, unless another service has it. Without a store
  /// to ask there is nobody to wait for.
  bool claim(std::string_view name, std::string_view owner, std::chrono::milliseconds lease) {
    if (!shared_) return true;
    const auto taken = shared_->claim(name, owner, lease);
    return !taken || *taken;
  }
  void release(std::string_view name, std::string_view owner) {
    if (shared_) shared_->release(name, owner);
  }

 private:
  memory_store near_;
  std::optional<any_store> shared_;
};

}  // namespace t3api::sandbox

#endif
