#include <doctest/doctest.h>

#include <string>

#include <t3api/sandbox/sessions/login_outcome.hpp>

using namespace t3api::sandbox;
using namespace std::chrono_literals;

TEST_CASE("outcomes can be written down and read again") {
  const auto open = login_outcome_from(to_text({.session_id = "a session, with spaces"}));
  REQUIRE(open);
  CHECK(open->session_id == "a session, with spaces");
  const t3api::wall_time when(1'700'000'000'123'456us);
  for (const auto refusal : {metrc_refusal::credentials, metrc_refusal::otp_wrong, metrc_refusal::otp_used,
                             metrc_refusal::locked, metrc_refusal::unavailable}) {
    for (const auto pause : {0s, 60s}) {
      const auto read =
          login_outcome_from(to_text({.refusal = refusal, .when = when, .until = when + pause}));
      REQUIRE(read);
      CHECK(read->session_id.empty());
      CHECK(read->refusal == refusal);
      CHECK(read->when == when);
      CHECK(read->until == when + pause);
      CHECK(read->is_final() == (pause == 0s));
    }
  }
}

TEST_CASE("what is no outcome is none") {
  for (const char* text :
       {"", " ", "open", "open ", "opened x", "refused", "refused 0", "refused 0 1", "refused 5 1 1",
        "refused -1 1 1", "refused 0 1 1 1", "refused 0 x 1", "refused 0 1 9999999999999999999",
        "refused 0 99999999999999999999999 1", "refused 0  1 1"}) {
    CAPTURE(text);
    CHECK_FALSE(login_outcome_from(text));
  }
}
