#ifndef T3API_SANDBOX_KEYS_SQLITE_CONNECTION_HPP
#define T3API_SANDBOX_KEYS_SQLITE_CONNECTION_HPP

#include <sqlite3.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/sandbox/keys/database.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// What SQLite could not do, in one sentence.
struct sqlite_error : database_error {
  sqlite_error(const std::string& file, int result_code, int system_code)
      : database_error(sentence("the key database '" + file + "'", result_code, system_code)),
        code(result_code) {}

  bool is_constraint() const noexcept { return (code & 0xff) == SQLITE_CONSTRAINT; }

  int code;  ///< SQLite's extended result code.

 private:
  static bool is_no_room(int system_code) {
#ifdef EDQUOT
    if (system_code == EDQUOT) return true;
#endif
    return system_code == ENOSPC;
  }

  static std::string sentence(const std::string& which, int result_code, int system_code) {
    const int kind = result_code & 0xff;
    const bool from_system = kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN;
    if (kind == SQLITE_FULL || (from_system && is_no_room(system_code))) {
      return "the disk is full on which " + which + " is: nothing was changed; make room there";
    }
    switch (kind) {
      case SQLITE_IOERR:
        return which + " cannot be read or written, as its disk reports an error (SQLite's code " +
               std::to_string(result_code) + "): nothing was changed; look at the disk";
      case SQLITE_CORRUPT:
      case SQLITE_NOTADB:
      case SQLITE_ERROR:  // Our statements fit our tables: they are not there.
      case SQLITE_SCHEMA:
      case SQLITE_FORMAT:
        return which +
               " is damaged: nothing was changed; put a backup in its place, or move it away to begin "
               "with an empty one";
      case SQLITE_READONLY:
      case SQLITE_CANTOPEN:
      case SQLITE_PERM:
      case SQLITE_AUTH:
        return which +
               " cannot be opened to read and write: nothing was changed; check that the user who runs "
               "this has the rights to do so, on the file and on its folder";
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
      case SQLITE_PROTOCOL:
        return "another process holds " + which + " for too long: nothing was changed; try again";
      default: return which + " failed (" + sqlite3_errstr(result_code) + "): nothing was changed";
    }
  }
};

/// A connection to one SQLite file, for one thread at a time. Everything throws `sqlite_error`.
class sqlite_connection {
 public:
  /// The file must be there. Nothing is written or locked before the first statement.
  explicit sqlite_connection(std::string file) : file_(std::move(file)) {
    constexpr int how = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(file_.c_str(), &handle_, how, nullptr);
    if (code == SQLITE_OK) return;
    const sqlite_error failure = error(code);
    sqlite3_close_v2(handle_);
    throw failure;
  }
  sqlite_connection(const sqlite_connection&) = delete;
  sqlite_connection& operator=(const sqlite_connection&) = delete;
  ~sqlite_connection() { sqlite3_close_v2(handle_); }

  const std::string& file() const noexcept { return file_; }
  sqlite3* handle() const noexcept { return handle_; }

  /// How long to wait for another process or connection.
  void wait_for_others(std::chrono::milliseconds at_most) {
    sqlite3_busy_timeout(handle_, static_cast<int>(at_most.count()));
  }

  /// Runs statements that give no rows, or whose rows are of no interest.
  void run(const char* sql) { check_code(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr)); }

  /// Nothing that the file holds, such as a trigger that somebody put there, is run.
  void distrust_file() {
    check_code(sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr));
    check_code(sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr));
    check_code(sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr));
    check_code(sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr));
    run("PRAGMA cell_size_check = ON");
  }

  /// The first bytes of the file as they lie there, without a lock. Throws when there are fewer.
  std::string first_bytes(int size) const {
    std::string bytes(static_cast<std::size_t>(size), '\0');
    sqlite3_file* opened = nullptr;
    check_code(sqlite3_file_control(handle_, "main", SQLITE_FCNTL_FILE_POINTER, &opened));
    const int code = opened->pMethods->xRead(opened, bytes.data(), size, 0);
    check_code(code == SQLITE_IOERR_SHORT_READ ? SQLITE_NOTADB : code);
    return bytes;
  }

  bool is_read_only() const { return sqlite3_db_readonly(handle_, "main") != 0; }

  /// Throws when the file is no longer where it was opened: another may be there by now, and what is written
  /// here would be lost.
  void check_place() {
    int moved = 0;
    sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (moved == 0) return;
    throw database_error("the key database '" + file_ +
                         "' was moved, replaced or deleted while in use: nothing was changed; put it back, "
                         "or start again");
  }

  /// Puts all of the write-ahead log into the file and empties the log, when nobody reads or writes.
  bool empty_log() noexcept {
    return sqlite3_wal_checkpoint_v2(handle_, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr) ==
           SQLITE_OK;
  }

  void check_code(int code) const {
    if (code != SQLITE_OK) throw error(code);
  }
  sqlite_error error(int code) const {
    return {file_, code, handle_ != nullptr ? sqlite3_system_errno(handle_) : 0};
  }

 private:
  const std::string file_;
  sqlite3* handle_ = nullptr;
};

/// A prepared statement. It must not outlive its connection.
class sqlite_statement {
 public:
  sqlite_statement(sqlite_connection& on, std::string_view sql) : on_(on) {
    on.check_code(sqlite3_prepare_v3(on.handle(), sql.data(), static_cast<int>(sql.size()),
                                     SQLITE_PREPARE_PERSISTENT, &handle_, nullptr));
  }
  sqlite_statement(const sqlite_statement&) = delete;
  sqlite_statement& operator=(const sqlite_statement&) = delete;
  ~sqlite_statement() { sqlite3_finalize(handle_); }

 private:
  friend class sqlite_run;

  sqlite_connection& on_;
  sqlite3_stmt* handle_ = nullptr;
};

/// One run of a statement: its parameters in their order, then its rows. What is bound must outlive the run;
/// its transaction ends with it.
class sqlite_run {
 public:
  explicit sqlite_run(sqlite_statement& of) : on_(of.on_), handle_(of.handle_) {}
  sqlite_run(const sqlite_run&) = delete;
  sqlite_run& operator=(const sqlite_run&) = delete;
  ~sqlite_run() {
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
  }

  sqlite_run& text(std::string_view value) {
    return bound(sqlite3_bind_text64(handle_, ++last_, value.empty() ? "" : value.data(), value.size(),
                                     nullptr, SQLITE_UTF8));
  }
  sqlite_run& bytes(std::string_view value) {
    return bound(
        sqlite3_bind_blob64(handle_, ++last_, value.empty() ? "" : value.data(), value.size(), nullptr));
  }
  sqlite_run& number(std::int64_t value) { return bound(sqlite3_bind_int64(handle_, ++last_, value)); }
  sqlite_run& nothing() { return bound(sqlite3_bind_null(handle_, ++last_)); }

  /// Goes on to the next row; false when there is none, and what was written is committed.
  bool next() {
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) throw on_.error(code);
    return false;
  }

  /// Runs it to its end and gives how many rows it changed.
  std::int64_t changes() {
    while (next()) continue;
    return sqlite3_changes(on_.handle());
  }

  std::string text_at(int column) const {
    const auto* bytes = sqlite3_column_blob(handle_, column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
    return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
  }
  std::int64_t number_at(int column) const { return sqlite3_column_int64(handle_, column); }
  bool is_nothing_at(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }

 private:
  sqlite_run& bound(int code) {
    on_.check_code(code);
    return *this;
  }

  sqlite_connection& on_;
  sqlite3_stmt* handle_;
  int last_ = 0;
};

/// What a query gives first, as text.
inline std::string first_of(sqlite_connection& on, std::string_view sql) {
  sqlite_statement statement(on, sql);
  sqlite_run run(statement);
  return run.next() ? run.text_at(0) : std::string();
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
