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
#include <t3api/detail/wipe.hpp>
#include <t3api/sandbox/keys/database.hpp>
#include <t3api/sandbox/keys/key_record.hpp>
#include <t3api/sandbox/keys/key_ring.hpp>
#include <t3api/sandbox/keys/vault.hpp>
#include <t3api/sandbox/metrc/stored_credentials.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// The secret keys of a service: opaque UUIDs, each with the credentials it was made from, sealed. Nobody can
/// read a key again after `make`, as only its keyed hash is kept. Any number of threads may share it, and any
/// number of services with the same ring may share the database. Throws `database_error`.
class secret_keys {
 public:
  secret_keys(std::shared_ptr<key_database> database, std::shared_ptr<key_ring_source> ring)
      : database_(std::move(database)),
        ring_(std::move(ring)),
        hash_key_(ring_->ring()->derived("hashes of secret keys")),
        vault_(ring_) {}

  /// A new key for credentials that Metrc has just accepted. `login` is their name among logins.
  secret make(const stored_credentials& credentials, std::string_view login, wall_time now) {
    secret key(detail::make_uuid());
    key_record record{.id = detail::make_uuid(),
                      .key_hash = hash(key.reveal()),
                      .owner = {credentials.hostname, credentials.username},
                      .login = std::string(login),
                      .created_at = now};
    record.credentials = vault_.seal(credentials, record);
    database_->add(record);
    keep_up_with_rotation(credentials, record);
    return key;
  }

  /// What is known of a key, or nothing. The time it takes tells nothing about how much of a wrong key was
  /// right, as only hashes under a key that the caller cannot know are compared. Throws `vault_error` when
  /// the record is not as it was made.
  std::optional<key_record> find(std::string_view key) const {
    std::string text = detail::to_lower(detail::trim(key));
    const std::string key_hash = hash(text);
    detail::wipe(text);
    auto record = database_->find(key_hash);
    if (record)
      record = with_newest(*std::move(record), [this](const key_record& r) { vault_.check_record(r); });
    return record;
  }

  /// The credentials behind a key; nothing when it was deleted meanwhile and does not open any more. Throws
  /// `vault_error`.
  std::optional<stored_credentials> credentials(const key_record& record) const {
    std::optional<stored_credentials> opened;
    with_newest(record, [&](const key_record& r) { opened = vault_.open(r); });
    return opened;
  }

  /// The keys of a user, the oldest first.
  std::vector<key_record> of(const key_owner& owner) const { return database_->of(owner); }

  /// Ends the key of a user with that id: no `find` that starts after this gives it, here or in any service
  /// that shares the database. False when the user has none such.
  bool erase(std::string_view id, const key_owner& owner) { return database_->erase(id, owner); }

  /// Notes that Metrc refused the credentials of a key at that time: all keys made from them until then are
  /// of no use any more. Those made later are, as Metrc has accepted the credentials again.
  void disable(const key_record& record, wall_time refused_at) {
    database_->disable(record.login, refused_at);
  }

  /// Notes that a call which came at `when` got in with the key.
  void used(const key_record& record, wall_time when) { database_->set_last_used(record, when); }

 private:
  std::string hash(std::string_view key) const { return detail::hmac_sha256(hash_key_.reveal(), key); }

  /// A rotation that began while the record was on its way into the database may have missed it. A ring that
  /// changes after this look changes after the record was there to be found.
  void keep_up_with_rotation(const stored_credentials& credentials, key_record& record) {
    while (ring_->fresh_ring()->current().id != record.credentials.ring_id) {
      auto renewed = vault_.seal(credentials, record);
      if (!database_->replace_credentials(record.id, record.credentials, renewed)) return;
      record.credentials = std::move(renewed);
    }
  }

  /// What `use` was done with: the record, or the one in the database when a rotation has put it under a key
  /// that outlives the one of `record`. Nothing when it was erased meanwhile and its key is gone too.
  template <class Use>
  std::optional<key_record> with_newest(key_record record, const Use& use) const {
    for (;;) {
      try {
        use(record);
        return record;
      } catch (const vault_error&) {
        auto now = database_->find(record.key_hash);
        if (now && now->credentials.bytes == record.credentials.bytes) throw;
        if (!now) return std::nullopt;
        record = *std::move(now);
      }
    }
  }

  const std::shared_ptr<key_database> database_;
  const std::shared_ptr<key_ring_source> ring_;
  const secret hash_key_;
  const vault vault_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
