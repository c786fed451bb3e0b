#include <atomic>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <t3api/sandbox/kept_login.hpp>
#include <t3api/sandbox/login_keeper.hpp>
#include <t3api/sandbox/simulated_metrc.hpp>
#include <tests/unit/sandbox/support.hpp>

using namespace t3api::sandbox;
using namespace std::chrono_literals;

namespace {

struct world {
  std::shared_ptr<t3api::manual_clock> clock =
      std::make_shared<t3api::manual_clock>(sandbox_test::start_of_tests());
  std::shared_ptr<simulated_metrc> metrc =
      std::make_shared<simulated_metrc>(demo_directory().accounts, 24h, clock);
  login_keeper<simulated_metrc> keeper{metrc, clock};

  stored_credentials california() const {
    return {.hostname = "ca.metrc.com", .username = "demo-ca", .password = "demo-ca-password"};
  }
  stored_credentials michigan() const {
    return {.hostname = "mi.metrc.com",
            .username = "demo-mi",
            .password = "demo-mi-password",
            .otp_seed = sandbox_test::demo_seed};
  }
};

}  // namespace

TEST_CASE("a session is used until it ends, then a new login is made") {
  world w;
  const auto login = w.keeper.keep(w.california());
  const auto first = login->session();
  REQUIRE(first.session);
  CHECK(login->session().session->id == first.session->id);
  CHECK(w.metrc->attempts() == 1);
  w.metrc->end_sessions();
  const auto second = login->session();
  REQUIRE(second.session);
  CHECK(second.session->id != first.session->id);
  CHECK(w.metrc->attempts() == 2);
}

TEST_CASE("many threads make one login, and all get its session") {
  constexpr int callers = 16;
  // Holds each login until all callers have set out, so that they would log in too if nothing kept them.
  struct slow_metrc {
    std::atomic<int> set_out{0};
    std::atomic<int> attempts{0};

    metrc_answer login(const metrc_login&) {
      ++attempts;
      while (set_out < callers) std::this_thread::yield();
      for (int i = 0; i < 1000; ++i) std::this_thread::yield();
      return {.session = metrc_session{.id = "one"}};
    }
    std::optional<metrc_session> find_session(std::string_view id) {
      return metrc_session{.id = std::string(id)};
    }
  };
  const auto metrc = std::make_shared<slow_metrc>();
  kept_login<slow_metrc> login(metrc, std::make_shared<t3api::manual_clock>(), {});
  std::atomic<int> served{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&] {
      ++metrc->set_out;
      const auto kept = login.session();
      served += kept.session && kept.session->id == "one";
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(served == callers);
  CHECK(metrc->attempts == 1);
}

TEST_CASE("refused credentials are tried once") {
  world w;
  const auto login = w.keeper.keep(w.california());
  REQUIRE(login->session().session);
  w.metrc->change_password("ca.metrc.com", "demo-ca", "new");
  CHECK(login->session().refused);
  const auto attempts = w.metrc->attempts();
  for (int i = 0; i < 10; ++i) CHECK(login->session().refused);
  CHECK(w.metrc->attempts() == attempts);
}

TEST_CASE(
    "with a seed, the present one-time password is used, then the next, then it waits for the next period") {
  world w;
  const auto login = w.keeper.keep(w.michigan());
  for (int i = 0; i < 2; ++i) {
    CHECK(login->session().session);
    w.metrc->end_sessions();
  }
  const auto waiting = login->session();
  CHECK_FALSE(waiting.session);
  CHECK_FALSE(waiting.refused);
  CHECK(waiting.retry_after == 21s);  // The clock stands at second 10 of a period.
  const auto attempts = w.metrc->attempts();
  w.clock->advance(5s);
  CHECK(login->session().retry_after == 16s);
  CHECK(w.metrc->attempts() == attempts);
  w.clock->advance(16s);
  CHECK(login->session().session);
}

TEST_CASE("a one-time password that the user has just used is in nobody's way") {
  world w;
  REQUIRE(w.metrc
              ->login({.hostname = "mi.metrc.com",
                       .username = "demo-mi",
                       .password = "demo-mi-password",
                       .otp = sandbox_test::demo_otp(w.clock->wall_now())})
              .session);
  CHECK(w.keeper.keep(w.michigan())->session().session);
}

TEST_CASE("a changed seed is a refusal and no reason to wait") {
  world w;
  w.metrc->change_otp_seed("mi.metrc.com", "demo-mi", "GEZDGNBVGY3TQOJQ");
  CHECK(w.keeper.keep(w.michigan())->session().refused);
}

TEST_CASE("the same credentials share one login, others do not") {
  world w;
  const auto login = w.keeper.keep(w.california());
  CHECK(w.keeper.keep(w.california()) == login);
  auto other = w.california();
  other.password = "other";
  CHECK(w.keeper.keep(other) != login);
  auto shifted = w.california();
  shifted.username = "demo-c";
  shifted.password = "ademo-ca-password";
  CHECK(w.keeper.keep(shifted) != login);
}
