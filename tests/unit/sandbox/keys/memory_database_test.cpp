#include <t3api/sandbox/keys/memory_database.hpp>

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/sandbox/keys/database_contract.hpp"

namespace key_database_test {
namespace {

struct in_memory {
  memory_key_database keys;
  key_database& operator*() { return keys; }
};

T3API_TEST_KEY_DATABASE(in_memory);

}  // namespace

TEST_CASE("a key database in memory forgets nothing of the others when one of many keys goes") {
  memory_key_database keys;
  for (int i = 0; i < 200; ++i) keys.add(record_named(std::to_string(i), i % 2 == 0 ? ann : bob));
  for (int i = 0; i < 200; i += 4) CHECK(keys.erase("id-" + std::to_string(i), ann));
  CHECK(keys.of(ann).size() == 50);
  CHECK(keys.of(bob).size() == 100);
  keys.disable("login of ann", noon);
  for (int i = 0; i < 200; ++i) {
    const auto found = keys.find(record_named(std::to_string(i)).key_hash);
    CHECK(found.has_value() == (i % 4 != 0));
    if (found) CHECK(found->is_enabled == (i % 2 != 0));
  }
}

}  // namespace key_database_test
