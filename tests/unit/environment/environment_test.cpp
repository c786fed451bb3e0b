#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <t3api/environment/environment.hpp>

#include "tests/support/files.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/environment/support.hpp"

using t3api::environment;
using t3api::test::content_of;
using t3api::test::options_of;
using t3api::test::temporary_folder;

namespace {

std::vector<std::string> process_environment() {
  std::vector<std::string> all;
  for (char** entry = ::environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  return all;
}

// Goes to a folder and comes back.
class working_directory {
 public:
  explicit working_directory(const std::string& path) : before_(std::filesystem::current_path().string()) {
    REQUIRE(::chdir(path.c_str()) == 0);
  }
  ~working_directory() { std::filesystem::current_path(before_); }
  working_directory(const working_directory&) = delete;
  working_directory& operator=(const working_directory&) = delete;

 private:
  std::string before_;
};

}  // namespace

TEST_CASE("a setting comes from the environment before the file, and says where from") {
  const temporary_folder folder;
  const auto path = folder.write(".t3.env", "# both\nA=file\nB=file\n");
  const auto both = environment::load(options_of({{"A", "set"}, {"C", " set "}}, path)).value();
  CHECK(both.get("A")->value.reveal() == "set");
  CHECK(both.get("A")->source == "the environment");
  CHECK(both.get("B")->value.reveal() == "file");
  CHECK(both.get("B")->source == path + " line 3");
  CHECK(both.get("C")->value.reveal() == " set ");
  CHECK_FALSE(both.get("D"));
  CHECK_FALSE(both.get("a"));
  CHECK_FALSE(both.get(""));
}

TEST_CASE("empty and blank values count as not set") {
  const temporary_folder folder;
  const auto path = folder.write(".t3.env", "A=file\nB=\" \\n\\t\"\nC=\nD=\n");
  const auto both =
      environment::load(options_of({{"A", " \t"}, {"B", ""}, {"C", "\n"}, {"D", "set"}}, path)).value();
  CHECK(both.get("A")->value.reveal() == "file");
  CHECK_FALSE(both.get("B"));
  CHECK_FALSE(both.get("C"));
  CHECK(both.get("D")->value.reveal() == "set");
}

TEST_CASE("without a file there is the environment, without a lookup the file") {
  const temporary_folder folder;
  CHECK(environment::load(options_of({{"A", "set"}})).value().get("A"));
  CHECK(environment::load(options_of({{"A", "set"}}, folder.path() + "/none")).value().get("A"));
  const auto file_only =
      environment::load({.file = folder.write(".t3.env", "A=file"), .lookup = nullptr}).value();
  CHECK(file_only.get("A")->value.reveal() == "file");
  CHECK_FALSE(file_only.get("PATH"));
}

TEST_CASE("a file that is wrong keeps everything from loading") {
  const temporary_folder folder;
  const auto loaded = environment::load(options_of({{"A", "set"}}, folder.write(".t3.env", "hunter2")));
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().category == t3api::error_category::argument);
  CHECK(loaded.error().message.find(".t3.env line 1 is no KEY=VALUE") != std::string::npos);
  CHECK(loaded.error().message.find("hunter2") == std::string::npos);
}

TEST_CASE("by default it is .t3.env in the working directory and the process environment") {
  const temporary_folder folder;
  folder.write(".t3.env", "T3API_TEST_ONLY_IN_THE_FILE=1\nPATH=file\n");
  const working_directory there(folder.path());
  const auto loaded = environment::load().value();
  CHECK(loaded.get("T3API_TEST_ONLY_IN_THE_FILE")->source == ".t3.env line 1");
  const char* path = std::getenv("PATH");
  REQUIRE(path != nullptr);
  CHECK(loaded.get("PATH")->value.reveal() == path);
  CHECK(loaded.get("PATH")->source == "the environment");
}

TEST_CASE("the file is read once, when it is loaded") {
  const temporary_folder folder;
  const auto path = folder.write(".t3.env", "A=1");
  const auto loaded = environment::load(options_of({}, path)).value();
  folder.write(".t3.env", "A=2");
  CHECK(loaded.get("A")->value.reveal() == "1");
}

TEST_CASE("neither the process environment nor the file is changed") {
  const temporary_folder folder;
  const auto path = folder.write(".t3.env", "export T3API_TEST_NOT_SET='1'\nPATH=/nowhere\n");
  const auto variables = process_environment();
  const auto bytes = content_of(path);
  struct stat before {};
  REQUIRE(::stat(path.c_str(), &before) == 0);

  const auto loaded = environment::load({.file = path}).value();
  CHECK(loaded.get("T3API_TEST_NOT_SET"));
  CHECK(loaded.get("PATH"));

  CHECK(process_environment() == variables);
  CHECK(std::getenv("T3API_TEST_NOT_SET") == nullptr);
  struct stat after {};
  REQUIRE(::stat(path.c_str(), &after) == 0);
  CHECK(content_of(path) == bytes);
  CHECK(after.st_ino == before.st_ino);
  CHECK(after.st_mtim.tv_sec == before.st_mtim.tv_sec);
  CHECK(after.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
  CHECK(after.st_mode == before.st_mode);
}
