#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <t3api/sandbox/keys/secret_keys.hpp>
#include <tests/unit/sandbox/support.hpp>

using namespace t3api::sandbox;
using namespace std::chrono_literals;

namespace {

using table = secret_keys<simulated_metrc>;

const metrc_user ann{.hostname = "ca.metrc.com", .username = "ann"};
const metrc_user bob{.hostname = "ca.metrc.com", .username = "bob"};
const t3api::wall_time noon = sandbox_test::start_of_tests();

std::shared_ptr<kept_login<simulated_metrc>> some_login() {
  const auto clock = std::make_shared<t3api::manual_clock>();
  return std::make_shared<kept_login<simulated_metrc>>(
      std::make_shared<simulated_metrc>(demo_directory().accounts, std::chrono::hours(24), clock), clock,
      stored_credentials{.hostname = "ca.metrc.com", .username = "demo-ca", .password = "demo-ca-password"});
}

std::string make_key(table& keys, const metrc_user& owner, t3api::wall_time now = noon) {
  return std::string(keys.make(some_login(), owner, now).reveal());
}

}  // namespace

TEST_CASE("a secret key is a version 4 UUID and leads to its credentials") {
  table keys;
  const auto first = some_login(), second = some_login();
  const std::string one(keys.make(first, ann, noon).reveal()), other(keys.make(second, ann, noon).reveal());
  REQUIRE(one.size() == 36);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) CHECK(one[dash] == '-');
  CHECK(one[14] == '4');
  CHECK(std::string("89ab").find(one[19]) != std::string::npos);
  CHECK(keys.find(one)->login == first);
  CHECK(keys.find(other)->login == second);
  CHECK(keys.find(" " + one + " ")->login == first);
}

TEST_CASE("what is no key leads nowhere") {
  table keys;
  const auto key = make_key(keys, ann);
  CHECK_FALSE(keys.find(""));
  CHECK_FALSE(keys.find(key.substr(1)));
  CHECK_FALSE(keys.find(t3api::detail::make_uuid()));
  CHECK_FALSE(keys.find(keys.find(key)->id));
  CHECK_FALSE(table().find(key));
}

TEST_CASE("keys do not repeat") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) CHECK(seen.insert(t3api::detail::make_uuid()).second);
}

TEST_CASE("each user sees the own keys, the oldest first, by ids that are not the keys") {
  table keys;
  const auto first = make_key(keys, ann), other = make_key(keys, bob),
             second = make_key(keys, ann, noon + 1s);
  const auto seen = keys.of(ann);
  REQUIRE(seen.size() == 2);
  CHECK(seen[0] == keys.find(first));
  CHECK(seen[1] == keys.find(second));
  CHECK(seen[0]->created_at == noon);
  CHECK(seen[1]->created_at == noon + 1s);
  CHECK(seen[0]->id != first);
  CHECK(seen[0]->id != seen[1]->id);
  CHECK(keys.of(bob).size() == 1);
  CHECK(keys.of({.hostname = "co.metrc.com", .username = "ann"}).empty());
  CHECK(keys.of({}).empty());
}

TEST_CASE("a key remembers its last use, also when calls are done in another order than they came") {
  table keys;
  const auto key = keys.find(make_key(keys, ann));
  CHECK_FALSE(key->last_used_at());
  key->used(noon + 2s);
  key->used(noon + 1s);
  CHECK(key->last_used_at() == noon + 2s);
  key->used(noon + 3s);
  CHECK(key->last_used_at() == noon + 3s);
}

TEST_CASE("an erased key leads nowhere, once, and leaves the others") {
  table keys;
  const auto gone = make_key(keys, ann), kept = make_key(keys, ann);
  const std::string id = keys.find(gone)->id;
  CHECK(keys.erase(id, ann));
  CHECK_FALSE(keys.find(gone));
  CHECK(keys.find(kept));
  CHECK(keys.of(ann).size() == 1);
  CHECK_FALSE(keys.erase(id, ann));
  CHECK_FALSE(keys.erase("", ann));
  CHECK_FALSE(keys.erase(kept, ann));
}

TEST_CASE("nobody erases the key of another") {
  table keys;
  const auto key = make_key(keys, ann);
  const std::string id = keys.find(key)->id;
  CHECK_FALSE(keys.erase(id, bob));
  CHECK_FALSE(keys.erase(id, {.hostname = "co.metrc.com", .username = "ann"}));
  CHECK(keys.find(key));
}

TEST_CASE("stored credentials go with the last key that needs them") {
  table keys;
  auto login = some_login();
  const std::weak_ptr watch = login;
  const std::string one(keys.make(login, ann, noon).reveal());
  const std::string other(keys.make(std::move(login), ann, noon).reveal());
  keys.erase(keys.find(one)->id, ann);
  CHECK_FALSE(watch.expired());
  keys.erase(keys.find(other)->id, ann);
  CHECK(watch.expired());
}

TEST_CASE("threads may make, find, list and erase keys at once, and no find after an erase succeeds") {
  table keys;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, owner = t % 2 == 0 ? ann : bob] {
      const auto login = some_login();
      for (int i = 0; i < 50; ++i) {
        const auto key = keys.make(login, owner, noon);
        const auto found = keys.find(key.reveal());
        if (!found || keys.of(owner).empty()) ++wrong;
        found->used(noon + std::chrono::seconds(i));
        if (!keys.erase(found->id, owner) || keys.find(key.reveal())) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(keys.of(ann).empty());
  CHECK(keys.of(bob).empty());
}
