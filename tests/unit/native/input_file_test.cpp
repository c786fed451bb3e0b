#include <doctest/doctest.h>

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
