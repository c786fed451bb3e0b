#include <t3api/native/process.hpp>

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

using t3api::detail::current_process_id;

TEST_CASE("a process keeps its number, and its child has another: the one that fork told") {
  const auto here = current_process_id();
  CHECK(here == current_process_id());
  const pid_t child = ::fork();
  if (child == 0) ::_exit(current_process_id() == here ? 1 : 0);
  REQUIRE(child > 0);
  CHECK(child != here);
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
}
