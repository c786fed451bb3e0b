#ifndef T3API_SANDBOX_SECRET_KEYS_HPP
#define T3API_SANDBOX_SECRET_KEYS_HPP

#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <t3api/core/secret.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/crypto.hpp>
#include <t3api/detail/uuid.hpp>
#include <t3api/sandbox/kept_login.hpp>
#include <t3api/sandbox/metrc.hpp>

namespace t3api::sandbox {

/// The secret keys of a running sandbox: opaque UUIDs, each bound to the credentials it was made from. Holds
/// a keyed hash of each key and never the key, which nobody can read again after `make`. Any number of
/// threads may share it.
template <metrc_upstream Metrc>
class secret_keys {
 public:
  /// A new key for credentials that Metrc has just accepted.
  secret make(std::shared_ptr<kept_login<Metrc>> login) {
    secret key(detail::make_uuid());
    const std::scoped_lock lock(mutex_);
    logins_.emplace(hash(key.reveal()), std::move(login));
    return key;
  }

  /// The credentials behind a key, or null. The time it takes tells nothing about how much of a wrong key was
  /// right, as only hashes under a key that the caller cannot know are compared.
  std::shared_ptr<kept_login<Metrc>> find(std::string_view key) const {
    const std::string name = hash(detail::to_lower(detail::trim(key)));
    const std::shared_lock lock(mutex_);
    const auto found = logins_.find(name);
    return found == logins_.end() ? nullptr : found->second;
  }

 private:
  std::string hash(std::string_view key) const { return detail::hmac_sha256(hash_key_, key); }

  std::string hash_key_ = detail::random_bytes(32);
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<kept_login<Metrc>>> logins_;
};

}  // namespace t3api::sandbox

#endif
