#include <doctest/doctest.h>

#include <t3api/sandbox/metrc/session_table.hpp>

using namespace t3api::sandbox;
using namespace std::chrono_literals;

TEST_CASE("more sessions than the table holds end the oldest") {
  session_table table(1h, 2);
  const auto user = std::make_shared<const metrc_user>(metrc_user{"ca.metrc.com", "u", {}});
  const t3api::steady_time now{};
  const auto first = table.open(user, now), second = table.open(user, now), third = table.open(user, now);
  CHECK_FALSE(table.find(first.id, now));
  CHECK(table.find(second.id, now));
  CHECK(table.find(third.id, now));
}

TEST_CASE("sessions have ids of their own, and end") {
  session_table table(1h);
  const auto user = std::make_shared<const metrc_user>(metrc_user{"ca.metrc.com", "u", {}});
  const t3api::steady_time now{};
  const auto first = table.open(user, now), second = table.open(user, now + 30min);
  CHECK(first.id != second.id);
  CHECK_FALSE(table.find(first.id, now + 1h));
  CHECK(table.find(second.id, now + 1h));
  table.end_if([](const metrc_user& u) { return u.username == "u"; });
  CHECK_FALSE(table.find(second.id, now + 1h));
}
