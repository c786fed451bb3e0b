#ifndef T3API_TESTS_UNIT_SANDBOX_KEYS_DATABASE_CONTRACT_HPP
#define T3API_TESTS_UNIT_SANDBOX_KEYS_DATABASE_CONTRACT_HPP

// What every key database does. A test of one names a type that has `t3api::sandbox::key_database&
// operator*()`.

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include <t3api/sandbox/keys/database.hpp>

namespace key_database_test {

using namespace t3api::sandbox;
using namespace std::chrono_literals;

inline const key_owner ann{.hostname = "ca.metrc.com", .username = "ann"};
inline const key_owner bob{.hostname = "ca.metrc.com", .username = "bob"};
inline const t3api::wall_time noon =
    t3api::wall_time(std::chrono::sys_days(std::chrono::year(2024) / 5 / 17)) + 12h;

/// A record like those of a service; `name` makes id, hash and credentials its own.
inline key_record record_named(const std::string& name, const key_owner& owner = ann) {
  return {.id = "id-" + name,
          .key_hash = std::string("hash\0of ", 8) + name,
          .owner = owner,
          .login = "login of " + owner.username,
          .created_at = noon,
          .credentials = {.ring_id = "k1", .bytes = std::string("sealed\0for ", 11) + name + "\xff\x80"}};
}

inline bool same(const key_record& a, const key_record& b) {
  return a.id == b.id && a.key_hash == b.key_hash && a.owner == b.owner && a.login == b.login &&
         a.created_at == b.created_at && a.last_used_at == b.last_used_at && a.is_enabled == b.is_enabled &&
         a.credentials.ring_id == b.credentials.ring_id && a.credentials.bytes == b.credentials.bytes;
}

inline std::vector<std::string> ids_of(const std::vector<key_record>& records) {
  std::vector<std::string> ids;
  for (const auto& record : records) ids.push_back(record.id);
  return ids;
}

using names = std::vector<std::string>;

TEST_CASE_TEMPLATE_DEFINE("a key database gives back what was added, each byte of it", T, key_database_all) {
  T held;
  key_database& keys = *held;
  auto first = record_named("1"), second = record_named("2", bob);
  second.last_used_at = noon + 1s;
  second.is_enabled = false;
  second.login = second.credentials.bytes = "";
  keys.add(first);
  keys.add(second);
  CHECK(same(keys.find(first.key_hash).value(), first));
  CHECK(same(keys.find(second.key_hash).value(), second));
  CHECK_FALSE(keys.find(""));
  CHECK_FALSE(keys.find("hash"));
  CHECK_FALSE(keys.find(first.key_hash + "0"));
  CHECK_FALSE(keys.find(first.id));

  SUBCASE("and nothing twice") {
    auto same_id = record_named("3"), same_hash = record_named("4");
    same_id.id = first.id;
    same_hash.key_hash = first.key_hash;
    CHECK_THROWS_AS(keys.add(same_id), database_error);
    CHECK_THROWS_AS(keys.add(same_hash), database_error);
    CHECK_FALSE(keys.find(same_id.key_hash));
    CHECK(same(keys.find(first.key_hash).value(), first));
    CHECK(ids_of(keys.of(ann)) == names{"id-1"});
    CHECK(keys.erase(first.id, ann));
    keys.add(same_id);
    CHECK(same(keys.find(same_id.key_hash).value(), same_id));
  }
  SUBCASE("to its owner, the oldest first") {
    auto older = record_named("5"), same_age = record_named("0");
    older.created_at = noon - 1s;
    keys.add(same_age);
    keys.add(older);
    CHECK(ids_of(keys.of(ann)) == names{"id-5", "id-1", "id-0"});
    CHECK(same(keys.of(bob).at(0), second));
    CHECK(keys.of({.hostname = "co.metrc.com", .username = "ann"}).empty());
    CHECK(keys.of({.hostname = "ca.metrc.comann", .username = ""}).empty());
    CHECK(keys.of({}).empty());
  }
  SUBCASE("until its owner erases it, once") {
    CHECK_FALSE(keys.erase(first.id, bob));
    CHECK_FALSE(keys.erase(first.id, {.hostname = "co.metrc.com", .username = "ann"}));
    CHECK_FALSE(keys.erase("", ann));
    CHECK_FALSE(keys.erase("id", ann));
    CHECK(keys.find(first.key_hash));
    CHECK(keys.erase(first.id, ann));
    CHECK_FALSE(keys.find(first.key_hash));
    CHECK(keys.of(ann).empty());
    CHECK_FALSE(keys.erase(first.id, ann));
    CHECK(keys.find(second.key_hash));
  }
}

TEST_CASE_TEMPLATE_DEFINE("a key database remembers the last use", T, key_database_last_use) {
  T held;
  key_database& keys = *held;
  const auto record = record_named("1");
  const auto last = [&] { return keys.find(record.key_hash)->last_used_at; };
  keys.add(record);
  CHECK_FALSE(last());
  keys.set_last_used(record, noon + 2s);
  CHECK(last() == noon + 2s);
  keys.set_last_used(record, noon + 1s);
  CHECK(last() == noon + 2s);
  keys.set_last_used(*keys.find(record.key_hash), noon + 2min);
  CHECK(last() == noon + 2min);
  keys.erase(record.id, ann);
  keys.set_last_used(record, noon + 1h);
  CHECK_FALSE(keys.find(record.key_hash));
}

TEST_CASE_TEMPLATE_DEFINE("a key database disables all keys of one login that were made until a time", T,
                          key_database_disable) {
  T held;
  key_database& keys = *held;
  for (const auto& record : {record_named("1"), record_named("2"), record_named("3", bob)}) keys.add(record);
  auto just_then = record_named("4"), later = record_named("5");
  just_then.created_at = noon + 1s;
  later.created_at = noon + 1s + 1us;
  for (const auto& record : {just_then, later}) keys.add(record);
  keys.disable("login of", noon + 1h);
  keys.disable("login of ann", noon - 1us);
  CHECK(keys.find(record_named("1").key_hash)->is_enabled);
  keys.disable("login of ann", noon + 1s);
  CHECK_FALSE(keys.find(record_named("1").key_hash)->is_enabled);
  CHECK_FALSE(keys.find(just_then.key_hash)->is_enabled);
  CHECK(keys.find(later.key_hash)->is_enabled);
  CHECK_FALSE(keys.find(record_named("2").key_hash)->is_enabled);
  CHECK(keys.find(record_named("3").key_hash)->is_enabled);
  keys.erase("id-1", ann);
  keys.disable("login of ann", noon + 1h);
  CHECK_FALSE(keys.of(ann).at(0).is_enabled);
  CHECK_FALSE(keys.find(later.key_hash)->is_enabled);
}

TEST_CASE_TEMPLATE_DEFINE("a key database finds and replaces what is under an old key", T,
                          key_database_rotate) {
  T held;
  key_database& keys = *held;
  for (const char* name : {"4", "1", "3", "2", "5"}) {
    auto record = record_named(name);
    if (record.id == "id-3") record.credentials.ring_id = "k2";
    keys.add(record);
  }
  CHECK(ids_of(keys.not_under("k2", "", 2)) == names{"id-1", "id-2"});
  CHECK(ids_of(keys.not_under("k2", "id-2", 2)) == names{"id-4", "id-5"});
  CHECK(keys.not_under("k2", "id-5", 2).empty());
  CHECK(ids_of(keys.not_under("k1", "", 9)) == names{"id-3"});
  CHECK(keys.not_under("k3", "", 0).empty());
  CHECK(same(keys.not_under("k2", "", 1).at(0), record_named("1")));

  const auto old = record_named("1").credentials;
  const sealed_credentials renewed{.ring_id = "k2", .bytes = std::string("new\0", 4)};
  CHECK_FALSE(keys.replace_credentials("id-9", old, renewed));
  CHECK_FALSE(keys.replace_credentials("id-2", old, renewed));
  CHECK(keys.replace_credentials("id-1", old, renewed));
  CHECK_FALSE(keys.replace_credentials("id-1", old, renewed));
  CHECK(keys.find(record_named("1").key_hash)->credentials.ring_id == "k2");
  CHECK(keys.find(record_named("1").key_hash)->credentials.bytes == renewed.bytes);
  CHECK(ids_of(keys.not_under("k2", "", 9)) == names{"id-2", "id-4", "id-5"});
}

TEST_CASE_TEMPLATE_DEFINE("threads share a key database, and no find after an erase finds", T,
                          key_database_threads) {
  T held;
  key_database& keys = *held;
  const auto always = record_named("always", bob);
  keys.add(always);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        const auto mine = record_named(std::to_string(t) + "-" + std::to_string(i));
        keys.add(mine);
        const auto found = keys.find(mine.key_hash);
        if (!found || keys.of(ann).empty()) ++wrong;
        keys.set_last_used(mine, noon + std::chrono::seconds(i));
        if (!keys.erase(mine.id, ann) || keys.find(mine.key_hash)) ++wrong;
        if (!keys.find(always.key_hash)) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(keys.of(ann).empty());
  CHECK(keys.of(bob).size() == 1);
}

#define T3API_TEST_KEY_DATABASE(type)                     \
  TEST_CASE_TEMPLATE_INVOKE(key_database_all, type);      \
  TEST_CASE_TEMPLATE_INVOKE(key_database_last_use, type); \
  TEST_CASE_TEMPLATE_INVOKE(key_database_disable, type);  \
  TEST_CASE_TEMPLATE_INVOKE(key_database_rotate, type);   \
  TEST_CASE_TEMPLATE_INVOKE(key_database_threads, type)

}  // namespace key_database_test

#endif
