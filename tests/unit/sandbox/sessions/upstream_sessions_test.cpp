#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <t3api/sandbox/metrc/simulated.hpp>
#include <t3api/sandbox/sessions/upstream_sessions.hpp>
#include <t3api/store/memory.hpp>
#include <tests/unit/sandbox/metrc/demo_time.hpp>

using namespace t3api::sandbox;
using namespace std::chrono_literals;

namespace {

const t3api::secret key = "an example key of just 32 bytes.";

stored_credentials california(const char* password = "demo-ca-password") {
  return {.hostname = "ca.metrc.com", .username = "demo-ca", .password = password};
}
stored_credentials michigan() {
  return {.hostname = "mi.metrc.com",
          .username = "demo-mi",
          .password = "demo-mi-password",
          .otp_seed = sandbox_test::demo_seed};
}

/// One service's part: its own memory, and perhaps a store that it shares.
struct part {
  std::shared_ptr<session_cache> cache;
  upstream_sessions<simulated_metrc> sessions;

  part(std::shared_ptr<simulated_metrc> metrc, std::shared_ptr<t3api::clock> clock,
       std::optional<t3api::any_store> store = {})
      : cache(std::make_shared<session_cache>(clock, std::move(store), key)),
        sessions(std::move(metrc), clock, cache, key) {}

  std::string name(const stored_credentials& c) const { return "session/" + sessions.name_of(c); }
  kept_session session(const stored_credentials& c) {
    return sessions.session(sessions.name_of(c), {c.hostname, c.username}, [&] { return c; });
  }
};

struct world {
  std::shared_ptr<t3api::manual_clock> clock =
      std::make_shared<t3api::manual_clock>(sandbox_test::start_of_tests());
  std::shared_ptr<simulated_metrc> metrc =
      std::make_shared<simulated_metrc>(demo_directory().accounts, simulated_metrc_options{}, clock);
  t3api::memory_store store{clock};
  part one{metrc, clock, t3api::any_store(store)};
  part other{metrc, clock, t3api::any_store(store)};
};

bool is_refused(const kept_session& kept) { return !kept.session && kept.retry_after == 0s; }

}  // namespace

TEST_CASE("a session is used until it ends, then a new login is made") {
  world w;
  const auto first = w.one.session(california());
  REQUIRE(first.session);
  CHECK(w.one.session(california()).session->id == first.session->id);
  CHECK(w.metrc->attempts() == 1);
  w.metrc->end_sessions();
  const auto second = w.one.session(california());
  REQUIRE(second.session);
  CHECK(second.session->id != first.session->id);
  CHECK(w.metrc->attempts() == 2);
}

TEST_CASE("another service finds the session and the refusal, and makes no login of its own") {
  world w;
  const auto id = w.one.session(california()).session->id;
  CHECK(w.other.session(california()).session->id == id);
  CHECK(w.metrc->attempts() == 1);
  w.metrc->change_password("ca.metrc.com", "demo-ca", "new");
  CHECK(w.one.session(california()).refused_at);
  const auto heard = w.other.session(california());
  CHECK(is_refused(heard));
  CHECK_FALSE(heard.refused_at);
  CHECK(w.metrc->attempts() == 2);
}

TEST_CASE("credentials are asked for only when they are needed, and a failure to get them goes through") {
  world w;
  const auto name = w.one.sessions.name_of(california());
  const key_owner owner{"ca.metrc.com", "demo-ca"};
  const auto failing = []() -> stored_credentials { throw std::runtime_error("sealed"); };
  CHECK_THROWS_WITH(w.one.sessions.session(name, owner, failing), "sealed");
  CHECK(w.one.session(california()).session);
  CHECK(w.one.sessions.session(name, owner, failing).session);
  CHECK(w.other.sessions.session(name, owner, failing).session);
}

TEST_CASE("refused credentials are tried once") {
  world w;
  REQUIRE(w.one.session(california()).session);
  w.metrc->change_password("ca.metrc.com", "demo-ca", "new");
  for (int i = 0; i < 10; ++i) CHECK(is_refused(w.one.session(california())));
  CHECK(w.metrc->attempts() == 2);
  CHECK(w.one.session(california("new")).session);
}

TEST_CASE("a real login with refused credentials makes them good again, for all") {
  world w;
  w.metrc->change_password("ca.metrc.com", "demo-ca", "new");
  CHECK(is_refused(w.one.session(california())));
  CHECK(is_refused(w.other.session(california())));
  w.metrc->change_password("ca.metrc.com", "demo-ca", "demo-ca-password");
  CHECK(is_refused(w.one.session(california())));
  CHECK(w.other.sessions.fresh_session(w.one.sessions.name_of(california()), california()).session);
  CHECK(w.one.session(california()).session);
  CHECK(w.metrc->attempts() == 2);
}

TEST_CASE("credentials that were wrong from the start are not remembered") {
  world w;
  for (int i = 0; i < 100; ++i) {
    const auto wrong = california(std::to_string(i).c_str());
    CHECK(is_refused(w.one.sessions.fresh_session(w.one.sessions.name_of(wrong), wrong)));
  }
  CHECK(w.store.size() == 0);
}

TEST_CASE("with a seed the present one-time password is used, then the next, then the next period's") {
  world w;
  for (int i = 0; i < 2; ++i) {
    CHECK(w.one.session(michigan()).session);
    w.metrc->end_sessions();
  }
  const auto waiting = w.one.session(michigan());
  CHECK_FALSE(waiting.session);
  CHECK(waiting.refusal == metrc_refusal::otp_used);
  CHECK(waiting.retry_after == 21s);  // The clock stands at second 10 of a period.
  const auto attempts = w.metrc->attempts();
  w.clock->advance(5s);
  CHECK(w.one.session(michigan()).retry_after == 16s);
  CHECK(w.other.session(michigan()).retry_after == 16s);
  CHECK(w.metrc->attempts() == attempts);
  w.clock->advance(16s);
  CHECK(w.one.session(michigan()).session);
}

TEST_CASE("a one-time password that the user has just used is in nobody's way") {
  world w;
  REQUIRE(w.metrc
              ->login({.hostname = "mi.metrc.com",
                       .username = "demo-mi",
                       .password = "demo-mi-password",
                       .otp = sandbox_test::demo_otp(w.clock->wall_now())})
              .session);
  CHECK(w.one.session(michigan()).session);
}

TEST_CASE("a changed seed is a refusal and no reason to wait") {
  world w;
  w.metrc->change_otp_seed("mi.metrc.com", "demo-mi", "GEZDGNBVGY3TQOJQ");
  CHECK(is_refused(w.one.session(michigan())));
}

TEST_CASE("a locked account and a Metrc in trouble are reasons to wait, and the pauses are kept by all") {
  world w;
  std::chrono::seconds pause{};
  SUBCASE("locked") {
    w.metrc->lock("ca.metrc.com", "demo-ca");
    pause = 60s;
  }
  SUBCASE("unavailable") {
    w.metrc->fail_logins();
    pause = 5s;
  }
  CHECK(w.one.session(california()).retry_after == pause);
  w.clock->advance(1s);
  for (int i = 0; i < 5; ++i) {
    CHECK(w.one.session(california()).retry_after == pause - 1s);
    CHECK(w.other.session(california()).retry_after == pause - 1s);
  }
  CHECK(w.metrc->attempts() == 1);
  w.metrc->unlock("ca.metrc.com", "demo-ca");
  w.metrc->fail_logins(0);
  w.clock->advance(pause - 1s);
  CHECK(w.other.session(california()).session);
  CHECK(w.one.session(california()).session);
  CHECK(w.metrc->attempts() == 2);
}

TEST_CASE("the same credentials have one name, others have others") {
  world w;
  const auto name = w.one.sessions.name_of(california());
  CHECK(w.other.sessions.name_of(california()) == name);
  CHECK(w.one.sessions.name_of(california("other")) != name);
  auto shifted = california("ademo-ca-password");
  shifted.username = "demo-c";
  CHECK(w.one.sessions.name_of(shifted) != name);
  const upstream_sessions<simulated_metrc> stranger(w.metrc, w.clock, w.one.cache, "another key");
  CHECK(stranger.name_of(california()) != name);
}

TEST_CASE("whatever the cache says, a session is its owner's and open, or there is a new login") {
  world w;
  const auto foreign = w.metrc
                           ->login({.hostname = "co.metrc.com",
                                    .username = "demo-co",
                                    .password = "demo-co-password",
                                    .email = "demo@example.com"})
                           .session->id;
  for (const std::string& poison : {to_text({.session_id = foreign}), to_text({.session_id = "garbage"}),
                                    std::string("garbage"), std::string(), foreign}) {
    CAPTURE(poison);
    const auto before = w.metrc->attempts();
    w.one.cache->put(w.one.name(california()), poison, 1h);
    const auto kept = w.one.session(california());
    REQUIRE(kept.session);
    CHECK(kept.session->user->username == "demo-ca");
    CHECK(w.metrc->attempts() == before + 1);

    w.one.cache->put(w.one.name(california()), poison, 1h);
    w.one.cache->put_near(w.one.name(california()), "", 0s);
    CHECK(w.one.session(california()).session->user->username == "demo-ca");
    CHECK(w.metrc->attempts() == before + 2);
  }
}

TEST_CASE("no pause that the cache tells is longer than a minute") {
  world w;
  const auto now = w.clock->wall_now();
  w.one.cache->put(w.one.name(california()),
                   to_text({.refusal = metrc_refusal::locked, .when = now, .until = now + 24h}), 1h);
  CHECK(w.other.session(california()).retry_after == 60s);
}

TEST_CASE("a service that died during a login is waited for as long as its lease and no longer") {
  world w;
  const auto name = "login/" + w.one.sessions.name_of(california());
  REQUIRE(w.other.cache->claim(name, "the dead", upstream_sessions<simulated_metrc>::lease));
  const auto start = w.clock->now();
  CHECK(w.one.session(california()).session);
  CHECK(w.clock->now() - start == 10s);
  CHECK(w.metrc->attempts() == 1);
}

namespace {

/// Holds each login until it is told to go on.
struct held_metrc {
  std::atomic<bool> go_on{false};
  std::atomic<int> attempts{0};
  std::shared_ptr<const metrc_user> user =
      std::make_shared<metrc_user>(metrc_user{"ca.metrc.com", "demo-ca", {}});

  metrc_answer login(const metrc_login&) {
    ++attempts;
    while (!go_on) std::this_thread::yield();
    return {.session = metrc_session{.id = "one", .user = user}};
  }
  std::optional<metrc_session> find_session(std::string_view id) {
    return metrc_session{.id = std::string(id), .user = user};
  }
};

}  // namespace

TEST_CASE("many threads make one login, and all get its session") {
  constexpr int callers = 16;
  const auto metrc = std::make_shared<held_metrc>();
  const auto clock = std::make_shared<t3api::manual_clock>();
  upstream_sessions<held_metrc> sessions(metrc, clock,
                                         std::make_shared<session_cache>(clock, std::nullopt, key), key);
  std::atomic<int> set_out{0}, served{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&] {
      if (++set_out == callers) metrc->go_on = true;
      const auto kept = sessions.session("name", {"ca.metrc.com", "demo-ca"}, [] { return california(); });
      served += kept.session && kept.session->id == "one";
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(served == callers);
  CHECK(metrc->attempts == 1);
}

TEST_CASE("who waits for another's login waits only so long, and other credentials do not wait at all") {
  const auto metrc = std::make_shared<held_metrc>();
  const auto clock = std::make_shared<t3api::manual_clock>();
  upstream_sessions<held_metrc> sessions(
      metrc, clock, std::make_shared<session_cache>(clock, std::nullopt, key), key, 10ms);
  const key_owner owner{"ca.metrc.com", "demo-ca"};
  std::thread slow([&] { sessions.session("name", owner, [] { return california(); }); });
  while (metrc->attempts == 0) std::this_thread::yield();
  const auto kept = sessions.session("name", owner, [] { return california(); });
  CHECK_FALSE(kept.session);
  CHECK(kept.refusal == metrc_refusal::unavailable);
  CHECK(kept.retry_after == 5s);
  std::thread another([&] { sessions.session("another", owner, [] { return california(); }); });
  while (metrc->attempts == 1) std::this_thread::yield();
  metrc->go_on = true;
  slow.join();
  another.join();
  CHECK(metrc->attempts == 2);
}
