#ifndef T3API_NATIVE_KEY_FILE_HPP
#define T3API_NATIVE_KEY_FILE_HPP

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

#include <t3api/native/private_file.hpp>

#ifndef _WIN32
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace t3api::inline v0_1_0::detail {

/// Tells one state of a file from the next.
struct file_stamp {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t seconds = 0, nanoseconds = 0, changed_seconds = 0, changed_nanoseconds = 0;

  friend bool operator==(const file_stamp&, const file_stamp&) = default;
};

/// A file of keys that its owner alone may use: read whole, and replaced whole, so that whoever reads it sees
/// either the old text or the new one, also when the machine stops in between. Throws std::runtime_error,
/// which gives the reason without the path. Not for more than one thread at once.
class key_file {
 public:
  enum class purpose {
    read,
    change,  ///< Keeps other `change`s of the same path waiting until this object goes.
  };

  /// Refuses what is a symbolic link, no regular file, someone else's, or open to the group or others.
  key_file(std::string path, purpose why) : path_(std::move(path)) {
#ifdef _WIN32
    static_cast<void>(why);
    throw std::runtime_error("files of one owner alone are not supported on this system");
#else
    if (path_.empty() || path_.find('\0') != path_.npos) {
      throw std::runtime_error("its path is empty or holds a NUL");
    }
    file_.open(path_, (why == purpose::read ? O_RDONLY : O_RDWR) | O_NONBLOCK);
    if (why == purpose::change) lock();
    if (const std::string fault = private_file_fault(file_.number); !fault.empty()) {
      throw std::runtime_error(fault);
    }
#endif
  }

  key_file(const key_file&) = delete;
  key_file& operator=(const key_file&) = delete;

  file_stamp stamp() const {
#ifdef _WIN32
    return {};
#else
    struct stat info {};
    demand(::fstat(file_.number, &info) == 0);
    return {.device = static_cast<std::uint64_t>(info.st_dev),
            .inode = static_cast<std::uint64_t>(info.st_ino),
            .size = static_cast<std::uint64_t>(info.st_size),
#ifdef __APPLE__
            .seconds = info.st_mtimespec.tv_sec,
            .nanoseconds = info.st_mtimespec.tv_nsec,
            .changed_seconds = info.st_ctimespec.tv_sec,
            .changed_nanoseconds = info.st_ctimespec.tv_nsec
#else
            .seconds = info.st_mtim.tv_sec,
            .nanoseconds = info.st_mtim.tv_nsec,
            .changed_seconds = info.st_ctim.tv_sec,
            .changed_nanoseconds = info.st_ctim.tv_nsec
#endif
    };
#endif
  }

  /// The whole text, for the caller to overwrite; no other copy is left, except of a text above the limit.
  std::string read(std::size_t limit) const {
    std::string text;
#ifndef _WIN32
    text.resize(limit + 1);
    std::size_t used = 0;
    while (used < text.size()) {
      const auto got =
          ::pread(file_.number, text.data() + used, text.size() - used, static_cast<off_t>(used));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      used += static_cast<std::size_t>(got);
    }
    if (used > limit) throw std::runtime_error("it is larger than " + std::to_string(limit) + " bytes");
    text.resize(used);
#else
    static_cast<void>(limit);
#endif
    return text;
  }

  /// Puts another text in the place of this one; it is on the disk when this returns. Only with
  /// `purpose::change`, and once.
  void replace(std::string_view text) {
#ifndef _WIN32
    const std::string beside = path_ + ".new";
    ::unlink(
        beside.c_str());  // What a run that was cut has left: nobody else is at work, this one has the lock.
    write_new(beside, text);
    demand(::rename(beside.c_str(), path_.c_str()) == 0);
    sync_folder_of(path_);
#else
    static_cast<void>(text);
#endif
  }

  /// Makes a file with mode 0600; it is on the disk when this returns. Refuses a path where something is.
  static void create(const std::string& path, std::string_view text) {
#ifdef _WIN32
    static_cast<void>(path);
    static_cast<void>(text);
    throw std::runtime_error("files of one owner alone are not supported on this system");
#else
    if (path.empty() || path.find('\0') != path.npos) {
      throw std::runtime_error("its path is empty or holds a NUL");
    }
    write_new(path, text);
    sync_folder_of(path);
#endif
  }

  /// Waits until the names in the folder of a file are on the disk.
  static void sync_folder_of(const std::string& path) {
#ifndef _WIN32
    const auto slash = path.rfind('/');
    const std::string folder = slash == path.npos ? "." : path.substr(0, slash + 1);
    opened opened_folder;
    opened_folder.open(folder, O_RDONLY | O_DIRECTORY);
    demand(::fsync(opened_folder.number) == 0 || errno == EINVAL);  // Some file systems cannot, and need not.
#else
    static_cast<void>(path);
#endif
  }

 private:
#ifndef _WIN32
  struct opened {
    int number = -1;

    opened() = default;
    opened(const opened&) = delete;
    opened& operator=(const opened&) = delete;
    ~opened() { close(); }

    void open(const std::string& path, int how, mode_t mode = 0) {
      close();
      do {
        number = ::open(path.c_str(), how | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, mode);
      } while (number < 0 && errno == EINTR);
      if (number < 0) throw std::runtime_error(private_open_failure(errno));
    }
    void close() noexcept {
      if (number >= 0) ::close(number);
      number = -1;
    }
  };

  static void demand(bool done) {
    if (!done) throw std::runtime_error(private_open_failure(errno));
  }

  /// The lock belongs to the file that was opened, and another may have taken its place meanwhile.
  void lock() {
    for (;;) {
      while (::flock(file_.number, LOCK_EX) != 0) demand(errno == EINTR);
      struct stat mine {};
      struct stat there {};
      demand(::fstat(file_.number, &mine) == 0 && ::lstat(path_.c_str(), &there) == 0);
      if (mine.st_ino == there.st_ino && mine.st_dev == there.st_dev) return;
      file_.open(path_, O_RDWR | O_NONBLOCK);
    }
  }

  static void write_new(const std::string& path, std::string_view text) {
    opened file;
    file.open(path, O_WRONLY | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
    try {
      demand(::fchmod(file.number, S_IRUSR | S_IWUSR) == 0);  // A umask may have taken too much.
      for (std::size_t done = 0; done < text.size();) {
        const auto written = ::write(file.number, text.data() + done, text.size() - done);
        demand(written > 0 || (written < 0 && errno == EINTR));
        if (written > 0) done += static_cast<std::size_t>(written);
      }
      demand(::fsync(file.number) == 0);
    } catch (...) {
      ::unlink(path.c_str());
      throw;
    }
  }

  opened file_;
#endif
  std::string path_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
