#ifndef T3API_SANDBOX_KEYS_MEMORY_DATABASE_HPP
#define T3API_SANDBOX_KEYS_MEMORY_DATABASE_HPP

#include <algorithm>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <t3api/sandbox/keys/database.hpp>

namespace t3api::sandbox {

/// Records in the memory of this process; they end with it.
class memory_key_database final : public key_database {
 public:
  void add(const key_record& record) override {
    const std::scoped_lock lock(mutex_);
    const auto [place, fresh] = records_.emplace(record.id, record);
    if (!fresh || !by_hash_.emplace(record.key_hash, &place->second).second) {
      if (fresh) records_.erase(place);
      throw database_error("a secret key with this id or hash is there already: nothing was changed");
    }
    by_owner_[owner_name(record.owner)].push_back(&place->second);
    by_login_[record.login].push_back(&place->second);
  }

  std::optional<key_record> find(std::string_view key_hash) override {
    const std::shared_lock lock(mutex_);
    const auto found = by_hash_.find(std::string(key_hash));
    return found == by_hash_.end() ? std::nullopt : std::optional(*found->second);
  }

  std::vector<key_record> of(const key_owner& owner) override {
    std::vector<key_record> owned;
    const std::shared_lock lock(mutex_);
    const auto found = by_owner_.find(owner_name(owner));
    if (found == by_owner_.end()) return owned;
    for (const auto* record : found->second) owned.push_back(*record);
    return owned;
  }

  bool erase(std::string_view id, const key_owner& owner) override {
    const std::scoped_lock lock(mutex_);
    const auto found = records_.find(id);
    if (found == records_.end() || found->second.owner != owner) return false;
    by_hash_.erase(found->second.key_hash);
    remove(by_owner_, owner_name(owner), &found->second);
    remove(by_login_, found->second.login, &found->second);
    records_.erase(found);
    return true;
  }

  void set_last_used(const key_record& record, wall_time when) override {
    const std::scoped_lock lock(mutex_);
    const auto found = records_.find(record.id);
    if (found == records_.end()) return;
    auto& last = found->second.last_used_at;
    if (!last || *last < when) last = when;
  }

  void disable(std::string_view login) override {
    const std::scoped_lock lock(mutex_);
    const auto found = by_login_.find(std::string(login));
    if (found == by_login_.end()) return;
    for (auto* record : found->second) record->is_enabled = false;
  }

  std::vector<key_record> not_under(std::string_view ring_id, std::string_view after,
                                    std::size_t most) override {
    std::vector<key_record> found;
    const std::shared_lock lock(mutex_);
    for (auto at = records_.upper_bound(after); at != records_.end() && found.size() < most; ++at) {
      if (at->second.credentials.ring_id != ring_id) found.push_back(at->second);
    }
    return found;
  }

  bool replace_credentials(std::string_view id, const sealed_credentials& old,
                           const sealed_credentials& renewed) override {
    const std::scoped_lock lock(mutex_);
    const auto found = records_.find(id);
    if (found == records_.end() || found->second.credentials.bytes != old.bytes) return false;
    found->second.credentials = renewed;
    return true;
  }

 private:
  using index = std::unordered_map<std::string, std::vector<key_record*>>;

  static std::string owner_name(const key_owner& owner) { return owner.hostname + "\n" + owner.username; }

  static void remove(index& from, const std::string& name, const key_record* record) {
    const auto found = from.find(name);
    std::erase(found->second, record);
    if (found->second.empty()) from.erase(found);
  }

  mutable std::shared_mutex mutex_;
  std::map<std::string, key_record, std::less<>> records_;
  std::unordered_map<std::string, key_record*> by_hash_;
  index by_owner_;
  index by_login_;
};

}  // namespace t3api::sandbox

#endif
