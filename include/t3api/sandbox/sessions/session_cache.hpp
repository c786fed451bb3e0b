#ifndef T3API_SANDBOX_SESSIONS_SESSION_CACHE_HPP
#define T3API_SANDBOX_SESSIONS_SESSION_CACHE_HPP

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/clock.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/seal.hpp>
#include <t3api/sandbox/sessions/near_memory.hpp>
#include <t3api/store/any.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Where a service remembers the ids of its Metrc sessions, by names of its own: in this process and, when
/// there is a store that other services share, there too, sealed. A store that fails costs what only it knew,
/// and what somebody put there who does not have the key is not there at all; Metrc alone says whether a
/// session is still open. Any number of threads may share it.
class session_cache {
 public:
  /// How much a process remembers, so that endless logins cannot exhaust its memory.
  static constexpr std::size_t most_remembered = 100'000;

  /// `key` has 32 bytes and is the same for all who share the store.
  session_cache(std::shared_ptr<t3api::clock> clock, std::optional<any_store> shared, secret key,
                std::size_t capacity = most_remembered)
      : near_(std::move(clock), capacity), shared_(std::move(shared)), key_(std::move(key)) {}

  /// What this process remembers.
  std::optional<std::string> nearby(std::string_view name) { return near_.get(name); }

  /// What the services remember together; what this one does when there is no store, or when it fails.
  std::optional<std::string> shared(std::string_view name) {
    if (!shared_) return nearby(name);
    const auto kept = shared_->get(name);
    if (!kept) return nearby(name);
    if (!*kept) return std::nullopt;
    return detail::unseal(key_.reveal(), (*kept)->value, place_of(name));
  }

  /// Remembers something in this process alone.
  void put_near(std::string_view name, std::string_view value, std::chrono::milliseconds time) {
    near_.put(name, value, time);
  }
  /// Remembers something for all.
  void put(std::string_view name, std::string_view value, std::chrono::milliseconds time) {
    near_.put(name, value, time);
    if (shared_) shared_->put(name, detail::seal(key_.reveal(), value, place_of(name)), time);
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
  static std::string place_of(std::string_view name) { return "session cache/" + std::string(name); }

  near_memory near_;
  std::optional<any_store> shared_;
  const secret key_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
