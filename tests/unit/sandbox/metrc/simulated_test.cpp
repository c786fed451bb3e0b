#include <doctest/doctest.h>

#include <t3api/sandbox/metrc/simulated.hpp>
#include <tests/unit/sandbox/support.hpp>

using namespace t3api::sandbox;
using namespace std::chrono_literals;

namespace {

struct world {
  std::shared_ptr<t3api::manual_clock> clock =
      std::make_shared<t3api::manual_clock>(sandbox_test::start_of_tests());
  simulated_metrc metrc{demo_directory().accounts, 24h, clock};

  metrc_login california() const {
    return {.hostname = "ca.metrc.com", .username = "demo-ca", .password = "demo-ca-password"};
  }
  metrc_login michigan(int steps_ahead = 0) const {
    return {.hostname = "mi.metrc.com",
            .username = "demo-mi",
            .password = "demo-mi-password",
            .otp = sandbox_test::demo_otp(clock->wall_now(), steps_ahead)};
  }
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
  CHECK_FALSE(w.metrc.find_session("another"));
  CHECK_FALSE(w.metrc.find_session(""));
}

TEST_CASE("wrong logins open none, and are all refused alike") {
  world w;
  auto wrong_password = w.california();
  wrong_password.password = "wrong";
  auto wrong_user = w.california();
  wrong_user.username = "Demo-CA";
  auto wrong_host = w.california();
  wrong_host.hostname = "co.metrc.com";
  for (const auto& form : {wrong_password, wrong_user, wrong_host, metrc_login{}}) {
    const auto answer = w.metrc.login(form);
    CHECK_FALSE(answer.session);
    CHECK(answer.refusal == metrc_refusal::credentials);
  }
  CHECK(w.metrc.logins() == 0);
  CHECK(w.metrc.attempts() == 4);
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
  w.clock->advance(24h - 1ns);
  CHECK(w.metrc.find_session(id));
  w.clock->advance(1ns);
  CHECK_FALSE(w.metrc.find_session(id));
}

TEST_CASE("sessions end on command, all or those of one account") {
  world w;
  const auto ca = w.metrc.login(w.california()).session->id;
  const auto mi = w.metrc.login(w.michigan()).session->id;
  w.metrc.end_sessions("CA.metrc.com", "demo-ca");
  CHECK_FALSE(w.metrc.find_session(ca));
  CHECK(w.metrc.find_session(mi));
  w.metrc.end_sessions();
  CHECK_FALSE(w.metrc.find_session(mi));
}

TEST_CASE("a changed password, e-mail address or seed ends the sessions and is needed from then on") {
  world w;
  const auto id = w.metrc.login(w.california()).session->id;
  CHECK(w.metrc.change_password("ca.metrc.com", "demo-ca", "new"));
  CHECK_FALSE(w.metrc.find_session(id));
  CHECK_FALSE(w.metrc.login(w.california()).session);
  auto form = w.california();
  form.password = "new";
  CHECK(w.metrc.login(form).session);
  CHECK(w.metrc.change_email("ca.metrc.com", "demo-ca", "new@example.com"));
  CHECK_FALSE(w.metrc.login(form).session);
  form.email = "new@example.com";
  CHECK(w.metrc.change_otp_seed("ca.metrc.com", "demo-ca", "JBSWY3DPEHPK3PXP"));
  CHECK_FALSE(w.metrc.login(form).session);
  form.otp = sandbox_test::demo_otp(w.clock->wall_now());
  CHECK(w.metrc.login(form).session);
  CHECK_FALSE(w.metrc.change_password("ca.metrc.com", "nobody", "new"));
}

TEST_CASE("a directory that contradicts itself is refused") {
  const auto clock = std::make_shared<t3api::manual_clock>();
  const account one{.hostname = "ca.metrc.com", .username = "u", .password = "p"};
  account same = one;
  same.hostname = "api-CA";
  CHECK_THROWS_AS(simulated_metrc({one, same}, 1h, clock), std::invalid_argument);
  account bad_seed = one;
  bad_seed.otp_seed = "0189";
  CHECK_THROWS_AS(simulated_metrc({bad_seed}, 1h, clock), std::invalid_argument);
}
