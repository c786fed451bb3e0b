#ifndef T3API_NATIVE_INPUT_FILE_HPP
#define T3API_NATIVE_INPUT_FILE_HPP

#include <cerrno>
#include <cstddef>
#include <string>

#ifdef _WIN32
#include <cstdio>
#else
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace t3api::inline v0_1_0 {

/// Who may use a file besides its owner and the superuser.
enum class file_access {
  owner,          ///< Nobody.
  others_read,    ///< Others may read it.
  others_change,  ///< Others may write to it, or it is another user's.
};

namespace detail {

/// A file to read from its start to its end. What is no regular file is not read, and opening it never waits,
/// as a named pipe would have it.
class input_file {
 public:
  enum class kind { regular, missing, directory, special, unreadable };

  explicit input_file(const std::string& path) {
#ifdef _WIN32
    file_ = std::fopen(path.c_str(), "rb");
    if (file_ != nullptr) {
      kind_ = kind::regular;
    } else {
      note_failure();
    }
#else
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &info) != 0) {
      note_failure();
    } else if (S_ISREG(info.st_mode)) {
      kind_ = kind::regular;
      const bool foreign = info.st_uid != ::geteuid() && info.st_uid != 0;
      if ((info.st_mode & (S_IRGRP | S_IROTH)) != 0) access_ = file_access::others_read;
      if (foreign || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0) access_ = file_access::others_change;
    } else {
      kind_ = S_ISDIR(info.st_mode) ? kind::directory : kind::special;
    }
#endif
  }

  ~input_file() {
#ifdef _WIN32
    if (file_ != nullptr) std::fclose(file_);
#else
    if (descriptor_ >= 0) ::close(descriptor_);
#endif
  }
  input_file(const input_file&) = delete;
  input_file& operator=(const input_file&) = delete;

  kind what() const noexcept { return kind_; }

  /// By its mode and owner; `owner` where the system has no such modes.
  file_access access() const noexcept { return access_; }

  /// The `errno` of what failed last.
  int failure() const noexcept { return failure_; }

  /// Reads up to `size` bytes and says whether that went well; `got` is 0 at the end of the file.
  bool read(char* into, std::size_t size, std::size_t& got) noexcept {
#ifdef _WIN32
    got = std::fread(into, 1, size, file_);
    if (got > 0 || std::ferror(file_) == 0) return true;
#else
    while (true) {
      const auto count = ::read(descriptor_, into, size);
      got = count > 0 ? static_cast<std::size_t>(count) : 0;
      if (count >= 0) return true;
      if (errno != EINTR) break;
    }
#endif
    note_failure();
    return false;
  }

 private:
  void note_failure() noexcept {
    failure_ = errno;
    kind_ = failure_ == ENOENT ? kind::missing : kind::unreadable;
  }

#ifdef _WIN32
  std::FILE* file_ = nullptr;
#else
  int descriptor_ = -1;
#endif
  kind kind_ = kind::unreadable;
  file_access access_ = file_access::owner;
  int failure_ = 0;
};

}  // namespace detail
}  // namespace t3api::inline v0_1_0

#endif
