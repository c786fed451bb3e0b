#include <doctest/doctest.h>

#include <memory>
#include <string>

#include <t3api/detail/seal.hpp>
#include <t3api/sandbox/metrc/shared_accounts.hpp>
#include <t3api/store/memory.hpp>

using namespace t3api::sandbox;
using namespace std::chrono_literals;

namespace {

struct process {
  shared_accounts accounts;

  process(std::shared_ptr<t3api::clock> clock, std::optional<t3api::any_store> store)
      : accounts(std::move(clock), std::move(store), "an example key of just 32 bytes.") {
    for (const char* name : {"ann", "bob"}) {
      known_account added{.id = std::string("id of ") + name};
      added.state.username = name;
      added.user = std::make_shared<metrc_user>(metrc_user{"ca.metrc.com", name, {"LIC"}});
      CHECK(accounts.add(std::move(added)));
    }
    CHECK(accounts.add({.id = "nameless"}));
    CHECK_FALSE(accounts.add({.id = "nameless"}));
  }
  bool locked(const char* name) {
    const auto seen = accounts.by_name("ca.metrc.com", name);
    return seen.found && seen.found->state.locked;
  }
  void lock(const char* id) {
    accounts.change(id, [](account_state& s) { s.locked = true; });
  }
};

}  // namespace

TEST_CASE("an account is found by its name on its host, or by its id") {
  process p(std::make_shared<t3api::manual_clock>(), std::nullopt);
  CHECK(p.accounts.by_name("ca.metrc.com", "ann").found->id == "id of ann");
  CHECK_FALSE(p.accounts.by_name("co.metrc.com", "ann").found);
  CHECK_FALSE(p.accounts.by_name("", "").found);
  CHECK(p.accounts.by_name("", "", "nameless").found->id == "nameless");
  CHECK(p.accounts.by_id("id of bob").found->user->username == "bob");
  p.accounts.change("id of bob", [](account_state& s) { s.username = "rob"; });
  CHECK(p.accounts.by_name("ca.metrc.com", "rob").found->user->licenses.size() == 1);
  CHECK_FALSE(p.accounts.by_name("ca.metrc.com", "bob").found);
}

TEST_CASE("changes of different accounts by processes that did not know of each other are all kept") {
  const auto clock = std::make_shared<t3api::manual_clock>();
  t3api::memory_store store(clock);
  process a(clock, t3api::any_store(store)), b(clock, t3api::any_store(store));
  a.lock("id of ann");
  store.erase("simulated metrc/accounts");
  b.lock("id of bob");
  CHECK(a.locked("bob"));
  CHECK(a.locked("ann"));
  CHECK(b.locked("ann"));
  CHECK(b.locked("bob"));
}

TEST_CASE("what another version of the program told is as good as nothing, and is written anew") {
  const auto clock = std::make_shared<t3api::manual_clock>();
  t3api::memory_store store(clock);
  process a(clock, t3api::any_store(store)), b(clock, t3api::any_store(store));
  a.lock("id of ann");
  for (const char* told : {"{}", "[]", "7", R"({"metrc":{},"accounts":{}})", R"({"metrc":7,"accounts":7})",
                           R"({"metrc":{"version":9,"epoch":0,"failing":0,"lockAfter":0,"delay":0},)"
                           R"("accounts":{"aWQgb2YgYW5u":{"version":"9"}}})"}) {
    CAPTURE(told);
    store.put("simulated metrc/accounts",
              t3api::detail::seal("an example key of just 32 bytes.", told, "simulated metrc/accounts"), 1h);
    CHECK(a.locked("ann"));
    CHECK(b.locked("ann"));
    CHECK(a.accounts.by_id("id of ann").metrc.version == 0);
  }
}

TEST_CASE("a process that died while it changed something stops no change for long") {
  const auto clock = std::make_shared<t3api::manual_clock>();
  t3api::memory_store store(clock);
  process a(clock, t3api::any_store(store)), b(clock, t3api::any_store(store));
  REQUIRE(*store.claim("simulated metrc/accounts", "the dead", 1h));
  const auto start = clock->now();
  a.lock("id of ann");
  CHECK(clock->now() - start <= 1s);
  CHECK(b.locked("ann"));
}

TEST_CASE("a name is taken once among all, and when nobody can be asked") {
  const auto clock = std::make_shared<t3api::manual_clock>();
  t3api::memory_store store(clock);
  process a(clock, t3api::any_store(store)), b(clock, t3api::any_store(store)), alone(clock, std::nullopt);
  CHECK(a.accounts.take_once("name", 1min));
  CHECK_FALSE(b.accounts.take_once("name", 1min));
  CHECK_FALSE(a.accounts.take_once("name", 1min));
  clock->advance(1min);
  CHECK(b.accounts.take_once("name", 1min));
  CHECK(alone.accounts.take_once("name", 1min));
}
