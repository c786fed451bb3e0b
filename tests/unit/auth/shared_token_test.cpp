#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/client_kit.hpp"
#include "tests/unit/auth/broken_stores.hpp"

#include <t3api/auth/shared_token.hpp>
#include <t3api/store/memory.hpp>

using namespace std::chrono_literals;
using t3api::memory_store;
using t3api::detail::shared_token;
using turn = shared_token<memory_store>::turn;

namespace {

const t3api::url here = t3api::parse_url("https://one.example").value();

/// What every user of one store sees; each `user` stands for a process.
struct shared_bench {
  std::shared_ptr<t3api::manual_clock> clock = test::make_clock();
  memory_store kept{clock};

  shared_token<memory_store> user(const std::string& account = "account",
                                  const std::string& credentials = "credentials") const {
    return {kept, account, credentials, 10s};
  }
};

}  // namespace

TEST_CASE("a token that one keeps is found by another, with the time it has left") {
  shared_bench b;
  auto one = b.user();
  auto other = b.user();
  CHECK_FALSE(other.find(here, ""));
  one.keep(here, "token-1", 60s);
  b.clock->advance(20s);
  const auto found = other.find(here, "");
  REQUIRE(found);
  CHECK(found->jwt.reveal() == "token-1");
  CHECK(found->time_left == 40s);
  b.clock->advance(40s);
  CHECK_FALSE(other.find(here, ""));
}

TEST_CASE("a token that the caller has already is not found") {
  shared_bench b;
  auto one = b.user();
  one.keep(here, "token-1", 1h);
  CHECK_FALSE(one.find(here, "token-1"));
  CHECK(one.find(here, "token-0"));
}

TEST_CASE("what cannot be a token is not found, whoever put it there") {
  shared_bench b;
  auto one = b.user();
  for (const std::string& text : {std::string("a\r\nX-Other: b"), std::string("two words"), std::string(),
                                  std::string(1'000'000, 't')}) {
    one.keep(here, text, 1h);
    CHECK_FALSE(one.find(here, ""));
  }
}

TEST_CASE("a token that was issued before the caller's is not found") {
  shared_bench b;
  auto one = b.user();
  const auto issued = [](int second) { return test::jwt_of({{"iat", second}}); };
  one.keep(here, issued(100), 1h);
  CHECK_FALSE(one.find(here, issued(101)));
  CHECK(one.find(here, issued(99)));
  CHECK(one.find(here, test::jwt_of({{"iat", 100}, {"sub", "another of the same second"}})));
  CHECK(one.find(here, "opaque"));
  one.keep(here, "opaque", 1h);
  CHECK(one.find(here, issued(101)));
}

TEST_CASE("a token is found for its account, host, port and path only") {
  shared_bench b;
  b.user().keep(here, "token-1", 1h);
  CHECK(b.user("account", "other credentials").find(here, ""));
  CHECK_FALSE(b.user("other account").find(here, ""));
  for (const char* other :
       {"https://two.example", "http://one.example", "https://one.example:8443", "https://one.example/t3"}) {
    CAPTURE(other);
    CHECK_FALSE(b.user().find(t3api::parse_url(other).value(), ""));
  }
}

TEST_CASE("one at a time has the turn, until it ends it or the lease ends") {
  shared_bench b;
  auto one = b.user();
  auto other = b.user();
  CHECK(one.begin_turn(here) == turn::ours);
  CHECK(other.begin_turn(here) == turn::anothers);
  other.end_turn(here);  // not its own, so nothing
  CHECK(other.begin_turn(here) == turn::anothers);
  one.end_turn(here);
  CHECK(other.begin_turn(here) == turn::ours);
  b.clock->advance(10s - 1ms);
  CHECK(one.begin_turn(here) == turn::anothers);
  b.clock->advance(1ms);
  CHECK(one.begin_turn(here) == turn::ours);
  CHECK(b.user("other account").begin_turn(here) == turn::ours);
  CHECK(one.lease() == 10s);
}

TEST_CASE("a refusal counts for a minute, for the same credentials at the same host") {
  shared_bench b;
  b.user().keep_refusal(
      here, {.category = t3api::error_category::authentication, .message = "wrong", .status = 422});
  const auto refused = b.user().refusal(here);
  REQUIRE(refused);
  CHECK(refused->category == t3api::error_category::authentication);
  CHECK(refused->message == "wrong");
  CHECK_FALSE(refused->sent);
  CHECK_FALSE(refused->retryable);
  CHECK_FALSE(b.user("account", "other credentials").refusal(here));
  CHECK_FALSE(b.user("other account").refusal(here));
  CHECK_FALSE(b.user().refusal(t3api::parse_url("https://two.example").value()));
  b.clock->advance(60s - 1ms);
  CHECK(b.user().refusal(here));
  b.clock->advance(1ms);
  CHECK_FALSE(b.user().refusal(here));
}

TEST_CASE("a store that fails or throws has nothing and lets everyone go ahead") {
  const auto check = [](auto store) {
    using shared = shared_token<decltype(store)>;
    shared user(store, "account", "credentials", 10s);
    user.keep(here, "token-1", 1h);
    user.keep_refusal(here, {});
    CHECK_FALSE(user.find(here, ""));
    CHECK_FALSE(user.refusal(here));
    CHECK(user.begin_turn(here) == shared::turn::unknown);
    user.end_turn(here);
  };
  SUBCASE("fails") { check(test::failing_store{}); }
  SUBCASE("throws") { check(test::throwing_store{}); }
}

TEST_CASE("the names of what lies outside the process take a slow hash of the account, which is made once") {
  std::vector<std::string> told;
  shared_token<test::told_store> user(test::told_store{&told}, "account", "credentials", 10s);
  user.keep(here, "token-1", 1h);
  user.begin_turn(here);
  user.keep_refusal(here, {.message = "wrong"});
  const auto slow =
      t3api::detail::hex(t3api::detail::pbkdf2_sha256("account", "t3api shared token 2", 600'000));
  const auto of_credentials = t3api::detail::hex(t3api::detail::hmac_sha256(slow, "credentials"));
  REQUIRE(told.size() == 6);
  CHECK(told[0] == "token https://one.example " + slow);
  CHECK(told[2] == "turn https://one.example " + slow);
  CHECK(told[4] == "refusal https://one.example " + of_credentials);
}
