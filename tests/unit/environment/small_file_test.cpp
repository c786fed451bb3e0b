#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include <t3api/environment/small_file.hpp>

#include "tests/support/temporary_folder.hpp"

using t3api::detail::read_small_file;

namespace {

std::string message_of(const std::string& path) {
  const auto read = read_small_file(path, 100);
  REQUIRE_FALSE(read);
  CHECK(read.error().category == t3api::error_category::argument);
  return read.error().message;
}

}  // namespace

TEST_CASE("a file gives its bytes, whatever they are") {
  const t3api::test::temporary_folder folder;
  const std::string bytes("a\0\r\n\xFF", 5);
  CHECK(read_small_file(folder.write("some", bytes), 100).value()->bytes == bytes);
  CHECK(read_small_file(folder.write("empty", ""), 100).value()->bytes.empty());
}

TEST_CASE("a file that is not there is no error") {
  const t3api::test::temporary_folder folder;
  CHECK_FALSE(read_small_file(folder.path() + "/none", 100).value().has_value());
  REQUIRE(::symlink("none", (folder.path() + "/dangling").c_str()) == 0);
  CHECK_FALSE(read_small_file(folder.path() + "/dangling", 100).value().has_value());
}

TEST_CASE("a file may be as large as the limit, over the growth of the buffer, and no larger") {
  const t3api::test::temporary_folder folder;
  for (const std::size_t limit : {0U, 1U, 100U, 4095U, 4096U, 4097U, 8192U, 50'000U}) {
    CAPTURE(limit);
    std::string bytes(limit, 'x');
    for (std::size_t i = 0; i < limit; ++i) bytes[i] = static_cast<char>('a' + i % 26);
    CHECK(read_small_file(folder.write("full", bytes), limit).value()->bytes == bytes);
    CHECK_FALSE(read_small_file(folder.write("over", bytes + "x"), limit));
  }
}

TEST_CASE("no more than the limit is read of a file that would fill any memory") {
  const t3api::test::temporary_folder folder;
  const auto huge = folder.write("huge", "x");
  for (const std::uintmax_t size : {std::uintmax_t{10} << 20U, std::uintmax_t{1} << 42U}) {
    std::error_code refused;
    std::filesystem::resize_file(huge, size, refused);
    if (refused) continue;  // Not every file system takes so large a hole.
    CHECK(message_of(huge) ==
          huge + " is larger than 100 bytes: leave only settings in it, one KEY=VALUE a line");
  }
}

TEST_CASE("what is no file is refused without waiting for it") {
  const t3api::test::temporary_folder folder;
  CHECK(message_of(folder.path()) == folder.path() +
                                         " is a directory: put a file of KEY=VALUE lines in its place, or "
                                         "move it away");
  const auto pipe = folder.path() + "/pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(message_of(pipe) == pipe + " is a pipe or device: put a file of KEY=VALUE lines in its place");
  CHECK(message_of("/dev/null").find("is a pipe or device") != std::string::npos);
}

TEST_CASE("a file that cannot be opened is an error with the system's reason") {
  const t3api::test::temporary_folder folder;
  const auto loop = folder.path() + "/loop";
  REQUIRE(::symlink("loop", loop.c_str()) == 0);
  CHECK(message_of(loop) == loop +
                                " cannot be read (Too many levels of symbolic links): mend the file or its "
                                "permissions, or move it away");
  const auto file = folder.write("file", "A=1");
  CHECK(message_of(file + "/below").find("(Not a directory)") != std::string::npos);
  CHECK(message_of(folder.path() + "/" + std::string(300, 'n')).find("(File name too long)") !=
        std::string::npos);
  CHECK(message_of(file + std::string(1, '\0')).find("holds a NUL byte") != std::string::npos);
  if (::geteuid() != 0) {
    REQUIRE(::chmod(file.c_str(), 0) == 0);
    CHECK(message_of(file).find("(Permission denied)") != std::string::npos);
  }
}
