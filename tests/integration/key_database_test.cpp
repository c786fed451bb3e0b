// A key database whose processes are killed, whose disk is full or loses its power, and that several
// processes share.
#include <t3api/sandbox/keys/sqlite_database.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/integration/programs/child_process.hpp"
#include "tests/integration/programs/key_names.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace t3api::test;
using t3api::sandbox::database_error;
using t3api::sandbox::sqlite_connection;
using t3api::sandbox::sqlite_key_database;

namespace {

std::string key_writer() {
  const char* folder = std::getenv("T3API_TEST_PROGRAM_DIR");
  return std::string(folder != nullptr ? folder : ".") + "/key_writer";
}

/// A temporary folder where nothing waits for a disk, if there is such a place: what is synced makes no
/// difference to killed processes.
temporary_folder quick_folder() {
  std::error_code ignored;
  const bool is_there = std::filesystem::is_directory("/dev/shm", ignored);
  return temporary_folder(is_there ? "/dev/shm" : "/tmp");
}

/// What the program key_writer said.
struct story {
  explicit story(const std::string& output) {
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("to ")) under_way = line.substr(3);
      if (line.starts_with("failed ")) failures.push_back(line.substr(7));
      if (line == "wrong") failed_step_changed_something = true;
      if (line == "quiet") is_quiet = true;
      if (line == "done") {
        done.insert(under_way);
        under_way.clear();
      }
    }
  }

  bool is_done(const std::string& step) const { return done.contains(step); }
  bool is_begun(const std::string& step) const { return is_done(step) || under_way == step; }

  std::set<std::string> done{};
  std::string under_way{};
  std::vector<std::string> failures{};
  bool failed_step_changed_something = false;
  bool is_quiet = false;
};

/// Checks that all that was acknowledged holds, and that the database is whole and of use.
void check_against(const story& said, const std::string& folder) {
  const auto keys = sqlite_key_database::open(folder);
  for (const char* name : {"1", "2", "3"}) {
    INFO("key ", name);
    const std::string add = std::string("add ") + name, erase = std::string("erase ") + name;
    const auto found = keys->find(key_named(name).key_hash);
    if (said.is_done(add) && !said.is_begun(erase)) CHECK(found);
    if (!said.is_begun(add) || said.is_done(erase)) CHECK_FALSE(found);
    if (!found) continue;
    CHECK(found->id == key_named(name).id);
    const auto& sealed = found->credentials.bytes;
    const std::string renew = std::string("renew ") + name;
    if (said.is_done(renew)) CHECK(sealed == renewed_credentials.bytes);
    if (!said.is_begun(renew)) CHECK(sealed == key_named(name).credentials.bytes);
  }
  sqlite_connection look(keys->file());
  CHECK(t3api::sandbox::first_of(look, "PRAGMA integrity_check") == "ok");
  CHECK_NOTHROW(keys->add(key_named("new")));
  CHECK(keys->find(key_named("new").key_hash));
}

}  // namespace

TEST_CASE("a process may die at any write: what was acknowledged is there, what was deleted stays deleted") {
  std::string trouble;
  SUBCASE("killed") { trouble = "kill"; }
  SUBCASE("killed in the midst of a write") { trouble = "tear"; }
  SUBCASE("without power, so that what was not synced is lost") { trouble = "power"; }
  int at = 1;
  for (; at < 1000; ++at) {
    INFO(trouble, " at operation ", at);
    const auto folder = quick_folder();
    child_process writer({{key_writer(), folder.path(), trouble, std::to_string(at)}});
    const auto end = writer.wait();
    const story said(end.output);
    REQUIRE((end.code == (said.is_quiet ? 0 : -SIGKILL)));
    CHECK(said.failures.empty());
    check_against(said, folder.path());
    if (said.is_quiet) break;
  }
  MESSAGE(trouble, ": ", at - 1, " operations");
  CHECK(at > 30);
  CHECK(at < 1000);
}

TEST_CASE("a full or faulty disk is an error that says so, and nothing is changed") {
  std::string trouble, sentence;
  SUBCASE("full") {
    trouble = "full";
    sentence = "the disk is full";
  }
  SUBCASE("faulty") {
    trouble = "fault";
    sentence = "its disk reports an error";
  }
  int failures = 0, at = 1;
  for (; at < 1000; ++at) {
    INFO(trouble, " at operation ", at);
    const auto folder = quick_folder();
    child_process writer({{key_writer(), folder.path(), trouble, std::to_string(at)}});
    const auto end = writer.wait();
    const story said(end.output);
    INFO(end.errors);
    REQUIRE(end.code == 0);
    CHECK_FALSE(said.failed_step_changed_something);
    for (const auto& failure : said.failures) {
      INFO(failure);
      CHECK(failure.find(sentence) != failure.npos);
      CHECK(failure.find("nothing was changed") != failure.npos);
      ++failures;
    }
    CHECK(said.is_done("close"));
    check_against(said, folder.path());
    if (said.is_quiet) break;
  }
  MESSAGE(trouble, ": ", at - 1, " operations, ", failures, " failures");
  CHECK(failures > 10);
  CHECK(at < 1000);
}

TEST_CASE("what one process deletes no other finds from then on, and what it adds all find") {
  const temporary_folder folder;
  const auto keys = sqlite_key_database::open(folder.path());
  child_process other({{key_writer(), folder.path()}});
  const auto tell = [&](const std::string& command) {
    other.write(command + "\n");
    return other.read_line();
  };
  std::atomic<bool> stop = false;
  std::atomic<int> late = 0;
  std::atomic<int> deleted = -1;
  std::vector<std::thread> callers;
  for (int t = 0; t < 3; ++t) {
    callers.emplace_back([&] {
      while (!stop) {
        const int gone = deleted;
        if (gone >= 0 && keys->find(key_named(std::to_string(gone)).key_hash)) ++late;
      }
    });
  }
  int wrong = 0;
  for (int round = 0; round < 200; ++round) {
    const std::string name = std::to_string(round);
    if (round % 2 == 0) {
      keys->add(key_named(name));
      if (tell("find " + name) != "yes" || tell("erase " + name) != "yes") ++wrong;
      deleted = round;
      if (keys->find(key_named(name).key_hash) || keys->erase(key_named(name).id, key_test_owner)) ++wrong;
    } else {
      if (tell("add " + name) != "yes" || !keys->find(key_named(name).key_hash)) ++wrong;
      if (!keys->erase(key_named(name).id, key_test_owner) || tell("find " + name) != "no") ++wrong;
      deleted = round;
    }
  }
  stop = true;
  for (auto& caller : callers) caller.join();
  CHECK(wrong == 0);
  CHECK(late == 0);
}

TEST_CASE("a process that is killed in the midst of its work takes nothing from the others") {
  const temporary_folder folder;
  const auto keys = sqlite_key_database::open(folder.path());
  for (int round = 0; round < 5; ++round) {
    const std::string name = std::to_string(round);
    {
      child_process other({{key_writer(), folder.path()}});
      other.write("add " + name + "\n");
      REQUIRE(other.read_line() == "yes");
      other.write("add " + name + "a\nadd " + name + "b\nerase " + name + "a\n");
    }
    CHECK(keys->find(key_named(name).key_hash));
    CHECK(keys->erase(key_named(name).id, key_test_owner));
    CHECK_FALSE(keys->find(key_named(name).key_hash));
  }
}
