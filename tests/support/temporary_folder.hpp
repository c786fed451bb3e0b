#ifndef T3API_TESTS_SUPPORT_TEMPORARY_FOLDER_HPP
#define T3API_TESTS_SUPPORT_TEMPORARY_FOLDER_HPP

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace t3api::test {

/// A folder of its own that goes when this object does.
class temporary_folder {
 public:
  temporary_folder() : temporary_folder(std::filesystem::temp_directory_path()) {}
  explicit temporary_folder(const std::filesystem::path& parent) {
    std::string name = (parent / "t3api-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder can be made");
    path_ = name;
  }
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  const std::string& path() const noexcept { return path_; }

  /// Writes a file into the folder, for its owner alone, and gives its path.
  std::string write(const std::string& name, std::string_view text) const {
    const std::string file = path_ + "/" + name;
    std::ofstream(file, std::ios::binary) << text;
    std::error_code ignored;
    using std::filesystem::perms;
    std::filesystem::permissions(file, perms::owner_read | perms::owner_write, ignored);
    return file;
  }

 private:
  std::string path_;
};

}  // namespace t3api::test

#endif
