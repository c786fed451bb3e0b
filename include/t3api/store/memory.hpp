#ifndef T3API_STORE_MEMORY_HPP
#define T3API_STORE_MEMORY_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/clock.hpp>
#include <t3api/core/error.hpp>
#include <t3api/core/result.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/per_process.hpp>
#include <t3api/store/concept.hpp>
#include <t3api/store/lifetime.hpp>

namespace t3api::inline v0_1_0 {

/// A store in the memory of this process; copies share what they keep, and no operation fails. What has
/// expired goes as new things come, so that memory is bounded by what is alive at a time. A forked child
/// begins with an empty store of its own.
class memory_store {
 public:
  /// Lives and leases are counted on `time`.
  explicit memory_store(std::shared_ptr<t3api::clock> time = std::make_shared<real_clock>())
      : shared_(std::make_shared<process_contents>([time] { return std::make_unique<contents>(time); })) {}

  result<std::optional<stored_value>> get(std::string_view key) { return shared_->get().get(key); }

  std::optional<error> put(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
    shared_->get().put(key, value, ttl);
    return std::nullopt;
  }

  std::optional<error> erase(std::string_view key) {
    shared_->get().erase(key);
    return std::nullopt;
  }

  result<bool> claim(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl) {
    return shared_->get().claim(key, owner, ttl);
  }

  std::optional<error> release(std::string_view key, std::string_view owner) {
    shared_->get().release(key, owner);
    return std::nullopt;
  }

  /// How much is held at the moment, values and claims together, expired ones that have not gone yet too.
  std::size_t size() const { return shared_->get().size(); }

 private:
  struct entry {
    secret text;
    steady_time end;
  };
  using entries = std::map<std::string, entry, std::less<>>;

  class contents {
   public:
    explicit contents(std::shared_ptr<t3api::clock> time) : clock_(std::move(time)) {}

    std::optional<stored_value> get(std::string_view key) {
      const std::scoped_lock lock(mutex_);
      const auto now = clock_->now();
      const auto found = find_live(values_, key, now);
      if (found == values_.end()) return std::nullopt;
      return stored_value{
          .value = std::string(found->second.text.reveal()),
          .time_left = std::chrono::floor<std::chrono::milliseconds>(found->second.end - now)};
    }

    void put(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
      if (ttl <= std::chrono::milliseconds::zero()) return erase(key);
      const std::scoped_lock lock(mutex_);
      keep(values_, key, value, ttl);
    }

    void erase(std::string_view key) {
      const std::scoped_lock lock(mutex_);
      const auto found = values_.find(key);
      if (found != values_.end()) values_.erase(found);
    }

    bool claim(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl) {
      const std::scoped_lock lock(mutex_);
      if (find_live(claims_, key, clock_->now()) != claims_.end()) return false;
      keep(claims_, key, owner, ttl);
      return true;
    }

    void release(std::string_view key, std::string_view owner) {
      const std::scoped_lock lock(mutex_);
      const auto found = find_live(claims_, key, clock_->now());
      if (found != claims_.end() && found->second.text.reveal() == owner) claims_.erase(found);
    }

    std::size_t size() const {
      const std::scoped_lock lock(mutex_);
      return values_.size() + claims_.size();
    }

   private:
    static entries::iterator find_live(entries& in, std::string_view key, steady_time now) {
      const auto found = in.find(key);
      if (found == in.end() || found->second.end > now) return found;
      in.erase(found);
      return in.end();
    }

    void keep(entries& in, std::string_view key, std::string_view text, std::chrono::milliseconds ttl) {
      const auto now = clock_->now();
      if (values_.size() + claims_.size() >= sweep_at_) sweep(now);
      in.insert_or_assign(std::string(key), entry{secret(text), now + detail::kept_lifetime(ttl)});
    }

    // Each sweep waits until there is twice as much as the last one left, so it costs little for each entry.
    void sweep(steady_time now) {
      const auto expired = [now](const auto& held) { return held.second.end <= now; };
      std::erase_if(values_, expired);
      std::erase_if(claims_, expired);
      sweep_at_ = (std::max)(smallest_sweep, 2 * (values_.size() + claims_.size()));
    }

    static constexpr std::size_t smallest_sweep = 32;

    const std::shared_ptr<t3api::clock> clock_;
    mutable std::mutex mutex_;
    entries values_;
    entries claims_;
    std::size_t sweep_at_ = smallest_sweep;
  };
  using process_contents = detail::per_process<contents>;

  std::shared_ptr<process_contents> shared_;
};

static_assert(store<memory_store>);

}  // namespace t3api::inline v0_1_0

#endif
