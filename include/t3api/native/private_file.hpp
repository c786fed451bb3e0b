#ifndef T3API_NATIVE_PRIVATE_FILE_HPP
#define T3API_NATIVE_PRIVATE_FILE_HPP

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <system_error>

#ifndef _WIN32
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace t3api::inline v0_1_0::detail {

#ifndef _WIN32
/// Why a file could not be opened with O_NOFOLLOW, from its `errno`.
inline std::string private_open_failure(int code) {
  if (code == ELOOP) return "it is a symbolic link, which is not followed: name the file itself";
  return std::error_code(code, std::generic_category()).message();
}

/// Why a file is not a regular one of its owner alone; empty when it is.
inline std::string private_file_fault(const struct stat& info) {
  if (!S_ISREG(info.st_mode)) return "it is not a regular file";
  if (info.st_uid != ::geteuid()) return "it belongs to another user: name a file of your own";
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) == 0) return {};
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(info.st_mode & 07777U));
  return "others than its owner may use it (mode " + std::string(mode.data()) +
         "): run chmod 600 on it, or name a new file";
}

/// The same for an open file.
inline std::string private_file_fault(int descriptor) {
  struct stat info {};
  return ::fstat(descriptor, &info) == 0 ? private_file_fault(info) : private_open_failure(errno);
}
#endif

/// Why a file that is there already would be refused as a `private_file`; empty when it would not, and for a
/// directory or a path that cannot be reached, which opening tells.
inline std::string private_path_fault(const std::string& path) {
#ifdef _WIN32
  static_cast<void>(path);
  return "files of one owner alone are not supported on this system";
#else
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 || S_ISDIR(info.st_mode)) return {};
  return S_ISLNK(info.st_mode) ? private_open_failure(ELOOP) : private_file_fault(info);
#endif
}

/// Whether two paths name files in one folder, which is there.
inline bool in_same_folder(const std::string& one, const std::string& other) {
#ifdef _WIN32
  const auto folder_of = [](const std::string& path) { return path.substr(0, path.find_last_of("\\/") + 1); };
  return folder_of(one) == folder_of(other);
#else
  const auto look = [](const std::string& path, struct stat& info) {
    const auto folder = path.substr(0, path.rfind('/') + 1);
    return ::stat(folder.empty() ? "." : folder.c_str(), &info) == 0;
  };
  struct stat a {};
  struct stat b {};
  return look(one, a) && look(other, b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
#endif
}

/// A file that lines are appended to and that its owner alone may read. Child processes do not inherit it.
/// Not for more than one thread at once.
class private_file {
 public:
  /// Opens a file, or makes one with mode 0600. Throws std::runtime_error, which gives the reason without the
  /// path, when it cannot be opened or is a symbolic link, no regular file, someone else's, or open to the
  /// group or others.
  explicit private_file(const std::string& path) {
#ifdef _WIN32
    static_cast<void>(path);
    throw std::runtime_error("files of one owner alone are not supported on this system");
#else
    if (path.empty() || path.find('\0') != path.npos) {
      throw std::runtime_error("its path is empty or holds a NUL");
    }
    // O_NONBLOCK: a FIFO is refused below, without waiting for its reader.
    constexpr int how = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
    do {
      descriptor_ = ::open(path.c_str(), how, S_IRUSR | S_IWUSR);
    } while (descriptor_ < 0 && errno == EINTR);
    if (descriptor_ < 0) throw std::runtime_error(private_open_failure(errno));
    const std::string fault = private_file_fault(descriptor_);
    if (fault.empty()) return;
    ::close(descriptor_);
    throw std::runtime_error(fault);
#endif
  }

  ~private_file() {
#ifndef _WIN32
    ::close(descriptor_);
#endif
  }
  private_file(const private_file&) = delete;
  private_file& operator=(const private_file&) = delete;

  /// Appends a line, which ends in a line break, with one write; false when the system refuses, as for a full
  /// disk. The line after one that was cut begins on a line of its own.
  bool append(const std::string& line) noexcept {
#ifdef _WIN32
    return line.empty();
#else
    if (cut_ && ::write(descriptor_, "\n", 1) == 1) cut_ = false;
    if (cut_) return false;
    std::size_t done = 0;
    while (done < line.size()) {
      const auto written = ::write(descriptor_, line.data() + done, line.size() - done);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) break;
      done += static_cast<std::size_t>(written);
    }
    cut_ = done > 0 && done < line.size();
    return done == line.size();
#endif
  }

  int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_ = -1;
  bool cut_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
