#include <t3api/sandbox/keys/sqlite_database.hpp>

#include <doctest/doctest.h>

#include <sqlite3.h>
#include <sys/stat.h>

#include <atomic>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/forked_child.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/sandbox/keys/database_contract.hpp"

namespace key_database_test {
namespace {

namespace fs = std::filesystem;
using t3api::test::content_of;
using t3api::test::mode_of;
using t3api::test::temporary_folder;

struct in_sqlite {
  temporary_folder folder;
  std::shared_ptr<sqlite_key_database> keys = sqlite_key_database::open(folder.path());
  key_database& operator*() { return *keys; }
};

T3API_TEST_KEY_DATABASE(in_sqlite);

/// Everything in a folder: the names of the files and what is in them.
std::string all_bytes_in(const std::string& folder) {
  std::string all;
  for (const auto& entry : fs::directory_iterator(folder)) {
    all += entry.path().filename().string() + content_of(entry.path().string());
  }
  return all;
}

std::string why_not(const std::string& folder) {
  try {
    sqlite_key_database::open(folder, {.patience = 50ms});
  } catch (const database_error& failure) {
    return failure.what();
  }
  return "";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

/// Another program's connection to a file.
struct other_program {
  explicit other_program(const std::string& file) {
    REQUIRE(sqlite3_open(file.c_str(), &handle) == SQLITE_OK);
  }
  ~other_program() { sqlite3_close(handle); }
  other_program(const other_program&) = delete;
  other_program& operator=(const other_program&) = delete;

  void run(const char* sql) const {
    REQUIRE(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  }

  sqlite3* handle = nullptr;
};

}  // namespace

TEST_CASE("the folder and the files of a key database are for their owner alone") {
  const temporary_folder above;
  const std::string folder = above.path() + "/data % ?#";
  const auto keys = sqlite_key_database::open(folder);
  keys->add(record_named("1"));
  CHECK(keys->file() == folder + "/keys.sqlite3");
  CHECK(mode_of(folder) == 0700U);
  for (const char* name : {"/keys.sqlite3", "/keys.sqlite3-wal", "/keys.sqlite3-shm"}) {
    CHECK(mode_of(folder + name) == 0600U);
  }
}

TEST_CASE("a key database outlives its object") {
  const temporary_folder folder;
  auto used = record_named("1");
  {
    const auto keys = sqlite_key_database::open(folder.path());
    keys->add(used);
    keys->add(record_named("2"));
    keys->erase("id-2", ann);
    keys->set_last_used(used, noon + 1ns);
  }
  const auto keys = sqlite_key_database::open(folder.path());
  used.last_used_at = noon + 1ns;
  REQUIRE(keys->find(used.key_hash));
  CHECK(same(*keys->find(used.key_hash), used));
  CHECK(keys->of(ann).size() == 1);
}

TEST_CASE("the last use of a key is written at most once a minute") {
  in_sqlite held;
  const auto record = record_named("1");
  held.keys->add(record);
  held.keys->set_last_used(record, noon);
  const auto seen = held.keys->find(record.key_hash).value();
  held.keys->set_last_used(seen, noon + 59s);
  CHECK(held.keys->find(record.key_hash)->last_used_at == noon);
  held.keys->set_last_used(seen, noon + 60s);
  CHECK(held.keys->find(record.key_hash)->last_used_at == noon + 60s);
}

TEST_CASE("nobody waits or fails for the last use of a key while another program writes; it is made up for") {
  in_sqlite held;
  const auto record = record_named("1"), other = record_named("2");
  held.keys->add(record);
  held.keys->add(other);
  const other_program writer(held.keys->file());
  writer.run("BEGIN IMMEDIATE");
  held.keys->set_last_used(record, noon + 1s);
  held.keys->set_last_used(record, noon + 2s);
  CHECK_FALSE(held.keys->find(record.key_hash)->last_used_at);
  writer.run("ROLLBACK");
  held.keys->set_last_used(other, noon);
  CHECK(held.keys->find(record.key_hash)->last_used_at == noon + 2s);
  CHECK(held.keys->find(other.key_hash)->last_used_at == noon);
}

TEST_CASE("reads do not wait for a writer, and a change that cannot begin says who is in the way") {
  const temporary_folder folder;
  const auto keys = sqlite_key_database::open(folder.path(), {.patience = 20ms});
  keys->add(record_named("1"));
  const other_program writer(keys->file());
  writer.run("BEGIN IMMEDIATE; DELETE FROM keys");
  CHECK(keys->find(record_named("1").key_hash));
  CHECK_THROWS_WITH_AS(keys->add(record_named("2")),
                       ("another process holds the key database '" + keys->file() +
                        "' for too long: nothing was changed; try again")
                           .c_str(),
                       database_error);
  CHECK_THROWS_AS(keys->erase("id-1", ann), database_error);
  CHECK_THROWS_AS(keys->disable("login of ann", noon), database_error);
  writer.run("COMMIT");
  CHECK_FALSE(keys->find(record_named("1").key_hash));
}

TEST_CASE("two databases of one folder are one, also when they make it at once") {
  for (int round = 0; round < 10; ++round) {
    const temporary_folder folder;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        try {
          const auto keys = sqlite_key_database::open(folder.path());
          keys->add(record_named(std::to_string(t)));
        } catch (const std::exception& failure) {
          MESSAGE(std::string(failure.what()));
          ++wrong;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    CHECK(wrong == 0);
    CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
    const auto one = sqlite_key_database::open(folder.path()),
               other = sqlite_key_database::open(folder.path());
    CHECK(one->of(ann).size() == 4);
    CHECK(other->find(record_named("0").key_hash));
    CHECK(one->erase("id-0", ann));
    CHECK_FALSE(other->find(record_named("0").key_hash));
    CHECK_FALSE(other->erase("id-0", ann));
  }
}

TEST_CASE("what was erased is in no file of the key database any more") {
  in_sqlite held;
  held.keys->add(record_named("kept"));
  held.keys->add(record_named("gone"));
  REQUIRE(has(all_bytes_in(held.folder.path()), record_named("gone").credentials.bytes));
  held.keys->erase("id-gone", ann);
  const std::string left = all_bytes_in(held.folder.path());
  CHECK_FALSE(has(left, record_named("gone").credentials.bytes));
  CHECK_FALSE(has(left, record_named("gone").key_hash));
  CHECK(has(left, record_named("kept").credentials.bytes));
}

TEST_CASE("a file that is no key database of ours is refused, and stays as it is") {
  const temporary_folder folder;
  const std::string file = folder.path() + "/keys.sqlite3";
  std::string sentence;
  SUBCASE("another program's") {
    other_program(file).run("PRAGMA journal_mode = WAL; CREATE TABLE birds (name)");
    sentence = "is another program's";
  }
  SUBCASE("another program's with a mark of its own, and changes in its log") {
    const other_program maker(file);
    maker.run("PRAGMA application_id = 7; PRAGMA journal_mode = WAL; CREATE TABLE birds (name)");
    for (const char* name : {"keys.sqlite3", "keys.sqlite3-wal"}) {
      fs::copy_file(folder.path() + "/" + name, folder.path() + "/copy-of-" + name);
    }
    sentence = "is another program's";
  }
  SUBCASE("a newer format") {
    sqlite_key_database::open(folder.path());
    other_program(file).run("PRAGMA user_version = 2");
    sentence = "has the format 2, and this program knows 1 only";
  }
  SUBCASE("no SQLite file") {
    folder.write("keys.sqlite3", std::string(5000, 'x'));
    sentence = "is damaged";
  }
  SUBCASE("cut in its head") {
    sqlite_key_database::open(folder.path());
    fs::resize_file(file, 50);
    sentence = "is damaged";
  }
  SUBCASE("cut in its middle") {
    sqlite_key_database::open(folder.path());
    fs::resize_file(file, 8192);
    sentence = "is damaged";
  }
  SUBCASE("overwritten in its middle") {
    {
      const auto keys = sqlite_key_database::open(folder.path());
      for (int i = 0; i < 100; ++i) keys->add(record_named(std::to_string(i)));
    }
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(4096 + 8);
    stream << std::string(2000, '\x5a');
    stream.close();
    sentence = "is damaged";
  }
  SUBCASE("without its table") {
    other_program(file).run(
        "PRAGMA application_id = 1412655972; PRAGMA user_version = 1; PRAGMA journal_mode = WAL");
    sentence = "is damaged";
  }
  const std::string before = all_bytes_in(folder.path());
  const std::string why = why_not(folder.path());
  INFO(why);
  CHECK(has(why, sentence));
  CHECK(has(why, file));
  CHECK(all_bytes_in(folder.path()) == before);
}

TEST_CASE("a key database that cannot be made says where and why") {
  const temporary_folder folder;
  CHECK(has(why_not(folder.path() + "/none/data"),
            "the folder '" + folder.path() + "/none/data' cannot be made"));
  folder.write("file", "");
  CHECK(has(why_not(folder.path() + "/file"), "the folder '" + folder.path() + "/file' cannot be made"));
  CHECK(has(why_not(""), "empty"));
  fs::create_directories(folder.path() + "/data/keys.sqlite3");
  CHECK(has(why_not(folder.path() + "/data"), "is no file"));
}

TEST_CASE("a key database that was moved away in use fails, for another may be in its place") {
  in_sqlite held;
  held.keys->add(record_named("1"));
  fs::rename(held.keys->file(), held.keys->file() + ".old");
  CHECK_THROWS_AS(held.keys->find(record_named("1").key_hash), database_error);
  CHECK_THROWS_AS(held.keys->add(record_named("2")), database_error);
  CHECK_THROWS_AS(held.keys->erase("id-1", ann), database_error);
  CHECK_NOTHROW(held.keys->set_last_used(record_named("1"), noon));
  fs::rename(held.keys->file() + ".old", held.keys->file());
  CHECK(held.keys->find(record_named("1").key_hash));
}

TEST_CASE("what it takes to find records does not grow with their number: each question goes by an index") {
  in_sqlite held;
  sqlite_connection look(held.keys->file());
  const auto plan_of = [&](std::string_view sql) {
    sqlite_statement statement(look, "EXPLAIN QUERY PLAN " + std::string(sql));
    std::string plan;
    for (sqlite_run rows(statement); rows.next();) plan += rows.text_at(3) + "\n";
    return plan;
  };
  using namespace sqlite_rows_detail;
  for (const auto sql : {find, find_of, find_not_under}) {
    const auto plan = plan_of(sql);
    INFO(plan);
    CHECK(has(plan, "SEARCH keys USING INDEX"));
    CHECK_FALSE(has(plan, "SCAN"));
    CHECK_FALSE(has(plan, "USE TEMP B-TREE FOR ORDER BY"));
  }
}

TEST_CASE("a trigger that somebody put into the file does not run") {
  in_sqlite held;
  held.keys->add(record_named("1"));
  other_program(held.keys->file())
      .run(
          "CREATE TRIGGER evil AFTER DELETE ON keys BEGIN INSERT INTO keys SELECT 'id-9', old.key_hash, "
          "old.hostname, old.username, old.login, 0, 0, 1, '', ''; END");
  CHECK(held.keys->erase("id-1", ann));
  CHECK_FALSE(held.keys->find(record_named("1").key_hash));
}

TEST_CASE("a forked child leaves the key database of its parent alone" *
          doctest::skip(t3api::test::cannot_fork)) {
  in_sqlite held;
  held.keys->add(record_named("1"));
  const int failures = t3api::test::in_child([&] {
    int wrong = 0;
    const auto refused = [&](auto call) {
      try {
        call();
        ++wrong;
      } catch (const database_error&) {
      }
    };
    refused([&] { held.keys->find(record_named("1").key_hash); });
    refused([&] { held.keys->add(record_named("2")); });
    refused([&] { held.keys->set_last_used(record_named("1"), noon); });
    held.keys.reset();
    return wrong;
  });
  CHECK(failures == 0);
  held.keys->add(record_named("3"));
  CHECK(held.keys->of(ann).size() == 2);
}

TEST_CASE("each fault of SQLite is a sentence that tells what to do") {
  const auto sentence = [](int code, int system_code = 0) {
    return std::string(sqlite_error("/data/keys.sqlite3", code, system_code).what());
  };
  CHECK(has(sentence(SQLITE_FULL), "the disk is full"));
  CHECK(has(sentence(SQLITE_IOERR_WRITE, ENOSPC), "the disk is full"));
  CHECK(has(sentence(SQLITE_CANTOPEN, EDQUOT), "the disk is full"));
  CHECK(has(sentence(SQLITE_IOERR_FSYNC, EIO), "its disk reports an error"));
  CHECK(has(sentence(SQLITE_CORRUPT_INDEX), "is damaged"));
  CHECK(has(sentence(SQLITE_NOTADB), "is damaged"));
  CHECK(has(sentence(SQLITE_READONLY_DIRECTORY), "has the rights"));
  CHECK(has(sentence(SQLITE_CANTOPEN, EACCES), "has the rights"));
  CHECK(has(sentence(SQLITE_BUSY_SNAPSHOT), "another process holds"));
  CHECK(has(sentence(SQLITE_NOMEM), "out of memory"));
  for (int code = 1; code < 30; ++code) {
    CHECK(has(sentence(code), "/data/keys.sqlite3"));
    CHECK(has(sentence(code), "nothing was changed"));
  }
}

}  // namespace key_database_test
