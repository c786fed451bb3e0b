#include <doctest/doctest.h>

#include <string>

#include <t3api/sandbox/metrc/account_state.hpp>

using namespace t3api::sandbox;
using namespace std::chrono_literals;

TEST_CASE("states come back from JSON as they were, whatever bytes they hold") {
  const account_state account{.version = 3,
                              .username = "ü\xFF",
                              .password = std::string("\0\x80", 2),
                              .email = "hash",
                              .needs_email = true,
                              .otp_key = "\x01\xFE",
                              .epoch = 4,
                              .locked = true,
                              .wrong_logins = 5};
  const auto read = account_state_from(nlohmann::json::parse(to_json(account).dump()));
  CHECK(to_json(read) == to_json(account));
  CHECK(read.username == account.username);
  CHECK(read.otp_key.reveal() == account.otp_key.reveal());
  const metrc_state metrc{.version = 1,
                          .epoch = 2,
                          .failing = metrc_state::until_told_otherwise,
                          .lock_after = 3,
                          .delay = 1500ms};
  CHECK(to_json(metrc_state_from(nlohmann::json::parse(to_json(metrc).dump()))) == to_json(metrc));
}

TEST_CASE("of two states the same one is the later wherever they meet") {
  account_state a{.version = 1, .username = "a"}, b{.version = 2, .username = "b"};
  CHECK(is_later(b, a));
  CHECK_FALSE(is_later(a, b));
  a.version = 2;
  CHECK(is_later(a, b) != is_later(b, a));
  CHECK_FALSE(is_later(a, a));
}
