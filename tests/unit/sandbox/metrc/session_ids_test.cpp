#include <doctest/doctest.h>

#include <string>

#include <t3api/detail/base64url.hpp>
#include <t3api/detail/seal.hpp>
#include <t3api/sandbox/metrc/session_ids.hpp>

using namespace t3api::sandbox;
using namespace std::chrono_literals;

namespace {

const t3api::secret key = "an example key of just 32 bytes.";
const open_session example{.account = "ca.metrc.com\nü \x01\xFF",
                           .start = t3api::wall_time(1'700'000'000s) + 123456us,
                           .metrc_epoch = 7,
                           .account_epoch = 8};

}  // namespace

TEST_CASE("an id says all there is to know of a session to who has the key") {
  const auto read = session_ids(key).read(session_ids(key).make(example));
  REQUIRE(read);
  CHECK(read->account == example.account);
  CHECK(read->start == example.start);
  CHECK(read->metrc_epoch == 7);
  CHECK(read->account_epoch == 8);
}

TEST_CASE("an id is new each time, and none without the key or when it was changed") {
  const session_ids ids(key);
  const auto id = ids.make(example);
  CHECK(ids.make(example) != id);
  CHECK_FALSE(session_ids("another key of just 32 bytes....").read(id));
  for (const std::string& wrong : {std::string(), id + "A", id.substr(4), std::string(5000, 'A')}) {
    CHECK_FALSE(ids.read(wrong));
  }
  for (const char* of_another_version : {"{}", "7", R"({"account":7,"start":1,"metrc":1,"epoch":1})"}) {
    CHECK_FALSE(ids.read(t3api::detail::base64url_encode(
        t3api::detail::seal(key.reveal(), of_another_version, "simulated metrc/session"))));
  }
}
