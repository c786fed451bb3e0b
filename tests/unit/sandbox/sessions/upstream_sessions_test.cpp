#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <stop_token>
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

TEST_CASE("a refusal counts for nothing once another service got in, though that session has ended too") {
  world w;
  w.metrc->change_password("ca.metrc.com", "demo-ca", "new");
  REQUIRE(is_refused(w.one.session(california())));
  w.metrc->change_password("ca.metrc.com", "demo-ca", "demo-ca-password");
  REQUIRE(w.other.sessions.fresh_session(w.one.sessions.name_of(california()), california()).session);
  w.metrc->end_sessions();
  CHECK(w.one.session(california()).session);
}

TEST_CASE("a refusal counts for no key that was made later") {
  world w;
  const auto name = w.one.sessions.name_of(california());
  const auto session = [&](part& of, t3api::wall_time made) {
    return of.sessions.session(
        name, {"ca.metrc.com", "demo-ca"}, [] { return california(); }, made);
  };
  const auto first = w.clock->wall_now();
  w.metrc->change_password("ca.metrc.com", "demo-ca", "new");
  REQUIRE(session(w.one, first).refused_at == first);
  w.clock->advance(1us);
  CHECK(is_refused(session(w.one, first)));
  CHECK(is_refused(session(w.other, first)));
  CHECK(w.metrc->attempts() == 1);
  w.metrc->change_password("ca.metrc.com", "demo-ca", "demo-ca-password");
  SUBCASE("where it was refused") { CHECK(session(w.one, w.clock->wall_now()).session); }
  SUBCASE("elsewhere") { CHECK(session(w.other, w.clock->wall_now()).session); }
}

TEST_CASE("a key that was made by a clock ahead is tried once all the same") {
  world w;
  const auto made = w.clock->wall_now() + 5s + 1ns;
  w.metrc->change_password("ca.metrc.com", "demo-ca", "new");
  for (int i = 0; i < 3; ++i) {
    const auto kept = w.one.sessions.session(
        w.one.sessions.name_of(california()), {"ca.metrc.com", "demo-ca"}, [] { return california(); }, made);
    CHECK(is_refused(kept));
    CHECK(kept.refused_at == made);
  }
  CHECK(w.metrc->attempts() == 1);
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
    pause = 5s;
  }
  SUBCASE("unavailable") {
    w.metrc->fail_logins();
    pause = 1s;
  }
  CHECK(w.one.session(california()).retry_after == pause);
  w.clock->advance(400ms);
  for (int i = 0; i < 5; ++i) {
    CHECK(w.one.session(california()).retry_after == pause);
    CHECK(w.other.session(california()).retry_after == pause);
  }
  CHECK(w.metrc->attempts() == 1);
  w.metrc->unlock("ca.metrc.com", "demo-ca");
  w.metrc->fail_logins(0);
  w.clock->advance(pause - 400ms);
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
  CHECK(kept.retry_after == 1s);
  std::thread another([&] { sessions.session("another", owner, [] { return california(); }); });
  while (metrc->attempts == 1) std::this_thread::yield();
  metrc->go_on = true;
  slow.join();
  another.join();
  CHECK(metrc->attempts == 2);
}

namespace {

/// Refuses the first login, late: when it is told to go on. All others open a session.
struct late_metrc {
  std::atomic<bool> go_on{false};
  std::atomic<int> attempts{0};
  std::shared_ptr<const metrc_user> user =
      std::make_shared<metrc_user>(metrc_user{"ca.metrc.com", "demo-ca", {}});

  metrc_answer login(const metrc_login&) {
    if (++attempts > 1) return {.session = metrc_session{.id = "good", .user = user}};
    while (!go_on) std::this_thread::yield();
    return {};
  }
  std::optional<metrc_session> find_session(std::string_view id) {
    return metrc_session{.id = std::string(id), .user = user};
  }
};

struct late_world {
  std::shared_ptr<late_metrc> metrc = std::make_shared<late_metrc>();
  std::shared_ptr<t3api::manual_clock> clock = std::make_shared<t3api::manual_clock>();
  t3api::memory_store store{clock};
  upstream_sessions<late_metrc> one = made(), other = made();

  upstream_sessions<late_metrc> made() {
    return {metrc, clock, std::make_shared<session_cache>(clock, t3api::any_store(store), key), key, 10ms};
  }
  static kept_session session(upstream_sessions<late_metrc>& of) {
    return of.session("name", {"ca.metrc.com", "demo-ca"}, [] { return california(); });
  }
  std::thread begin_late_login(kept_session& kept) {
    std::thread late([&] { kept = session(one); });
    while (metrc->attempts == 0) std::this_thread::yield();
    return late;
  }
};

}  // namespace

TEST_CASE("credentials are not verified while a login with them is under way") {
  late_world w;
  kept_session late;
  auto thread = w.begin_late_login(late);
  const auto busy = w.one.fresh_session("name", california());
  w.metrc->go_on = true;
  thread.join();
  CHECK_FALSE(busy.session);
  CHECK(busy.refusal == metrc_refusal::unavailable);
  CHECK(is_refused(late));
  CHECK(w.one.fresh_session("name", california()).session);
  CHECK(late_world::session(w.one).session);
  CHECK(late_world::session(w.other).session);
  CHECK(w.metrc->attempts == 2);
}

TEST_CASE("a refusal that comes after the session of a later login counts for nothing") {
  late_world w;
  kept_session late;
  const auto start = w.clock->wall_now();
  auto thread = w.begin_late_login(late);
  CHECK(w.other.fresh_session("name", california()).session);  // Outlasts the lease.
  CHECK(w.clock->wall_now() > start);
  w.metrc->go_on = true;
  thread.join();
  REQUIRE(late.session);
  CHECK(late.session->id == "good");
  CHECK(late_world::session(w.one).session);
  CHECK(late_world::session(w.other).session);
  CHECK(w.metrc->attempts == 2);
}

TEST_CASE("a refusal is that of the moment at which its login began") {
  late_world w;
  kept_session late;
  const auto start = w.clock->wall_now();
  auto thread = w.begin_late_login(late);
  w.clock->advance(1h);
  w.metrc->go_on = true;
  thread.join();
  CHECK(late.refused_at == start);
}

namespace {

/// Refuses everything, without knowing for sure.
struct unsure_metrc {
  std::atomic<int> attempts{0};
  metrc_refusal refusal = metrc_refusal::credentials;

  metrc_answer login(const metrc_login&) {
    ++attempts;
    return {.refusal = refusal, .certain = false};
  }
  std::optional<metrc_session> find_session(std::string_view) { return std::nullopt; }
};

/// Knows when it is not certain, and may recover.
struct recovering_metrc {
  std::atomic<int> attempts{0};
  bool up = false, accepts = false;
  std::shared_ptr<const metrc_user> user =
      std::make_shared<metrc_user>(metrc_user{"ca.metrc.com", "demo-ca", {}});

  bool is_certain() const { return up; }
  metrc_answer login(const metrc_login&) {
    ++attempts;
    if (accepts) return {.session = metrc_session{.id = "one", .user = user}};
    return {.certain = up};
  }
  std::optional<metrc_session> find_session(std::string_view id) {
    return accepts ? std::optional(metrc_session{.id = std::string(id), .user = user}) : std::nullopt;
  }
};

}  // namespace

TEST_CASE("credentials that were refused without certainty are left alone, longer each time") {
  const auto metrc = std::make_shared<unsure_metrc>();
  SUBCASE("credentials") {}
  SUBCASE("one-time password") { metrc->refusal = metrc_refusal::otp_wrong; }
  const auto clock = std::make_shared<t3api::manual_clock>();
  upstream_sessions<unsure_metrc> sessions(metrc, clock,
                                           std::make_shared<session_cache>(clock, std::nullopt, key), key);
  const auto session = [&](t3api::wall_time made = {}) {
    return sessions.session(
        "name", {"ca.metrc.com", "demo-ca"}, [] { return california(); }, made);
  };
  int attempts = 0;
  for (const auto pause : {30s, 60s, 120s, 240s, 480s, 600s, 600s}) {
    const auto kept = session();
    CHECK(kept.refusal == metrc_refusal::unavailable);
    CHECK(kept.retry_after == pause);
    CHECK_FALSE(kept.refused_at);
    clock->advance(pause - 1s);
    CHECK(session().retry_after == 1s);
    CHECK(metrc->attempts == ++attempts);
    clock->advance(1s);
  }
  session();
  clock->advance(1s);
  session(clock->wall_now());  // A new key.
  CHECK(metrc->attempts == attempts + 2);
  CHECK(is_refused(sessions.fresh_session("name", california())));
}

TEST_CASE("a Metrc that is certain again is asked at once, and a session ends all doubt") {
  const auto metrc = std::make_shared<recovering_metrc>();
  const auto clock = std::make_shared<t3api::manual_clock>();
  upstream_sessions<recovering_metrc> sessions(
      metrc, clock, std::make_shared<session_cache>(clock, std::nullopt, key), key);
  const auto session = [&] {
    return sessions.session("name", {"ca.metrc.com", "demo-ca"}, [] { return california(); });
  };
  CHECK(session().retry_after == 30s);
  CHECK(session().retry_after == 30s);
  CHECK(metrc->attempts == 1);
  metrc->up = true;
  SUBCASE("refused") {
    CHECK(is_refused(session()));
    CHECK(metrc->attempts == 2);
  }
  SUBCASE("accepted") {
    metrc->accepts = true;
    CHECK(session().session);
    metrc->up = metrc->accepts = false;
    CHECK(session().retry_after == 30s);
    CHECK(metrc->attempts == 3);
  }
}

TEST_CASE("who is asked to stop waits neither for another's login nor for another service's") {
  const auto metrc = std::make_shared<held_metrc>();
  const auto clock = std::make_shared<t3api::manual_clock>();
  t3api::memory_store store(clock);
  const auto cache = std::make_shared<session_cache>(clock, t3api::any_store(store), key);
  upstream_sessions<held_metrc> sessions(metrc, clock, cache, key, 1h);
  const key_owner owner{"ca.metrc.com", "demo-ca"};
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = [&] {
    return sessions.session(
        "name", owner, [] { return california(); }, {}, stop.get_token());
  };
  const auto fresh = [&] { return sessions.fresh_session("name", california(), stop.get_token()); };

  REQUIRE(cache->claim("login/name", "another service", 1h));
  metrc->go_on = true;
  CHECK(stopped().retry_after == 1s);
  CHECK(fresh().retry_after == 1s);
  CHECK(metrc->attempts == 0);
  cache->release("login/name", "another service");
  metrc->go_on = false;

  std::thread slow([&] { sessions.session("name", owner, [] { return california(); }); });
  while (metrc->attempts == 0) std::this_thread::yield();
  auto one = std::async(std::launch::async, stopped), two = std::async(std::launch::async, fresh);
  CHECK(one.wait_for(10s) == std::future_status::ready);
  CHECK(two.wait_for(10s) == std::future_status::ready);
  metrc->go_on = true;
  slow.join();
  CHECK(one.get().retry_after == 1s);
  CHECK(two.get().retry_after == 1s);
  CHECK(metrc->attempts == 1);
}

TEST_CASE("a login that was given up holds up nobody else") {
  world w;
  w.metrc->delay_logins(1h);
  std::stop_source stop;
  stop.request_stop();
  const auto kept = w.one.sessions.session(
      w.one.sessions.name_of(california()), {"ca.metrc.com", "demo-ca"}, [] { return california(); }, {},
      stop.get_token());
  CHECK(kept.retry_after == 1s);
  CHECK(w.store.size() == 0);
  w.metrc->delay_logins({});
  CHECK(w.one.session(california()).session);
}
