// t3api 0.1.0: <t3api/sandbox/keys/sqlite_database.hpp>, on top of <t3api/t3api_sandbox.hpp>, in one file. Made by tools/amalgamate; change the parts.
//
// MIT License
//
// Copyright (c) 2026 The t3api authors
//
// Permission is hereby granted, free of charge, to any person obtaining a copy
// of this software and associated documentation files (the "Software"), to deal
// in the Software without restriction, including without limitation the rights
// to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
// copies of the Software, and to permit persons to whom the Software is
// furnished to do so, subject to the following conditions:
//
// The above copyright notice and this permission notice shall be included in all
// copies or substantial portions of the Software.
//
// THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
// IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
// FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
// AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
// LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
// OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
// SOFTWARE.
//
// Parts:
//   t3api/sandbox/keys/sqlite_database.hpp
//   t3api/version.hpp
//   t3api/native/process.hpp
//   t3api/sandbox/keys/sqlite_file.hpp
//   t3api/sandbox/keys/sqlite_connection.hpp
//   t3api/sandbox/keys/sqlite_last_uses.hpp
//   t3api/sandbox/keys/sqlite_rows.hpp
//   t3api/sandbox/keys/sqlite_readers.hpp

#ifndef T3API_VERSION_HPP
#define T3API_VERSION_HPP

#if __cplusplus < 202002L && (!defined(_MSVC_LANG) || _MSVC_LANG < 202002L)
#error "t3api needs C++20: add the compiler option -std=c++20, or with CMake link t3api::t3api, which does"
#include <C++20>  // No file: the compiler stops here, and not after a thousand other errors.
#endif
#ifndef __cpp_exceptions
#error "t3api needs exceptions: take the compiler option -fno-exceptions away"
#include <exceptions>  // No file, as above.
#endif

#include <string_view>

/// The version of the library: macros for the preprocessor, constants for everything else. The build reads it
/// here.
#define T3API_VERSION_MAJOR 0
#define T3API_VERSION_MINOR 1
#define T3API_VERSION_PATCH 0

#define T3API_DETAIL_QUOTE(x) #x
#define T3API_DETAIL_DOTTED(x, y, z) T3API_DETAIL_QUOTE(x) "." T3API_DETAIL_QUOTE(y) "." T3API_DETAIL_QUOTE(z)

namespace t3api::inline v0_1_0 {

inline constexpr int version_major = T3API_VERSION_MAJOR;  ///< Above 0 the interface changes with it alone.
inline constexpr int version_minor = T3API_VERSION_MINOR;  ///< New things; below 1.0.0 changes too.
inline constexpr int version_patch = T3API_VERSION_PATCH;  ///< Corrections.

/// "major.minor.patch".
inline constexpr std::string_view version_string =
    T3API_DETAIL_DOTTED(T3API_VERSION_MAJOR, T3API_VERSION_MINOR, T3API_VERSION_PATCH);

}  // namespace t3api::inline v0_1_0

#undef T3API_DETAIL_DOTTED
#undef T3API_DETAIL_QUOTE

#endif  // T3API_VERSION_HPP

// Outside of the guard: here another version in the same file shows.
#if T3API_VERSION_MAJOR != 0 || T3API_VERSION_MINOR != 1 || T3API_VERSION_PATCH != 0
#error \
    "two versions of t3api meet in one file: include one of them here and the other in another file; one program may have both"
#include <one version of t3api>  // No file: the compiler stops here.
#endif

#ifndef T3API_SANDBOX_KEYS_SQLITE_DATABASE_HPP
#define T3API_SANDBOX_KEYS_SQLITE_DATABASE_HPP

#include <t3api/t3api_sandbox.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#ifndef T3API_NATIVE_PROCESS_HPP
#define T3API_NATIVE_PROCESS_HPP

#include <cstdint>

#ifdef _WIN32
#include <process.h>
#else
#include <unistd.h>
#endif

namespace t3api::inline v0_1_0::detail {

/// The system's number for this process; a forked child has another one than its parent.
inline std::int64_t current_process_id() noexcept {
#ifdef _WIN32
  return static_cast<std::int64_t>(::_getpid());
#else
  return static_cast<std::int64_t>(::getpid());
#endif
}

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_SANDBOX_KEYS_SQLITE_FILE_HPP
#define T3API_SANDBOX_KEYS_SQLITE_FILE_HPP

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#ifdef _WIN32
#include <fstream>
#else
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

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

namespace t3api::inline v0_1_0::sandbox {

namespace sqlite_file_detail {

/// By these two numbers in its head a file is known as ours: "T3kd", and the number of the format.
inline constexpr std::uint32_t application_id = 0x54336B64;
inline constexpr std::uint32_t format = 1;

inline constexpr const char* make_tables = R"(
  BEGIN;
  CREATE TABLE keys (
    id TEXT NOT NULL PRIMARY KEY,
    key_hash BLOB NOT NULL UNIQUE,
    hostname TEXT NOT NULL,
    username TEXT NOT NULL,
    login BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    is_enabled INTEGER NOT NULL,
    ring_id TEXT NOT NULL,
    sealed BLOB NOT NULL
  ) STRICT;
  CREATE INDEX keys_by_owner ON keys (hostname, username, created_at);
  CREATE INDEX keys_by_login ON keys (login);
  CREATE INDEX keys_by_ring ON keys (id, ring_id);
  PRAGMA application_id = 1412655972;
  PRAGMA user_version = 1;
  COMMIT;
)";

inline database_error cannot_be_made(const std::string& what, const std::error_code& why) {
  return database_error(what + " cannot be made: " + why.message() +
                        "; check that the folder above is there and that the user who runs this may write "
                        "to it");
}

/// What a folder lists must outlive a loss of power.
inline void keep_entries(const std::filesystem::path& folder) {
#ifdef _WIN32
  static_cast<void>(folder);
#else
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
#endif
}

/// Makes the folder, for its owner alone, when it is not there.
inline void make_folder(const std::filesystem::path& folder) {
  std::error_code why;
  if (std::filesystem::is_directory(folder, why)) return;
#ifdef _WIN32
  std::filesystem::create_directory(folder, why);
#else
  if (::mkdir(folder.c_str(), S_IRWXU) != 0) why.assign(errno, std::generic_category());
#endif
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    throw cannot_be_made("the folder '" + folder.string() + "'", why);
  }
  keep_entries(folder / "..");
}

/// Makes an empty file, for its owner alone; false when it cannot be.
inline bool make_private(const std::string& file) {
#ifdef _WIN32
  return std::ofstream(file).good();
#else
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  return descriptor >= 0 && ::close(descriptor) == 0;
#endif
}

inline void make_tables_in(const std::string& file) {
  sqlite_connection on(file);
  on.run("PRAGMA synchronous = FULL");
  on.run("PRAGMA journal_mode = MEMORY");  // A draft that fails is thrown away.
  on.run(make_tables);
  if (first_of(on, "PRAGMA journal_mode = WAL") == "wal") return;
  throw database_error("the file system of the key database '" + file +
                       "' does not let processes share memory: name a data folder on a local disk");
}

/// Makes a database without records beside `file` and, once it is on the disk as a whole, gives it that name,
/// unless somebody was faster. A draft that a killed process leaves behind, `keys.sqlite3.new-…`, is of no
/// use.
inline void make_database(const std::string& file) {
  const std::string draft = file + ".new-" + detail::make_uuid();
  struct removal {
    ~removal() {
      std::error_code ignored;
      for (const char* end : {"", "-journal", "-wal", "-shm"}) std::filesystem::remove(name + end, ignored);
    }
    const std::string& name;
  } const removed{draft};
  const bool made = make_private(draft);
  std::error_code why(errno, std::generic_category());
  if (!made) throw cannot_be_made("the key database '" + file + "'", why);
  make_tables_in(draft);
  std::filesystem::create_hard_link(draft, file, why);
  if (why && why != std::errc::file_exists) throw cannot_be_made("the key database '" + file + "'", why);
  keep_entries(std::filesystem::path(file).parent_path());
}

/// Throws unless the two numbers are ours.
inline void check_format(const sqlite_connection& on, std::uint32_t id, std::uint32_t version) {
  if (id != application_id) {
    throw database_error("the file '" + on.file() +
                         "' is another program's: nothing was written to it; name another data folder, or "
                         "move the file away");
  }
  if (version == format) return;
  throw database_error("the key database '" + on.file() + "' has the format " + std::to_string(version) +
                       ", and this program knows " + std::to_string(format) +
                       " only: nothing was written to it; run the version that made it");
}

/// Looks at the head of a file without the locks and the recovery with which SQLite would write to it and
/// beside it. Throws when it is not ours. (https://www.sqlite.org/fileformat.html#the_database_header)
inline void check_head(sqlite_connection& on) {
  const std::string head = on.first_bytes(100);
  const auto number_at = [&](std::size_t at) {
    std::uint32_t number = 0;
    for (const char c : head.substr(at, 4)) number = number << 8 | static_cast<unsigned char>(c);
    return number;
  };
  if (head.substr(0, 16) != std::string_view("SQLite format 3\0", 16)) throw on.error(SQLITE_NOTADB);
  check_format(on, number_at(68), number_at(60));
}

}  // namespace sqlite_file_detail

/// A connection to a file that is ours, set up by one more pragma. With `synchronous = FULL` a commit is on
/// the disk before it is acknowledged; `NORMAL` is for what may be lost with the power. Deleted bytes are
/// overwritten with zeros.
inline std::unique_ptr<sqlite_connection> connect_to_key_file(const std::string& file,
                                                              std::chrono::milliseconds patience,
                                                              const char* pragma) {
  auto made = std::make_unique<sqlite_connection>(file);
  made->wait_for_others(patience);
  made->distrust_file();
  made->run(pragma);
  made->run("PRAGMA secure_delete = ON");
  return made;
}

/// Makes the folder (mode 0700, in a folder that is there) and in it the file `keys.sqlite3` (mode 0600) when
/// they are missing, and gives the path of the file. Throws `database_error` when it is damaged, another
/// program's or of another format; nothing is written to it then.
inline std::string ready_key_file(const std::string& folder, std::chrono::milliseconds patience) {
  namespace steps = sqlite_file_detail;
  if (folder.empty() || folder.find('\0') != folder.npos) {
    throw database_error("the path of the data folder is empty or holds a NUL: name a folder");
  }
  const auto place = std::filesystem::absolute(folder);
  steps::make_folder(place);
  const std::string file = (place / "keys.sqlite3").string();
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) steps::make_database(file);
  if (!std::filesystem::is_regular_file(file, ignored)) {
    throw database_error("the key database '" + file +
                         "' is no file but something else: name another data folder, or move it away");
  }
  sqlite_connection connection(file);
  steps::check_head(connection);
  if (connection.is_read_only()) throw connection.error(SQLITE_READONLY);
  connection.wait_for_others(patience);
  connection.distrust_file();
  const auto number = [&](std::string_view pragma) {
    return static_cast<std::uint32_t>(std::stoul(first_of(connection, pragma)));
  };
  steps::check_format(connection, number("PRAGMA application_id"), number("PRAGMA user_version"));
  if (first_of(connection, "PRAGMA quick_check(1)") != "ok") throw connection.error(SQLITE_CORRUPT);
  return file;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_KEYS_SQLITE_LAST_USES_HPP
#define T3API_SANDBOX_KEYS_SQLITE_LAST_USES_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>

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

namespace t3api::inline v0_1_0::sandbox {

/// When keys were last used, on the way into the database. Nobody waits for it and nobody fails by it: what
/// cannot be written at once, as another process writes or the disk is full, is written with what comes next.
/// At most once a minute a key. Any number of threads may share it.
class sqlite_last_uses {
 public:
  sqlite_last_uses(const std::string& file, std::chrono::milliseconds patience) : notes_(file, patience) {}
  sqlite_last_uses(const sqlite_last_uses&) = delete;
  sqlite_last_uses& operator=(const sqlite_last_uses&) = delete;
  ~sqlite_last_uses() { write(); }

  void add(const key_record& record, wall_time when) {
    if (record.last_used_at && when < *record.last_used_at + std::chrono::minutes(1)) return;
    {
      const std::scoped_lock lock(mutex_);
      if (waiting_.size() < most_waiting) {
        auto& last = waiting_.try_emplace(record.id, when).first->second;
        last = (std::max)(last, when);
      }
    }
    write();
  }

  /// Writes what waits. A thread that comes while another writes leaves it to that one.
  void write() noexcept {
    while (has_waiting()) {
      const std::unique_lock writing(writing_, std::try_to_lock);
      if (!writing || !write_waiting()) return;
    }
  }

  /// Takes what was deleted out of the write-ahead log too, unless somebody is at it now: then the next time
  /// does it.
  void empty_log() noexcept {
    const std::unique_lock writing(writing_, std::try_to_lock);
    if (writing) notes_.empty_log();
  }

 private:
  static constexpr std::size_t most_waiting = 10'000;

  bool has_waiting() noexcept {
    const std::scoped_lock lock(mutex_);
    return !waiting_.empty();
  }

  bool write_waiting() noexcept {
    std::map<std::string, wall_time> uses;
    {
      const std::scoped_lock lock(mutex_);
      uses.swap(waiting_);
    }
    if (notes_.write(uses)) return true;
    const std::scoped_lock lock(mutex_);
    waiting_.merge(uses);
    return false;
  }

  std::mutex writing_;
  sqlite_key_notes notes_;
  std::mutex mutex_;
  std::map<std::string, wall_time> waiting_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_KEYS_SQLITE_READERS_HPP
#define T3API_SANDBOX_KEYS_SQLITE_READERS_HPP

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>


namespace t3api::inline v0_1_0::sandbox {

/// A few readers for any number of threads, made when they are needed.
class sqlite_key_readers {
 public:
  /// Opens the first.
  sqlite_key_readers(std::string file, std::chrono::milliseconds patience, std::size_t most)
      : file_(std::move(file)), patience_(patience), most_((std::max)(most, std::size_t{1})) {
    idle_.reserve(most_);
    const borrowed first(*this);
  }

  /// Asks a reader that is this thread's for as long as it takes. Throws `database_error`.
  template <class Question>
  std::invoke_result_t<Question, sqlite_key_reader&> ask(const Question& question) {
    const borrowed one(*this);
    return question(*one.reader);
  }

 private:
  struct borrowed {
    explicit borrowed(sqlite_key_readers& from) : of(from) {
      std::unique_lock lock(of.mutex_);
      of.returned_.wait(lock, [&] { return !of.idle_.empty() || of.made_ < of.most_; });
      if (of.idle_.empty()) {
        ++of.made_;
        lock.unlock();
        open();
      } else {
        reader = std::move(of.idle_.back());
        of.idle_.pop_back();
      }
    }
    borrowed(const borrowed&) = delete;
    borrowed& operator=(const borrowed&) = delete;
    ~borrowed() {
      {
        const std::scoped_lock lock(of.mutex_);
        of.idle_.push_back(std::move(reader));
      }
      of.returned_.notify_one();
    }

    /// Without the lock: a slow disk must not hold up those that have a reader.
    void open() try { reader = std::make_unique<sqlite_key_reader>(of.file_, of.patience_); } catch (...) {
      {
        const std::scoped_lock lock(of.mutex_);
        --of.made_;
      }
      of.returned_.notify_one();
      throw;
    }

    sqlite_key_readers& of;
    std::unique_ptr<sqlite_key_reader> reader;
  };

  const std::string file_;
  const std::chrono::milliseconds patience_;
  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<sqlite_key_reader>> idle_;
  std::size_t made_ = 0;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// How a `sqlite_key_database` works.
struct sqlite_options {
  /// How long a call waits while others write before it fails.
  std::chrono::milliseconds patience{5000};
  /// How many threads read at once; further ones wait for a turn, which takes microseconds.
  std::size_t readers = 8;
};

/// Records in the SQLite file `keys.sqlite3` of a data folder; needs SQLite (CMake: the component `sqlite`).
/// All processes of one machine that open it behave as one; the file must lie on a local disk. What a call
/// changed is on the disk when it returns, and is seen by every read that starts afterwards in any of them.
/// Reads do not wait for writes.
///
/// A forked child must not use what its parent opened, nor open the same file while its parent has it open:
/// fork first, then open. In such a child every member throws, and the object leaves the file alone.
class sqlite_key_database final : public key_database {
 public:
  /// Opens the database of a folder, and makes folder (mode 0700, in a folder that is there) and file (mode
  /// 0600) when they are missing. The rights of what is there stay as they are. Throws `database_error` when
  /// it cannot be used; a file that is damaged, another program's or of a newer format is not written to.
  static std::shared_ptr<sqlite_key_database> open(const std::string& folder, sqlite_options options = {}) {
    if (sqlite3_threadsafe() == 0) {
      throw database_error("this SQLite was built for one thread: use one that was built with threads");
    }
    std::string file = ready_key_file(folder, options.patience);
    return std::shared_ptr<sqlite_key_database>(new sqlite_key_database(std::move(file), options));
  }

  ~sqlite_key_database() override {
    if (is_forked()) static_cast<void>(open_.release());
  }

  /// The path of the file.
  const std::string& file() const noexcept { return file_; }

  /// Keeps a new record.
  void add(const key_record& record) override {
    write([&](sqlite_key_writer& writer) { writer.add(record); });
  }

  std::optional<key_record> find(std::string_view key_hash) override {
    return read([&](sqlite_key_reader& reader) { return reader.find(key_hash); });
  }

  std::vector<key_record> of(const key_owner& owner) override {
    return read([&](sqlite_key_reader& reader) { return reader.of(owner); });
  }

  /// Overwrites what it removes with zeros in the file, and takes it out of the write-ahead log at the next
  /// moment at which nobody reads or writes, which it tries at once.
  bool erase(std::string_view id, const key_owner& owner) override {
    const bool erased = write([&](sqlite_key_writer& writer) { return writer.erase(id, owner); });
    if (erased) open_->uses.empty_log();
    return erased;
  }

  void set_last_used(const key_record& record, wall_time when) override {
    check_process();
    open_->uses.add(record, when);
  }

  void disable(std::string_view login, wall_time made_until) override {
    write([&](sqlite_key_writer& writer) { writer.disable(login, made_until); });
  }

  std::vector<key_record> not_under(std::string_view ring_id, std::string_view after,
                                    std::size_t most) override {
    return read([&](sqlite_key_reader& reader) { return reader.not_under(ring_id, after, most); });
  }

  bool replace_credentials(std::string_view id, const sealed_credentials& old,
                           const sealed_credentials& renewed) override {
    return write([&](sqlite_key_writer& writer) { return writer.replace_credentials(id, old, renewed); });
  }

 private:
  struct connections {
    connections(const std::string& file, const sqlite_options& options)
        : readers(file, options.patience, options.readers),
          writer(file, options.patience),
          uses(file, options.patience) {}

    sqlite_key_readers readers;
    detail::timed_lock writing;
    sqlite_key_writer writer;
    sqlite_last_uses uses;
  };

  sqlite_key_database(std::string file, sqlite_options options)
      : file_(std::move(file)),
        options_(options),
        process_(detail::current_process_id()),
        open_(std::make_unique<connections>(file_, options_)) {}

  bool is_forked() const noexcept { return detail::current_process_id() != process_; }

  void check_process() const {
    if (is_forked()) {
      throw database_error("the key database '" + file_ +
                           "' was opened before this process was forked: nothing was changed; fork first, "
                           "then open it");
    }
  }

  template <class Change>
  std::invoke_result_t<Change, sqlite_key_writer&> write(const Change& change) {
    check_process();
    if (!open_->writing.try_lock_for(options_.patience)) throw sqlite_error(file_, SQLITE_BUSY, 0);
    const std::unique_ptr<detail::timed_lock, unlocker> locked(&open_->writing);
    return change(open_->writer);
  }

  template <class Question>
  std::invoke_result_t<Question, sqlite_key_reader&> read(const Question& question) {
    check_process();
    return open_->readers.ask(question);
  }

  struct unlocker {
    void operator()(detail::timed_lock* lock) const { lock->unlock(); }
  };

  const std::string file_;
  const sqlite_options options_;
  const std::int64_t process_;
  std::unique_ptr<connections> open_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
