#ifndef T3API_SANDBOX_KEYS_MEMORY_DATABASE_HPP
#define T3API_SANDBOX_KEYS_MEMORY_DATABASE_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include <t3api/sandbox/keys/database.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Records in the memory of this process; they end with it.
class memory_key_database final : public key_database {
 public:
  /// Keeps a new record, as long as this object lives.
  void add(const key_record& record) override {
    const std::scoped_lock lock(mutex_);
    if (records_.contains(record.id) || by_hash_.contains(record.key_hash)) {
      throw database_error("a secret key with this id or hash is there already: nothing was changed");
    }
    auto& place =
        records_.try_emplace(record.id, row{.record = record, .number = ++last_number_}).first->second;
    try {
      by_hash_.emplace(place.record.key_hash, &place);
      by_owner_.insert(&place);
      by_login_.insert(&place);
    } catch (...) {
      forget(place);
      throw;
    }
  }

  std::optional<key_record> find(std::string_view key_hash) override {
    const std::shared_lock lock(mutex_);
    const auto found = by_hash_.find(key_hash);
    return found == by_hash_.end() ? std::nullopt : std::optional(found->second->record);
  }

  std::vector<key_record> of(const key_owner& owner) override {
    std::vector<key_record> owned;
    const std::shared_lock lock(mutex_);
    for (auto at = by_owner_.lower_bound(owner); at != by_owner_.end() && (*at)->record.owner == owner;
         ++at) {
      owned.push_back((*at)->record);
    }
    return owned;
  }

  bool erase(std::string_view id, const key_owner& owner) override {
    const std::scoped_lock lock(mutex_);
    const auto found = records_.find(id);
    if (found == records_.end() || found->second.record.owner != owner) return false;
    forget(found->second);
    return true;
  }

  void set_last_used(const key_record& record, wall_time when) override {
    const std::scoped_lock lock(mutex_);
    const auto found = records_.find(record.id);
    if (found == records_.end()) return;
    auto& last = found->second.record.last_used_at;
    if (!last || *last < when) last = when;
  }

  void disable(std::string_view login, wall_time made_until) override {
    const std::scoped_lock lock(mutex_);
    for (auto at = by_login_.lower_bound(login); at != by_login_.end() && (*at)->record.login == login;
         ++at) {
      if ((*at)->record.created_at <= made_until) (*at)->record.is_enabled = false;
    }
  }

  std::vector<key_record> not_under(std::string_view ring_id, std::string_view after,
                                    std::size_t most) override {
    std::vector<key_record> found;
    const std::shared_lock lock(mutex_);
    for (auto at = records_.upper_bound(after); at != records_.end() && found.size() < most; ++at) {
      if (at->second.record.credentials.ring_id != ring_id) found.push_back(at->second.record);
    }
    return found;
  }

  bool replace_credentials(std::string_view id, const sealed_credentials& old,
                           const sealed_credentials& renewed) override {
    const std::scoped_lock lock(mutex_);
    const auto found = records_.find(id);
    if (found == records_.end() || found->second.record.credentials.bytes != old.bytes) return false;
    found->second.record.credentials = renewed;
    return true;
  }

 private:
  struct row {
    key_record record;
    std::uint64_t number;  ///< In the order in which records came.
  };

  struct owner_order {
    using is_transparent = void;
    static auto age(const row& r) {
      return std::tie(r.record.owner.hostname, r.record.owner.username, r.record.created_at, r.number);
    }
    static auto name(const key_owner& o) { return std::tie(o.hostname, o.username); }

    bool operator()(const row* a, const row* b) const { return age(*a) < age(*b); }
    bool operator()(const row* a, const key_owner& b) const { return name(a->record.owner) < name(b); }
    bool operator()(const key_owner& a, const row* b) const { return name(a) < name(b->record.owner); }
  };

  struct login_order {
    using is_transparent = void;
    bool operator()(const row* a, const row* b) const {
      return std::tie(a->record.login, a->number) < std::tie(b->record.login, b->number);
    }
    bool operator()(const row* a, std::string_view b) const { return a->record.login < b; }
    bool operator()(std::string_view a, const row* b) const { return a < b->record.login; }
  };

  /// Takes a record out, from whichever index it is in.
  void forget(row& gone) {
    by_login_.erase(&gone);
    by_owner_.erase(&gone);
    by_hash_.erase(gone.record.key_hash);
    records_.erase(records_.find(gone.record.id));
  }

  mutable std::shared_mutex mutex_;
  std::map<std::string, row, std::less<>> records_;
  // These name rows, and parts of them that never change, where they lie.
  std::unordered_map<std::string_view, row*> by_hash_;
  std::set<row*, owner_order> by_owner_;
  std::set<row*, login_order> by_login_;
  std::uint64_t last_number_ = 0;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
