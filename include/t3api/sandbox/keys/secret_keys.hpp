#ifndef T3API_SANDBOX_KEYS_SECRET_KEYS_HPP
#define T3API_SANDBOX_KEYS_SECRET_KEYS_HPP

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/core/clock.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/crypto.hpp>
#include <t3api/detail/uuid.hpp>
#include <t3api/sandbox/keys/database.hpp>
#include <t3api/sandbox/keys/key_record.hpp>
#include <t3api/sandbox/keys/key_ring.hpp>
#include <t3api/sandbox/keys/vault.hpp>
#include <t3api/sandbox/metrc/stored_credentials.hpp>

namespace t3api::sandbox {

/// The secret keys of a service: opaque UUIDs, each with the credentials it was made from, sealed. Nobody can
/// read a key again after `make`, as only its keyed hash is kept. Any number of threads may share it, and any
/// number of services with the same ring may share the database. Throws `database_error`.
class secret_keys {
 public:
  secret_keys(std::shared_ptr<key_database> database, std::shared_ptr<key_ring_source> ring)
      : database_(std::move(database)),
        hash_key_(ring->ring()->derived("hashes of secret keys")),
        vault_(std::move(ring)) {}

  /// A new key for credentials that Metrc has just accepted. `login` is their name among logins.
  secret make(const stored_credentials& credentials, std::string_view login, wall_time now) {
    secret key(detail::make_uuid());
    key_record record{.id = detail::make_uuid(),
                      .key_hash = hash(key.reveal()),
                      .owner = {credentials.hostname, credentials.username},
                      .login = std::string(login),
                      .created_at = now};
    record.credentials = vault_.seal(credentials, record.id, record.owner);
    database_->add(record);
    return key;
  }

  /// What is known of a key, or nothing. The time it takes tells nothing about how much of a wrong key was
  /// right, as only hashes under a key that the caller cannot know are compared.
  std::optional<key_record> find(std::string_view key) const {
    return database_->find(hash(detail::to_lower(detail::trim(key))));
  }

  /// The credentials behind a key. Throws `vault_error`.
  stored_credentials credentials(const key_record& record) const {
    return vault_.open(record.credentials, record.id, record.owner);
  }

  /// The keys of a user, the oldest first.
  std::vector<key_record> of(const key_owner& owner) const { return database_->of(owner); }

  /// Ends the key of a user with that id: no `find` that starts after this gives it, here or in any service
  /// that shares the database. False when the user has none such.
  bool erase(std::string_view id, const key_owner& owner) { return database_->erase(id, owner); }

  /// Notes that Metrc refused the credentials: all keys made from them are of no use any more.
  void disable(const key_record& record) { database_->disable(record.login); }

  /// Notes that a call which came at `when` got in with the key.
  void used(const key_record& record, wall_time when) { database_->set_last_used(record, when); }

 private:
  std::string hash(std::string_view key) const { return detail::hmac_sha256(hash_key_.reveal(), key); }

  const std::shared_ptr<key_database> database_;
  const secret hash_key_;
  const vault vault_;
};

}  // namespace t3api::sandbox

#endif
