#include <t3api/version.hpp>  // Outside of the guard: it refuses another version.

#ifndef T3API_SANDBOX_KEYS_SQLITE_DATABASE_HPP
#define T3API_SANDBOX_KEYS_SQLITE_DATABASE_HPP

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

#include <t3api/native/process.hpp>
#include <t3api/sandbox/keys/database.hpp>
#include <t3api/sandbox/keys/sqlite_file.hpp>
#include <t3api/sandbox/keys/sqlite_last_uses.hpp>
#include <t3api/sandbox/keys/sqlite_readers.hpp>
#include <t3api/sandbox/keys/sqlite_rows.hpp>
#include <t3api/store/timed_lock.hpp>

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
