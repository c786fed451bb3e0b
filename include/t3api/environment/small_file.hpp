#ifndef T3API_ENVIRONMENT_SMALL_FILE_HPP
#define T3API_ENVIRONMENT_SMALL_FILE_HPP

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <t3api/core/result.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/wipe.hpp>
#include <t3api/native/input_file.hpp>

namespace t3api::inline v0_1_0::detail {

/// A string that is overwritten when it goes.
class wiped_string {
 public:
  explicit wiped_string(std::string text) noexcept : text_(std::move(text)) {}
  ~wiped_string() { wipe(text_); }
  wiped_string(const wiped_string&) = delete;
  wiped_string& operator=(const wiped_string&) = delete;

  std::string& operator*() noexcept { return text_; }
  std::string* operator->() noexcept { return &text_; }

 private:
  std::string text_;
};

/// What a small file holds, and who may use it.
struct small_file {
  std::string bytes;
  file_access access;
};

/// The bytes of a regular file, or nothing when there is none at `path`. No more than `limit` bytes and one
/// are ever read; every buffer but the returned one, which never lies within the string, is overwritten.
inline result<std::optional<small_file>> read_small_file(const std::string& path, std::size_t limit) {
  const std::string name = printable(path, 100);
  const auto failed = [&name](int code) {
    return argument_error(name + " cannot be read (" + std::generic_category().message(code) +
                          "): mend the file or its permissions, or move it away");
  };
  if (path.find('\0') != path.npos)
    return argument_error(name + " is no path of a file: it holds a NUL byte");

  input_file file(path);
  switch (file.what()) {
    case input_file::kind::regular: break;
    case input_file::kind::missing: return std::optional<small_file>();
    case input_file::kind::unreadable: return failed(file.failure());
    case input_file::kind::directory:
      return argument_error(name +
                            " is a directory: put a file of KEY=VALUE lines in its place, or move it away");
    case input_file::kind::special:
      return argument_error(name + " is a pipe or device: put a file of KEY=VALUE lines in its place");
  }

  wiped_string bytes(std::string((std::min)(limit + 1, std::size_t{4096}), '\0'));
  for (std::size_t used = 0;;) {
    if (used > limit) {
      return argument_error(name + " is larger than " + std::to_string(limit) +
                            " bytes: leave only settings in it, one KEY=VALUE a line");
    }
    if (used == bytes->size()) {
      wiped_string larger(std::string((std::min)(2 * used, limit + 1), '\0'));
      bytes->copy(larger->data(), used);
      bytes->swap(*larger);
    }
    std::size_t count = 0;
    if (!file.read(bytes->data() + used, bytes->size() - used, count)) return failed(file.failure());
    if (count == 0) {
      bytes->resize(used);
      return std::optional<small_file>({std::move(*bytes), file.access()});
    }
    used += count;
  }
}

}  // namespace t3api::inline v0_1_0::detail

#endif
