#ifndef T3API_SANDBOX_KEYS_SQLITE_FILE_HPP
#define T3API_SANDBOX_KEYS_SQLITE_FILE_HPP

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#ifdef _WIN32
#include <fstream>
#else
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include <t3api/detail/percent.hpp>
#include <t3api/sandbox/keys/sqlite_connection.hpp>

namespace t3api::sandbox {

namespace sqlite_file_detail {

/// By these two numbers in its head a file is known as ours: "T3kd", and the number of the format.
inline constexpr const char* application_id = "1412655972";
inline constexpr const char* format = "1";

inline constexpr const char* make_tables = R"(
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
)";

inline database_error cannot_be_made(const std::string& what, const std::error_code& why) {
  return database_error(what + " cannot be made: " + why.message() +
                        "; check that the folder above is there and that the user who runs this may write "
                        "to it");
}

/// Makes the folder, for its owner alone, when it is not there.
inline void make_folder(const std::string& folder) {
  std::error_code why;
  if (std::filesystem::is_directory(folder, why)) return;
#ifdef _WIN32
  std::filesystem::create_directory(folder, why);
  if (!std::filesystem::is_directory(folder)) throw cannot_be_made("the folder '" + folder + "'", why);
#else
  const bool made = ::mkdir(folder.c_str(), S_IRWXU) == 0;
  why.assign(errno, std::generic_category());
  if (!made && !std::filesystem::is_directory(folder)) {
    throw cannot_be_made("the folder '" + folder + "'", why);
  }
  // The folder must outlive a loss of power as its file does.
  const auto above = std::filesystem::absolute(folder).lexically_normal().parent_path();
  const int descriptor = ::open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor >= 0) {
    ::fsync(descriptor);
    ::close(descriptor);
  }
#endif
}

/// Makes an empty file, for its owner alone, when there is none.
inline void make_file(const std::string& file) {
#ifdef _WIN32
  std::ofstream(file, std::ios::app);
#else
#ifdef __linux__
  // Not open: whoever closes a descriptor of a file drops the locks that this process holds on it.
  const bool made = ::mknod(file.c_str(), S_IFREG | S_IRUSR | S_IWUSR, 0) == 0;
#else
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  const bool made = descriptor >= 0 && ::close(descriptor) == 0;
#endif
  const std::error_code why(errno, std::generic_category());
  if (!made && why != std::errc::file_exists) throw cannot_be_made("the key database '" + file + "'", why);
#endif
  std::error_code ignored;
  if (std::filesystem::is_regular_file(file, ignored)) return;
  throw database_error("the key database '" + file +
                       "' is no file but something else: name another data folder, or move it away");
}

/// Throws unless a connection's file is ours.
inline void check_format(sqlite_connection& on) {
  if (first_of(on, "PRAGMA application_id") != application_id) {
    throw database_error("the file '" + on.file() +
                         "' is another program's: nothing was written to it; name another data folder, or "
                         "move the file away");
  }
  const std::string found = first_of(on, "PRAGMA user_version");
  if (found == format) return;
  throw database_error("the key database '" + on.file() + "' has the format " + found +
                       ", and this program knows " + format +
                       " only: nothing was written to it; run the version that made it");
}

/// Looks at a file without locks and without writing, as SQLite otherwise might: the head of a file of ours
/// tells what it is before there can be a write-ahead log. True when it is empty. Throws when it is not ours.
inline bool is_new(const std::string& file) {
  std::string uri = "file:";
  detail::append_percent_encoded(uri, file, "/");
  uri += "?immutable=1";
  sqlite_connection look(uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, file);
  if (first_of(look, "PRAGMA page_count") == "0") return true;
  check_format(look);
  return false;
}

/// Makes the tables in an empty file, in one transaction, unless another process was faster.
inline void make_tables_in(sqlite_connection& on) {
  on.run("BEGIN IMMEDIATE");
  try {
    if (first_of(on, "SELECT count(*) FROM sqlite_schema") == "0") on.run(make_tables);
    on.run("COMMIT");
  } catch (...) {
    sqlite3_exec(on.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
}

}  // namespace sqlite_file_detail

/// A connection to a file that is ours, set up by one more pragma. With `synchronous = FULL` a commit is on
/// the disk before it is acknowledged; `NORMAL` is for what may be lost with the power. Deleted bytes are
/// overwritten with zeros.
inline std::unique_ptr<sqlite_connection> connect_to_key_file(const std::string& file,
                                                              std::chrono::milliseconds patience,
                                                              const char* pragma) {
  auto made = std::make_unique<sqlite_connection>(file, SQLITE_OPEN_READWRITE, file);
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
  steps::make_folder(folder);
  const std::string file = (std::filesystem::absolute(folder) / "keys.sqlite3").string();
  steps::make_file(file);
  const bool fresh = steps::is_new(file);
  const auto connection = connect_to_key_file(file, patience, "PRAGMA synchronous = FULL");
  if (connection->is_read_only()) throw connection->error(SQLITE_READONLY);
  if (fresh) steps::make_tables_in(*connection);
  steps::check_format(*connection);
  if (first_of(*connection, "PRAGMA quick_check(1)") != "ok") throw connection->error(SQLITE_CORRUPT);
  if (first_of(*connection, "PRAGMA journal_mode = WAL") != "wal") {
    throw database_error("the file system of the key database '" + file +
                         "' does not let processes share memory: name a data folder on a local disk");
  }
  return file;
}

}  // namespace t3api::sandbox

#endif
