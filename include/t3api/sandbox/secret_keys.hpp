#ifndef T3API_SANDBOX_SECRET_KEYS_HPP
#define T3API_SANDBOX_SECRET_KEYS_HPP

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <t3api/core/clock.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/crypto.hpp>
#include <t3api/detail/uuid.hpp>
#include <t3api/sandbox/kept_login.hpp>
#include <t3api/sandbox/metrc.hpp>

namespace t3api::sandbox {

/// All that is known of a secret key but the key itself. Any number of threads may share it.
template <metrc_upstream Metrc>
class secret_key_record {
 public:
  secret_key_record(std::shared_ptr<kept_login<Metrc>> login_, const metrc_user& owner, wall_time created_at_)
      : login(std::move(login_)),
        created_at(created_at_),
        owner_hostname_(owner.hostname),
        owner_username_(owner.username) {}

  bool belongs_to(const metrc_user& user) const noexcept {
    return owner_hostname_ == user.hostname && owner_username_ == user.username;
  }

  /// Notes that a call which came at `when` got in with the key. The last one counts, in whatever order the
  /// calls are done.
  void used(wall_time when) noexcept {
    auto last = last_used_at_.load();
    while (last < when && !last_used_at_.compare_exchange_weak(last, when)) {
    }
  }

  /// Nothing when it was never used.
  std::optional<wall_time> last_used_at() const noexcept {
    const auto last = last_used_at_.load();
    return last == never ? std::nullopt : std::optional(last);
  }

  const std::shared_ptr<kept_login<Metrc>> login;
  const std::string id = detail::make_uuid();  ///< Has nothing to do with the key, and opens nothing.
  const wall_time created_at;

 private:
  static constexpr wall_time never = (wall_time::min)();

  const std::string owner_hostname_;
  const std::string owner_username_;
  std::atomic<wall_time> last_used_at_ = never;
};

/// The secret keys of a running sandbox: opaque UUIDs, each bound to the credentials it was made from. Holds
/// a keyed hash of each key and never the key, which nobody can read again after `make`. Any number of
/// threads may share it.
template <metrc_upstream Metrc>
class secret_keys {
 public:
  using record = secret_key_record<Metrc>;

  /// A new key for credentials that Metrc has just accepted, and for whom.
  secret make(std::shared_ptr<kept_login<Metrc>> login, const metrc_user& owner, wall_time now) {
    secret key(detail::make_uuid());
    auto made = std::make_shared<record>(std::move(login), owner, now);
    const std::scoped_lock lock(mutex_);
    in_order_.push_back({hash(key.reveal()), made});
    by_hash_.emplace(in_order_.back().hash, std::move(made));
    return key;
  }

  /// What is known of a key, or null. The time it takes tells nothing about how much of a wrong key was
  /// right, as only hashes under a key that the caller cannot know are compared.
  std::shared_ptr<record> find(std::string_view key) const {
    const std::string name = hash(detail::to_lower(detail::trim(key)));
    const std::shared_lock lock(mutex_);
    const auto found = by_hash_.find(name);
    return found == by_hash_.end() ? nullptr : found->second;
  }

  /// The keys of a user, the oldest first.
  std::vector<std::shared_ptr<const record>> of(const metrc_user& owner) const {
    std::vector<std::shared_ptr<const record>> owned;
    const std::shared_lock lock(mutex_);
    for (const auto& kept : in_order_) {
      if (kept.key->belongs_to(owner)) owned.push_back(kept.key);
    }
    return owned;
  }

  /// Ends the key of a user with that id: no `find` that starts after this gives it. False when the user has
  /// none such. The credentials behind it go with the last key that needs them.
  bool erase(std::string_view id, const metrc_user& owner) {
    const std::scoped_lock lock(mutex_);
    const auto found = std::find_if(in_order_.begin(), in_order_.end(), [&](const entry& kept) {
      return kept.key->id == id && kept.key->belongs_to(owner);
    });
    if (found == in_order_.end()) return false;
    by_hash_.erase(found->hash);
    in_order_.erase(found);
    return true;
  }

 private:
  struct entry {
    std::string hash;
    std::shared_ptr<record> key;
  };

  std::string hash(std::string_view key) const { return detail::hmac_sha256(hash_key_, key); }

  std::string hash_key_ = detail::random_bytes(32);
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<record>> by_hash_;
  std::vector<entry> in_order_;
};

}  // namespace t3api::sandbox

#endif
