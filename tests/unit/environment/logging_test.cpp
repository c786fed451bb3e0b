#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include <t3api/environment/logging.hpp>

#include "tests/support/files.hpp"
#include "tests/unit/authenticate/surroundings.hpp"

using t3api::detail::log_file_fault;
using t3api::test::content_of;
using t3api::test::mode_of;
using t3api::test::surroundings;
using t3api::test::temporary_folder;

TEST_CASE("a dotenv file names log files in its own folder, and for its own secrets") {
  const temporary_folder folder;
  const auto here = folder.path() + "/t3.log";
  const auto dotenv = folder.path() + "/.t3.env";
  CHECK(log_file_fault({.http = true, .file = here, .named_by = dotenv}, false).empty());
  CHECK(
      log_file_fault({.http = true, .file = folder.path() + "/./t3.log", .named_by = dotenv}, false).empty());
  CHECK(log_file_fault({.http = true, .file = here, .named_by = dotenv}, true) ==
        dotenv + " names log files only for secrets that stand in it: set T3_LOG_FILE in the environment");
  REQUIRE(::symlink("/tmp", (folder.path() + "/logs").c_str()) == 0);
  for (const std::string& elsewhere :
       {std::string("/tmp/t3.log"), folder.path() + "/../t3.log", folder.path() + "/logs/t3.log",
        std::string("t3.log"), folder.path() + "/none/t3.log"}) {
    CHECK(log_file_fault({.http = true, .file = elsewhere, .named_by = dotenv}, false) ==
          dotenv + " names log files only in its own folder: set T3_LOG_FILE in the environment");
    CHECK(log_file_fault({.http = true, .file = elsewhere}, true).empty());
  }
  CHECK(log_file_fault({.http = true, .named_by = dotenv}, true).empty());
}

TEST_CASE("a log file that is not its owner's alone is not written to, and no error") {
  const surroundings around;
  const auto file = around.folder().write("t3.log", "old\n");
  around.set("T3_LOG_HTTP", "1");
  around.set("T3_LOG_FILE", file);
  for (const mode_t mode : {0644U, 0664U, 0666U, 0640U, 0606U}) {
    REQUIRE(::chmod(file.c_str(), mode) == 0);
    t3api::logging_hooks::from_env().on_notice("a notice");
    CHECK(content_of(file) == "old\n");
    CHECK(mode_of(file) == mode);
  }
  REQUIRE(::chmod(file.c_str(), 0600) == 0);
  t3api::logging_hooks::from_env().on_notice("a notice");
  CHECK(content_of(file).find("a notice") != std::string::npos);

  REQUIRE(::symlink("t3.log", (around.folder().path() + "/link.log").c_str()) == 0);
  const auto before = content_of(file);
  around.set("T3_LOG_FILE", around.folder().path() + "/link.log");
  t3api::logging_hooks::from_env().on_notice("a notice");
  CHECK(content_of(file) == before);

  around.set("T3_LOG_FILE", around.folder().path());
  CHECK_THROWS_AS(t3api::logging_hooks::from_env(), std::runtime_error);
}

TEST_CASE("hooks from a .t3.env write no log of what a secret of the environment does") {
  const surroundings around;
  around.write_file("T3_LOG_HTTP=1\nT3_LOG_FILE=t3.log\nMETRC_PASSWORD=p\n");
  around.set("T3_SECRET_KEY", "s");
  t3api::logging_hooks::from_env().on_notice("a notice");
  CHECK(::access("t3.log", F_OK) != 0);
  around.unset("T3_SECRET_KEY");
  t3api::logging_hooks::from_env().on_notice("a notice");
  CHECK(mode_of("t3.log") == 0600);
}
