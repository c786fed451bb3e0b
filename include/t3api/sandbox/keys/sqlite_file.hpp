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

#include <t3api/detail/uuid.hpp>
#include <t3api/sandbox/keys/sqlite_connection.hpp>

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
