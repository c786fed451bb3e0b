#ifndef T3API_SANDBOX_KEYS_SQLITE_ROWS_HPP
#define T3API_SANDBOX_KEYS_SQLITE_ROWS_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/core/clock.hpp>
#include <t3api/sandbox/keys/database.hpp>
#include <t3api/sandbox/keys/key_record.hpp>
#include <t3api/sandbox/keys/sqlite_connection.hpp>
#include <t3api/sandbox/keys/sqlite_file.hpp>

namespace t3api::inline v0_1_0::sandbox {

namespace sqlite_rows_detail {

/// Times are kept as nanoseconds since 1970.
inline std::int64_t to_number(wall_time when) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch()).count();
}

inline wall_time to_time(std::int64_t number) {
  return wall_time(std::chrono::duration_cast<wall_time::duration>(std::chrono::nanoseconds(number)));
}

inline constexpr std::string_view find =
    "SELECT id, key_hash, hostname, username, login, created_at, last_used_at, is_enabled, ring_id, sealed "
    "FROM keys WHERE key_hash = ?";
inline constexpr std::string_view find_of =
    "SELECT id, key_hash, hostname, username, login, created_at, last_used_at, is_enabled, ring_id, sealed "
    "FROM keys WHERE hostname = ? AND username = ? ORDER BY created_at, rowid";
inline constexpr std::string_view find_not_under =
    "SELECT id, key_hash, hostname, username, login, created_at, last_used_at, is_enabled, ring_id, sealed "
    "FROM keys INDEXED BY keys_by_ring WHERE id > ? AND ring_id <> ? ORDER BY id LIMIT ?";

inline key_record record_at(const sqlite_run& row) {
  return {.id = row.text_at(0),
          .key_hash = row.text_at(1),
          .owner = {.hostname = row.text_at(2), .username = row.text_at(3)},
          .login = row.text_at(4),
          .created_at = to_time(row.number_at(5)),
          .last_used_at =
              row.is_nothing_at(6) ? std::nullopt : std::optional<wall_time>(to_time(row.number_at(6))),
          .is_enabled = row.number_at(7) != 0,
          .credentials = {.ring_id = row.text_at(8), .bytes = row.text_at(9)}};
}

inline std::vector<key_record> records_of(sqlite_run& rows) {
  std::vector<key_record> records;
  while (rows.next()) records.push_back(record_at(rows));
  return records;
}

}  // namespace sqlite_rows_detail

/// Reads records over a connection of its own. Each read sees all that was committed before it.
class sqlite_key_reader {
 public:
  sqlite_key_reader(const std::string& file, std::chrono::milliseconds patience)
      : connection_(connect_to_key_file(file, patience, "PRAGMA query_only = ON")),
        find_(*connection_, sqlite_rows_detail::find),
        of_(*connection_, sqlite_rows_detail::find_of),
        not_under_(*connection_, sqlite_rows_detail::find_not_under) {}

  std::optional<key_record> find(std::string_view key_hash) {
    connection_->check_place();
    sqlite_run rows(find_);
    rows.bytes(key_hash);
    return rows.next() ? std::optional(sqlite_rows_detail::record_at(rows)) : std::nullopt;
  }

  std::vector<key_record> of(const key_owner& owner) {
    connection_->check_place();
    sqlite_run rows(of_);
    return sqlite_rows_detail::records_of(rows.text(owner.hostname).text(owner.username));
  }

  std::vector<key_record> not_under(std::string_view ring_id, std::string_view after, std::size_t most) {
    connection_->check_place();
    sqlite_run rows(not_under_);
    return sqlite_rows_detail::records_of(
        rows.text(after).text(ring_id).number(static_cast<std::int64_t>(most)));
  }

 private:
  const std::unique_ptr<sqlite_connection> connection_;
  sqlite_statement find_, of_, not_under_;
};

/// Changes records over a connection of its own. Each change is one transaction, on the disk when it returns.
class sqlite_key_writer {
 public:
  sqlite_key_writer(const std::string& file, std::chrono::milliseconds patience)
      : connection_(connect_to_key_file(file, patience, "PRAGMA synchronous = FULL")),
        add_(*connection_, "INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        erase_(*connection_, "DELETE FROM keys WHERE id = ? AND hostname = ? AND username = ?"),
        disable_(*connection_,
                 "UPDATE keys SET is_enabled = 0 WHERE login = ? AND created_at <= ? AND is_enabled <> 0"),
        replace_(*connection_, "UPDATE keys SET ring_id = ?, sealed = ? WHERE id = ? AND sealed = ?") {}

  void add(const key_record& record) {
    connection_->check_place();
    sqlite_run insert(add_);
    insert.text(record.id).bytes(record.key_hash).text(record.owner.hostname).text(record.owner.username);
    insert.bytes(record.login).number(sqlite_rows_detail::to_number(record.created_at));
    if (record.last_used_at) {
      insert.number(sqlite_rows_detail::to_number(*record.last_used_at));
    } else {
      insert.nothing();
    }
    insert.number(record.is_enabled ? 1 : 0).text(record.credentials.ring_id).bytes(record.credentials.bytes);
    try {
      insert.changes();
    } catch (const sqlite_error& failure) {
      if (!failure.is_constraint()) throw;
      throw database_error("a secret key with this id or hash is there already: nothing was changed");
    }
  }

  bool erase(std::string_view id, const key_owner& owner) {
    connection_->check_place();
    sqlite_run removal(erase_);
    return removal.text(id).text(owner.hostname).text(owner.username).changes() > 0;
  }

  void disable(std::string_view login, wall_time made_until) {
    connection_->check_place();
    sqlite_run(disable_).bytes(login).number(sqlite_rows_detail::to_number(made_until)).changes();
  }

  bool replace_credentials(std::string_view id, const sealed_credentials& old,
                           const sealed_credentials& renewed) {
    connection_->check_place();
    sqlite_run update(replace_);
    return update.text(renewed.ring_id).bytes(renewed.bytes).text(id).bytes(old.bytes).changes() > 0;
  }

 private:
  const std::unique_ptr<sqlite_connection> connection_;
  sqlite_statement add_, erase_, disable_, replace_;
};

/// Writes what need not be durable over a connection of its own, which once it is open waits for nobody.
class sqlite_key_notes {
 public:
  sqlite_key_notes(const std::string& file, std::chrono::milliseconds patience)
      : connection_(connect_to_key_file(file, patience, "PRAGMA synchronous = NORMAL")),
        begin_(*connection_, "BEGIN IMMEDIATE"),
        used_(*connection_,
              "UPDATE keys SET last_used_at = ?2 WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at < "
              "?2)"),
        commit_(*connection_, "COMMIT") {
    connection_->wait_for_others(std::chrono::milliseconds::zero());
  }

  /// Writes down by their ids when keys were last used; false when it cannot be done at once.
  bool write(const std::map<std::string, wall_time>& uses) noexcept {
    try {
      connection_->check_place();
      sqlite_run(begin_).changes();
      for (const auto& [id, when] : uses) {
        sqlite_run(used_).text(id).number(sqlite_rows_detail::to_number(when)).changes();
      }
      sqlite_run(commit_).changes();
      return true;
    } catch (const std::exception&) {
      sqlite3_exec(connection_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
      return false;
    }
  }

  bool empty_log() noexcept { return connection_->empty_log(); }

 private:
  const std::unique_ptr<sqlite_connection> connection_;
  sqlite_statement begin_, used_, commit_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
