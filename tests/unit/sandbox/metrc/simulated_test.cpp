#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <future>
#include <optional>
#include <set>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include <t3api/sandbox/metrc/simulated.hpp>
#include <t3api/store/memory.hpp>
#include <tests/unit/sandbox/metrc/demo_time.hpp>

using namespace t3api::sandbox;
using namespace std::chrono_literals;

namespace {

struct world {
  std::shared_ptr<t3api::manual_clock> clock =
      std::make_shared<t3api::manual_clock>(sandbox_test::start_of_tests());
  simulated_metrc metrc{demo_directory().accounts, {}, clock};

  static metrc_login california(const char* password = "demo-ca-password") {
    return {.hostname = "ca.metrc.com", .username = "demo-ca", .password = password};
  }
  metrc_login michigan(int steps_ahead = 0) const {
    return {.hostname = "mi.metrc.com",
            .username = "demo-mi",
            .password = "demo-mi-password",
            .otp = sandbox_test::demo_otp(clock->wall_now(), steps_ahead)};
  }
};

/// A store that counts what is asked of it, and can be made to fail or to do something at the next claim.
struct observed_store {
  t3api::memory_store kept;
  std::shared_ptr<std::atomic<int>> reads = std::make_shared<std::atomic<int>>(0);
  std::shared_ptr<std::atomic<int>> writes = std::make_shared<std::atomic<int>>(0);
  std::shared_ptr<std::atomic<bool>> down = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<std::function<void()>> at_claim = std::make_shared<std::function<void()>>();

  static t3api::error failure() { return {.category = t3api::error_category::transport, .message = "down"}; }

  t3api::result<std::optional<t3api::stored_value>> get(std::string_view key) {
    ++*reads;
    if (*down) return failure();
    return kept.get(key);
  }
  std::optional<t3api::error> put(std::string_view key, std::string_view value,
                                  std::chrono::milliseconds ttl) {
    ++*writes;
    if (*down) return failure();
    return kept.put(key, value, ttl);
  }
  std::optional<t3api::error> erase(std::string_view key) { return kept.erase(key); }
  t3api::result<bool> claim(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl) {
    if (*at_claim) std::exchange(*at_claim, {})();
    if (*down) return failure();
    return kept.claim(key, owner, ttl);
  }
  std::optional<t3api::error> release(std::string_view key, std::string_view owner) {
    if (*down) return failure();
    return kept.release(key, owner);
  }
};

/// Stands still, and counts who asks for the time of day.
struct counting_clock : t3api::clock {
  t3api::manual_clock inner{sandbox_test::start_of_tests()};
  mutable int looks = 0;

  t3api::steady_time now() const override { return inner.now(); }
  t3api::wall_time wall_now() const override { return ++looks, inner.wall_now(); }
  bool wait_until(t3api::steady_time when, t3api::stop_token stop) override {
    return inner.wait_until(when, std::move(stop));
  }
};

/// Two that are to be one Metrc.
struct two_worlds {
  std::shared_ptr<t3api::manual_clock> clock =
      std::make_shared<t3api::manual_clock>(sandbox_test::start_of_tests());
  observed_store store{t3api::memory_store(clock)};
  simulated_metrc_options options{.key = "the same for both", .shared = t3api::any_store(store)};
  simulated_metrc a{demo_directory().accounts, options, clock};
  simulated_metrc b{demo_directory().accounts, options, clock};
};

}  // namespace

TEST_CASE("a login opens a session of its user") {
  world w;
  const auto answer = w.metrc.login(w.california());
  REQUIRE(answer.session);
  const auto session = w.metrc.find_session(answer.session->id);
  REQUIRE(session);
  CHECK(session->user->hostname == "ca.metrc.com");
  CHECK(session->user->username == "demo-ca");
  CHECK(session->user->licenses.size() == 2);
}

TEST_CASE("session ids tell nothing, are never the same, and cannot be made up") {
  world w, other;
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.insert(w.metrc.login(w.california()).session->id);
  CHECK(ids.size() == 100);
  const std::string id = *ids.begin();
  CHECK(id.find("demo") == id.npos);
  CHECK(t3api::detail::base64url_decode(id)->find("ca.metrc.com") == std::string::npos);
  for (const std::string& wrong :
       {std::string(), std::string("another"), id + "A", id.substr(1), std::string(100'000, 'A'),
        other.metrc.login(world::california()).session->id}) {
    CHECK_FALSE(w.metrc.find_session(wrong));
  }
  for (std::size_t i = 0; i < id.size(); ++i) {
    auto changed = id;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(w.metrc.find_session(changed));
  }
}

TEST_CASE("wrong logins open none, and are all refused alike") {
  world w;
  auto wrong_user = w.california();
  wrong_user.username = "Demo-CA";
  auto wrong_host = w.california();
  wrong_host.hostname = "co.metrc.com";
  auto nobody = w.california();
  nobody.username = "nobody";
  nobody.hostname = "";
  for (const auto& form : {w.california("wrong"), wrong_user, wrong_host, nobody, metrc_login{}}) {
    const auto answer = w.metrc.login(form);
    CHECK_FALSE(answer.session);
    CHECK(answer.refusal == metrc_refusal::credentials);
  }
  CHECK(w.metrc.logins() == 0);
  CHECK(w.metrc.attempts() == 5);
}

TEST_CASE("an unknown user makes as much work as a wrong password") {
  two_worlds w;
  w.a.lock_after(3);
  auto unknown = world::california();
  unknown.username = "nobody";
  for (const auto& form : {world::california("wrong"), unknown}) {
    *w.store.reads = *w.store.writes = 0;
    CHECK(w.a.login(form).refusal == metrc_refusal::credentials);
    CHECK(*w.store.reads == 2);
    CHECK(*w.store.writes == 1);
  }
}

TEST_CASE("a wrong password makes as much work as a wrong one-time password") {
  two_worlds w;
  const auto right = sandbox_test::demo_otp(w.clock->wall_now());
  std::vector<metrc_login> forms;
  for (const char* user : {"demo-mi", "nobody"}) {
    for (const char* password : {"demo-mi-password", "wrong"}) {
      for (const char* otp : {"", "000000", "1234567"}) {
        forms.push_back({.hostname = "mi.metrc.com", .username = user, .password = password, .otp = otp});
      }
    }
  }
  const auto clock = std::make_shared<counting_clock>();
  simulated_metrc metrc(demo_directory().accounts, w.options, clock);
  metrc.lock_after(1000);
  for (const auto& form : forms) {
    CAPTURE(form.username);
    CAPTURE(form.otp);
    *w.store.reads = *w.store.writes = 0;
    clock->looks = 0;
    CHECK_FALSE(metrc.login(form).session);
    CHECK(*w.store.reads == 2);
    CHECK(*w.store.writes == 1);
    CHECK(clock->looks == 1);  // A one-time password is compared with those of the time.
  }
  CHECK(metrc.login({.hostname = "mi.metrc.com", .username = "demo-mi", .password = "wrong", .otp = right})
            .refusal == metrc_refusal::credentials);
  CHECK(metrc
            .login({.hostname = "mi.metrc.com",
                    .username = "demo-mi",
                    .password = "demo-mi-password",
                    .otp = right})
            .session);
}

TEST_CASE("an account with an e-mail address needs it") {
  world w;
  metrc_login form{.hostname = "co.metrc.com", .username = "demo-co", .password = "demo-co-password"};
  CHECK_FALSE(w.metrc.login(form).session);
  form.email = "other@example.com";
  CHECK_FALSE(w.metrc.login(form).session);
  form.email = "Demo@Example.com";
  CHECK(w.metrc.login(form).session);
}

TEST_CASE("an account with a seed needs a one-time password, which works once") {
  world w;
  auto form = w.michigan();
  form.otp.clear();
  CHECK(w.metrc.login(form).refusal == metrc_refusal::otp_wrong);
  CHECK(w.metrc.login(w.michigan()).session);
  const auto again = w.metrc.login(w.michigan());
  CHECK_FALSE(again.session);
  CHECK(again.refusal == metrc_refusal::otp_used);
  w.clock->advance(30s);
  CHECK(w.metrc.login(w.michigan()).session);
}

TEST_CASE("a wrong password uses no one-time password up") {
  world w;
  auto form = w.michigan();
  form.password = "wrong";
  CHECK(w.metrc.login(form).refusal == metrc_refusal::credentials);
  CHECK(w.metrc.login(w.michigan()).session);
}

TEST_CASE("a session ends when its time is over") {
  world w;
  const auto id = w.metrc.login(w.california()).session->id;
  w.clock->advance(24h - 1us);
  CHECK(w.metrc.find_session(id));
  w.clock->advance(1us);
  CHECK_FALSE(w.metrc.find_session(id));
}

TEST_CASE("sessions end on command, all or those of one account") {
  world w;
  const auto ca = w.metrc.login(w.california()).session->id;
  const auto mi = w.metrc.login(w.michigan()).session->id;
  CHECK(w.metrc.end_sessions("CA.metrc.com", "demo-ca"));
  CHECK_FALSE(w.metrc.find_session(ca));
  CHECK(w.metrc.find_session(mi));
  w.metrc.end_sessions();
  CHECK_FALSE(w.metrc.find_session(mi));
  CHECK_FALSE(w.metrc.end_sessions("ca.metrc.com", "nobody"));
}

TEST_CASE("a changed password, e-mail address or seed ends the sessions and is needed from then on") {
  world w;
  const auto id = w.metrc.login(w.california()).session->id;
  CHECK(w.metrc.change_password("ca.metrc.com", "demo-ca", "new"));
  CHECK_FALSE(w.metrc.find_session(id));
  CHECK_FALSE(w.metrc.login(w.california()).session);
  auto form = w.california("new");
  CHECK(w.metrc.login(form).session);
  CHECK(w.metrc.change_email("ca.metrc.com", "demo-ca", "new@example.com"));
  CHECK_FALSE(w.metrc.login(form).session);
  form.email = "new@example.com";
  CHECK(w.metrc.change_otp_seed("ca.metrc.com", "demo-ca", "JBSWY3DPEHPK3PXP"));
  CHECK_FALSE(w.metrc.login(form).session);
  form.otp = sandbox_test::demo_otp(w.clock->wall_now());
  CHECK(w.metrc.login(form).session);
  CHECK(w.metrc.change_otp_seed("ca.metrc.com", "demo-ca", ""));
  CHECK(w.metrc.login(form).session);
  CHECK_FALSE(w.metrc.change_password("ca.metrc.com", "nobody", "new"));
  CHECK_THROWS_AS(w.metrc.change_otp_seed("ca.metrc.com", "demo-ca", "0189"), std::invalid_argument);
}

TEST_CASE("a changed username ends the sessions, and the account is found by the new one only") {
  world w;
  const auto id = w.metrc.login(w.california()).session->id;
  CHECK(w.metrc.change_username("ca.metrc.com", "demo-ca", "renamed"));
  CHECK_FALSE(w.metrc.find_session(id));
  CHECK_FALSE(w.metrc.login(w.california()).session);
  auto form = w.california();
  form.username = "renamed";
  const auto answer = w.metrc.login(form);
  REQUIRE(answer.session);
  CHECK(answer.session->user->username == "renamed");
  CHECK(answer.session->user->licenses.size() == 2);
  CHECK(w.metrc.find_session(answer.session->id)->user->username == "renamed");
  CHECK_FALSE(w.metrc.change_username("ca.metrc.com", "demo-ca", "x"));
  for (const char* taken : {"renamed", ""}) {
    CHECK_THROWS_AS(w.metrc.change_username("ca.metrc.com", "renamed", taken), std::invalid_argument);
  }
  CHECK(w.metrc.change_username("ca.metrc.com", "renamed", "demo-ca"));
  CHECK(w.metrc.login(w.california()).session);
}

TEST_CASE("a locked account refuses everything but lets open sessions be") {
  world w;
  const auto id = w.metrc.login(w.california()).session->id;
  CHECK(w.metrc.lock("ca.metrc.com", "demo-ca"));
  for (const char* password : {"demo-ca-password", "wrong"}) {
    CHECK(w.metrc.login(w.california(password)).refusal == metrc_refusal::locked);
  }
  CHECK(w.metrc.find_session(id));
  CHECK(w.metrc.unlock("ca.metrc.com", "demo-ca"));
  CHECK(w.metrc.login(w.california()).session);
  CHECK_FALSE(w.metrc.lock("ca.metrc.com", "nobody"));
}

TEST_CASE("wrong passwords in a row lock an account when it is told so, and only then") {
  world w;
  for (int i = 0; i < 20; ++i) CHECK_FALSE(w.metrc.login(w.california("wrong")).session);
  CHECK(w.metrc.login(w.california()).session);
  w.metrc.lock_after(3);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 2; ++i) CHECK_FALSE(w.metrc.login(w.california("wrong")).session);
    CHECK(w.metrc.login(w.california()).session);
  }
  for (int i = 0; i < 3; ++i) {
    CHECK(w.metrc.login(w.california("wrong")).refusal == metrc_refusal::credentials);
  }
  CHECK(w.metrc.login(w.california()).refusal == metrc_refusal::locked);
  CHECK(w.metrc.login(w.michigan()).session);
  auto unknown = w.california();
  unknown.username = "x";
  for (int i = 0; i < 5; ++i) CHECK(w.metrc.login(unknown).refusal == metrc_refusal::credentials);
  CHECK(w.metrc.unlock("ca.metrc.com", "demo-ca"));
  CHECK(w.metrc.login(w.california()).session);
}

TEST_CASE("a wrong login never unlocks, and a locked account makes as much work as another") {
  two_worlds w;
  w.a.lock_after(5);
  const auto work = [&](const char* password) {
    *w.store.reads = *w.store.writes = 0;
    w.a.login(world::california(password));
    return std::pair(w.store.reads->load(), w.store.writes->load());
  };
  const auto wrong = work("wrong");
  CHECK(w.a.lock("ca.metrc.com", "demo-ca"));
  CHECK(work("wrong") == wrong);
  CHECK(work("demo-ca-password") == wrong);
  CHECK(w.a.login(world::california()).refusal == metrc_refusal::locked);
  CHECK(w.a.unlock("ca.metrc.com", "demo-ca"));
  CHECK(w.a.login(world::california()).session);
}

TEST_CASE("as many logins fail as were ordered, also of many at once") {
  world w;
  w.metrc.fail_logins(5);
  std::atomic<int> failed{0}, opened{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 5; ++i) ++(w.metrc.login(world::california()).session ? opened : failed);
      });
    }
  }
  CHECK(failed == 5);
  CHECK(opened == 35);
}

TEST_CASE("of two logins that see one failure ordered, one fails") {
  two_worlds w;
  w.a.fail_logins(1);
  *w.store.at_claim = [&] { CHECK(w.b.login(world::california()).refusal == metrc_refusal::unavailable); };
  CHECK(w.a.login(world::california()).session);
}

TEST_CASE("logins fail and take their time as they are told") {
  world w;
  w.metrc.fail_logins(2);
  for (int i = 0; i < 2; ++i) {
    CHECK(w.metrc.login(w.california()).refusal == metrc_refusal::unavailable);
  }
  CHECK(w.metrc.login(w.california()).session);
  w.metrc.fail_logins();
  for (int i = 0; i < 10; ++i) {
    CHECK(w.metrc.login(w.california("wrong")).refusal == metrc_refusal::unavailable);
  }
  w.metrc.fail_logins(0);
  w.metrc.delay_logins(1500ms);
  CHECK(w.metrc.login(w.california()).session);
  CHECK(w.clock->waits() == std::vector<t3api::manual_clock::duration>{1500ms});
}

namespace {

/// Does something in the middle of a wait.
struct eventful_clock final : t3api::clock {
  t3api::manual_clock manual{sandbox_test::start_of_tests()};
  std::function<void()> meanwhile;

  t3api::steady_time now() const override { return manual.now(); }
  t3api::wall_time wall_now() const override { return manual.wall_now(); }
  bool wait_until(t3api::steady_time when, std::stop_token stop) override {
    if (meanwhile) std::exchange(meanwhile, {})();
    return manual.wait_until(when, stop);
  }
};

/// The real clock; tells of waits.
struct watched_clock final : t3api::clock {
  t3api::real_clock real;
  std::atomic<int> begun{0}, cut_short{0};

  t3api::steady_time now() const override { return real.now(); }
  t3api::wall_time wall_now() const override { return real.wall_now(); }
  bool wait_until(t3api::steady_time when, std::stop_token stop) override {
    ++begun;
    const bool done = real.wait_until(when, stop);
    if (!done) ++cut_short;
    return done;
  }
};

}  // namespace

TEST_CASE("a login that waits ends when the delay is taken back, here or by another that shares the store") {
  const auto clock = std::make_shared<watched_clock>();
  const simulated_metrc_options options{.key = "the same for both",
                                        .shared = t3api::any_store(t3api::memory_store())};
  simulated_metrc metrc(demo_directory().accounts, options, clock);
  simulated_metrc other(demo_directory().accounts, options, clock);
  metrc.delay_logins(20s);
  std::thread login([&] { CHECK(metrc.login(world::california()).session); });
  while (clock->begun == 0) std::this_thread::yield();
  int waits = 1;
  SUBCASE("here") { metrc.delay_logins({}); }
  SUBCASE("here, to a shorter one") {
    metrc.delay_logins(1ms);
    waits = 2;
  }
  SUBCASE("by another") {
    other.delay_logins({});
    metrc.logins("ca.metrc.com", "demo-ca");  // A look.
  }
  login.join();
  CHECK(clock->cut_short == 1);
  CHECK(clock->begun == waits);
}

TEST_CASE("what is changed during a login's delay counts for it") {
  const auto clock = std::make_shared<eventful_clock>();
  simulated_metrc metrc(demo_directory().accounts, {}, clock);
  metrc.delay_logins(5s);
  std::optional<metrc_refusal> refusal;
  SUBCASE("the password") {
    clock->meanwhile = [&] { metrc.change_password("ca.metrc.com", "demo-ca", "new"); };
    refusal = metrc_refusal::credentials;
  }
  SUBCASE("the lock") {
    clock->meanwhile = [&] { metrc.lock("ca.metrc.com", "demo-ca"); };
    refusal = metrc_refusal::locked;
  }
  SUBCASE("trouble") {
    clock->meanwhile = [&] { metrc.fail_logins(1); };
    refusal = metrc_refusal::unavailable;
  }
  SUBCASE("ended sessions, which this one is none of") {
    clock->meanwhile = [&] { metrc.end_sessions(); };
  }
  const auto answer = metrc.login(world::california());
  CHECK(answer.session.has_value() == !refusal);
  if (refusal) CHECK(answer.refusal == *refusal);
  if (answer.session) CHECK(metrc.find_session(answer.session->id));
}

TEST_CASE("a login that waits is given up when it is asked to stop; others go on") {
  const auto clock = std::make_shared<watched_clock>();
  simulated_metrc metrc(demo_directory().accounts, {}, clock);
  metrc.delay_logins(1h);
  std::stop_source stop;
  const auto log_in = [&] { return metrc.login(world::california(), stop.get_token()); };
  auto waiting = std::async(std::launch::async, log_in);
  while (clock->begun == 0) std::this_thread::yield();
  stop.request_stop();
  auto late = std::async(std::launch::async, log_in);
  CHECK(waiting.wait_for(10s) == std::future_status::ready);
  CHECK(late.wait_for(10s) == std::future_status::ready);
  metrc.delay_logins({});
  CHECK(waiting.get().refusal == metrc_refusal::unavailable);
  CHECK(late.get().refusal == metrc_refusal::unavailable);
  CHECK(metrc.login(world::california(), stop.get_token()).session);
}

TEST_CASE("whether there is an account, and whether a refusal would be certain") {
  two_worlds w;
  CHECK(w.a.has_account("CA.metrc.com", "demo-ca"));
  CHECK_FALSE(w.a.has_account("ca.metrc.com", "nobody"));
  CHECK_FALSE(w.a.has_account("co.metrc.com", "demo-ca"));
  CHECK(w.a.is_certain());
  *w.store.down = true;
  CHECK_FALSE(w.a.is_certain());
}

TEST_CASE("logins are counted, those of each account too") {
  world w;
  w.metrc.login(w.california());
  w.metrc.login(w.california("wrong"));
  w.metrc.login(w.michigan());
  CHECK(w.metrc.attempts() == 3);
  CHECK(w.metrc.logins() == 2);
  CHECK(w.metrc.attempts("api-ca", "demo-ca") == 2);
  CHECK(w.metrc.logins("ca.metrc.com", "demo-ca") == 1);
  w.metrc.change_username("ca.metrc.com", "demo-ca", "renamed");
  CHECK(w.metrc.attempts("ca.metrc.com", "renamed") == 2);
  CHECK(w.metrc.attempts("ca.metrc.com", "demo-ca") == 0);
}

TEST_CASE("a directory that contradicts itself is refused") {
  const auto clock = std::make_shared<t3api::manual_clock>();
  const account one{.hostname = "ca.metrc.com", .username = "u", .password = "p"};
  account same = one;
  same.hostname = "api-CA";
  CHECK_THROWS_AS(simulated_metrc({one, same}, {}, clock), std::invalid_argument);
  account bad_seed = one;
  bad_seed.otp_seed = "0189";
  CHECK_THROWS_AS(simulated_metrc({bad_seed}, {}, clock), std::invalid_argument);
}

TEST_CASE("two with one key and one store are one Metrc") {
  two_worlds w;
  const auto id = w.a.login(world::california()).session->id;
  CHECK(w.b.find_session(id));
  SUBCASE("sessions") { w.b.end_sessions(); }
  SUBCASE("sessions of an account") { w.b.end_sessions("ca.metrc.com", "demo-ca"); }
  SUBCASE("password") {
    w.b.change_password("ca.metrc.com", "demo-ca", "new");
    CHECK_FALSE(w.a.login(world::california()).session);
    CHECK(w.a.login(world::california("new")).session);
  }
  SUBCASE("username") {
    w.b.change_username("ca.metrc.com", "demo-ca", "renamed");
    CHECK_FALSE(w.a.login(world::california()).session);
    auto form = world::california();
    form.username = "renamed";
    CHECK(w.b.find_session(w.a.login(form).session->id));
  }
  SUBCASE("seed") {
    w.b.change_otp_seed("ca.metrc.com", "demo-ca", sandbox_test::demo_seed);
    CHECK(w.a.login(world::california()).refusal == metrc_refusal::otp_wrong);
  }
  CHECK_FALSE(w.a.find_session(id));
  CHECK_FALSE(w.b.find_session(id));
}

TEST_CASE("two with one store lock, fail and take one-time passwords together") {
  two_worlds w;
  w.a.lock_after(2);
  CHECK_FALSE(w.a.login(world::california("wrong")).session);
  CHECK_FALSE(w.b.login(world::california("wrong")).session);
  CHECK(w.a.login(world::california()).refusal == metrc_refusal::locked);
  w.b.unlock("ca.metrc.com", "demo-ca");
  CHECK(w.a.login(world::california()).session);
  w.a.fail_logins(1);
  CHECK(w.b.login(world::california()).refusal == metrc_refusal::unavailable);
  CHECK(w.a.login(world::california()).session);
  metrc_login michigan{.hostname = "mi.metrc.com",
                       .username = "demo-mi",
                       .password = "demo-mi-password",
                       .otp = sandbox_test::demo_otp(w.clock->wall_now())};
  CHECK(w.a.login(michigan).session);
  CHECK(w.b.login(michigan).refusal == metrc_refusal::otp_used);
}

TEST_CASE("a look costs one read, a change is one write") {
  two_worlds w;
  const auto id = w.a.login(world::california()).session->id;
  w.b.end_sessions("mi.metrc.com", "demo-mi");
  CHECK(w.a.find_session(id));
  *w.store.reads = *w.store.writes = 0;
  for (int i = 0; i < 10; ++i) CHECK(w.a.find_session(id));
  CHECK(*w.store.reads == 10);
  CHECK(*w.store.writes == 0);
  w.a.end_sessions();
  CHECK(*w.store.writes == 1);
  CHECK_FALSE(w.a.find_session("not an id"));
}

TEST_CASE("while the store fails each goes by what it knows, and then they agree again") {
  two_worlds w;
  w.a.change_password("ca.metrc.com", "demo-ca", "first");
  CHECK(w.b.login(world::california("first")).session);
  *w.store.down = true;
  CHECK(w.b.login(world::california("first")).session);
  w.b.change_password("ca.metrc.com", "demo-ca", "second");
  CHECK(w.b.login(world::california("second")).session);
  CHECK(w.a.login(world::california("first")).session);
  *w.store.down = false;
  CHECK(w.b.login(world::california("second")).session);
  CHECK(w.a.login(world::california("second")).session);
  CHECK_FALSE(w.a.login(world::california("first")).session);
}

TEST_CASE("a refusal is uncertain while the store fails") {
  two_worlds w;
  CHECK(w.a.login(world::california("wrong")).certain);
  CHECK(world().metrc.login(world::california("wrong")).certain);
  *w.store.down = true;
  CHECK_FALSE(w.a.login(world::california("wrong")).certain);
  auto form = world::california();
  form.hostname = "mi.metrc.com";
  form.username = "demo-mi";
  form.password = "demo-mi-password";
  const auto otp = w.a.login(form);
  CHECK(otp.refusal == metrc_refusal::otp_wrong);
  CHECK_FALSE(otp.certain);
  *w.store.down = false;
  CHECK(w.a.login(form).certain);
}

TEST_CASE("of two changes that did not know of each other one wins, the same for both") {
  two_worlds w;
  *w.store.down = true;
  w.a.change_password("ca.metrc.com", "demo-ca", "from a");
  w.b.change_password("ca.metrc.com", "demo-ca", "from b");
  *w.store.down = false;
  w.a.login(world::california());
  w.b.login(world::california());
  for (const char* password : {"from a", "from b"}) {
    const bool at_a = w.a.login(world::california(password)).session.has_value();
    CHECK(w.b.login(world::california(password)).session.has_value() == at_a);
  }
}

TEST_CASE("what the store lost or somebody wrote there changes nothing") {
  two_worlds w;
  w.a.change_password("ca.metrc.com", "demo-ca", "new");
  CHECK(w.b.login(world::california("new")).session);
  const char* place = "simulated metrc/accounts";
  const auto sealed = (*w.store.kept.get(place))->value;
  CHECK(sealed.find("demo") == sealed.npos);
  for (const std::string& poison :
       {std::string(), std::string("garbage"), std::string("{}"), sealed.substr(1), sealed + "x"}) {
    w.store.kept.put(place, poison, 1h);
    CHECK(w.b.login(world::california("new")).session);
    simulated_metrc late(demo_directory().accounts, w.options, w.clock);
    CHECK(late.login(world::california("new")).session);
  }
  w.store.kept.erase(place);
  CHECK(w.a.login(world::california("new")).session);
  simulated_metrc late(demo_directory().accounts, w.options, w.clock);
  CHECK(late.login(world::california("new")).session);
}

TEST_CASE("changes from many threads of both are all there in the end") {
  const auto clock = std::make_shared<t3api::real_clock>();  // They wait for each other.
  const simulated_metrc_options options{.key = "the same for both",
                                        .shared = t3api::any_store(t3api::memory_store(clock))};
  simulated_metrc a(demo_directory().accounts, options, clock), b(demo_directory().accounts, options, clock);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      auto& mine = t % 2 == 0 ? a : b;
      for (int i = 0; i < 10; ++i) {
        mine.end_sessions();
        mine.login(world::california());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const auto id = a.login(world::california()).session->id;
  CHECK(b.find_session(id));
  b.end_sessions();
  CHECK_FALSE(a.find_session(id));
}
