#ifndef T3API_SANDBOX_KEYS_DATABASE_HPP
#define T3API_SANDBOX_KEYS_DATABASE_HPP

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <t3api/core/clock.hpp>
#include <t3api/sandbox/keys/key_record.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// A key database that could not do what it was asked. The message is one sentence for people, without a
/// secret; nothing was changed.
struct database_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Where the records of secret keys are kept. Any number of threads, and where the kind of database allows it
/// any number of processes, use it at once. What changes something is durable and seen by all when it
/// returns. Every member throws `database_error`.
class key_database {
 public:
  key_database() = default;
  key_database(const key_database&) = delete;
  key_database& operator=(const key_database&) = delete;
  virtual ~key_database() = default;

  /// Keeps a new record.
  virtual void add(const key_record& record) = 0;
  /// The record with that hash, or nothing. What it costs does not grow with the number of records.
  virtual std::optional<key_record> find(std::string_view key_hash) = 0;
  /// The records of an owner, the oldest first.
  virtual std::vector<key_record> of(const key_owner& owner) = 0;
  /// Removes a record of that owner; false when there is none such.
  virtual bool erase(std::string_view id, const key_owner& owner) = 0;
  /// Sets when a key was last used, unless a later time is there already; nothing when the record is gone. A
  /// database to which a write is dear may leave out what is less than a minute after `record.last_used_at`,
  /// and may write it later, as no call waits for it or fails by it.
  virtual void set_last_used(const key_record& record, wall_time when) = 0;
  /// Sets `is_enabled` to false for all records with these credentials that were created at `made_until` or
  /// before.
  virtual void disable(std::string_view login, wall_time made_until) = 0;

  /// At most `most` records that are not sealed under the key `ring_id`, with ids above `after`, in the order
  /// of their ids.
  virtual std::vector<key_record> not_under(std::string_view ring_id, std::string_view after,
                                            std::size_t most) = 0;
  /// Puts new sealed credentials in the place of `old`; false, and nothing is changed, when the record is
  /// gone or has others by now.
  virtual bool replace_credentials(std::string_view id, const sealed_credentials& old,
                                   const sealed_credentials& renewed) = 0;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
