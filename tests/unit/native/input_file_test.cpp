#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include <t3api/native/input_file.hpp>

#include "tests/support/temporary_folder.hpp"

using t3api::detail::input_file;

TEST_CASE("a file is read from its start to its end, and told from what is none") {
  const t3api::test::temporary_folder folder;
  input_file file(folder.write("some", "abc"));
  REQUIRE(file.what() == input_file::kind::regular);
  std::string bytes(2, '\0');
  std::size_t got = 0;
  CHECK(file.read(bytes.data(), 2, got));
  CHECK(bytes == "ab");
  CHECK(file.read(bytes.data(), 2, got));
  CHECK(got == 1);
  CHECK(bytes[0] == 'c');
  CHECK(file.read(bytes.data(), 2, got));
  CHECK(got == 0);

  CHECK(input_file(folder.path()).what() == input_file::kind::directory);
  CHECK(input_file(folder.path() + "/none").what() == input_file::kind::missing);
  CHECK(input_file("/dev/null").what() == input_file::kind::special);
  const input_file below_a_file(folder.path() + "/some/none");
  CHECK(below_a_file.what() == input_file::kind::unreadable);
  CHECK(below_a_file.failure() != 0);
}

TEST_CASE("who else may use a file is told by its mode") {
  using t3api::file_access;
  const t3api::test::temporary_folder folder;
  const auto path = folder.write("some", "");
  const auto access = [&](mode_t mode) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return input_file(path).access();
  };
  CHECK(access(0600) == file_access::owner);
  CHECK(access(0711) == file_access::owner);
  CHECK(access(0640) == file_access::others_read);
  CHECK(access(0604) == file_access::others_read);
  CHECK(access(0620) == file_access::others_change);
  CHECK(access(0666) == file_access::others_change);
  if (::geteuid() == 0) {
    REQUIRE(::chown(path.c_str(), 65534, 65534) == 0);
    CHECK(access(0600) == file_access::others_change);
  }
}
