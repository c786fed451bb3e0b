#ifndef T3API_TESTS_SUPPORT_FILES_HPP
#define T3API_TESTS_SUPPORT_FILES_HPP

#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <string>

namespace t3api::test {

inline std::string content_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The rights of a file, as in 0600; 0 when there is none.
inline unsigned mode_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
}

}  // namespace t3api::test

#endif
