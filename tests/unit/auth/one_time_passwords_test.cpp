#include <doctest/doctest.h>

#include <barrier>
#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/client_kit.hpp"
#include "tests/unit/auth/broken_stores.hpp"

#include <t3api/auth/one_time_passwords.hpp>
#include <t3api/store/memory.hpp>

using namespace std::chrono_literals;
using t3api::error_category;
using t3api::memory_store;
using t3api::used_otp;
using t3api::detail::one_time_passwords;

namespace {

constexpr const char* seed = "JBSWY3DPEHPK3PXP";

std::string code_at(std::chrono::seconds since_start) {
  return std::string(
      t3api::totp(seed, t3api::totp_step_at(t3api::wall_time(test::start_of_time + since_start))).reveal());
}

t3api::response states() { return test::answer(200, "[]"); }
t3api::response states_at(std::chrono::seconds since_start) {
  return test::answer(200, "[]", {{"Date", test::date_after(since_start)}});
}

/// A source of passwords and the call it works for. The first second of its clock is the eleventh of a step.
struct bench {
  std::shared_ptr<t3api::manual_clock> clock = test::make_clock();
  memory_store shared{clock};
  test::fake_exchange via{clock, 10min};

  one_time_passwords<memory_store> source(used_otp policy = used_otp::wait,
                                          const char* written = seed) const {
    return {t3api::secret(), written, policy, shared};
  }
  std::string first_code_when_states_say(t3api::outcome said) {
    via.script.reply(std::move(said));
    auto passwords = source();
    return std::string(passwords.next(via, false).value().reveal());
  }
};

}  // namespace

TEST_CASE("an account without second factor has an empty password, and nobody is asked for the time") {
  bench b;
  one_time_passwords<memory_store> passwords({}, {}, used_otp::wait, b.shared);
  CHECK(passwords.next(b.via, false).value().empty());
  CHECK(passwords.next(b.via, false).value().empty());
  CHECK(b.via.script.requests().empty());
  CHECK(b.shared.size() == 0);
}

TEST_CASE("a code that was given is good for one exchange, again if that never left") {
  bench b;
  one_time_passwords<memory_store> passwords("123456", {}, used_otp::wait, b.shared);
  CHECK(passwords.next(b.via, false).value().reveal() == "123456");
  CHECK(passwords.next(b.via, true).value().reveal() == "123456");
  for (int i = 0; i < 2; ++i) {
    const auto used = passwords.next(b.via, false);
    REQUIRE_FALSE(used);
    CHECK(used.error().category == error_category::authentication);
    CHECK(used.error().message.find("123456") == std::string::npos);
  }
  CHECK(b.via.script.requests().empty());
}

TEST_CASE("no code is given out twice within its step: the next one is waited for") {
  bench b;
  b.via.script.reply(states());
  auto passwords = b.source();
  CHECK(passwords.next(b.via, false).value().reveal() == code_at(0s));
  CHECK(b.clock->waits().empty());
  CHECK(passwords.next(b.via, false).value().reveal() == code_at(30s));
  CHECK(passwords.next(b.via, false).value().reveal() == code_at(60s));
  CHECK(b.clock->waits() == std::vector<t3api::manual_clock::duration>{20s, 30s});
}

TEST_CASE("a clock that is set back brings no used code again") {
  bench b;
  b.via.script.reply(states());
  auto passwords = b.source();
  b.clock->advance(1h);
  CHECK(passwords.next(b.via, false).value().reveal() == code_at(1h));
  b.clock->advance(-1h);
  CHECK(passwords.next(b.via, false).error().category == error_category::timeout);
}

TEST_CASE("with used_otp::fail a used code is an error at once") {
  bench b;
  b.via.script.reply(states());
  auto passwords = b.source(used_otp::fail);
  REQUIRE(passwords.next(b.via, false));
  const auto used = passwords.next(b.via, false);
  REQUIRE_FALSE(used);
  CHECK(used.error().category == error_category::timeout);
  CHECK(used.error().retryable);
  CHECK_FALSE(used.error().sent);
  CHECK(used.error().message ==
        "the one-time password of this half minute has been used, and the next comes after the call's "
        "deadline or is "
        "not to be waited for: try again in half a minute");
  CHECK(b.clock->waits().empty());
  b.clock->advance(20s);
  CHECK(passwords.next(b.via, false).value().reveal() == code_at(30s));
}

TEST_CASE("a code that would come at the deadline or behind it is not waited for") {
  bench b;
  b.via.script.reply(states());
  auto passwords = b.source();
  REQUIRE(passwords.next(b.via, false));
  test::fake_exchange hurried(b.clock, 20s);
  CHECK(passwords.next(hurried, false).error().category == error_category::timeout);
  CHECK(b.clock->waits().empty());
  test::fake_exchange patient(b.clock, 20s + 1ms);
  CHECK(passwords.next(patient, false));
}

TEST_CASE("a wait for the next code can be cancelled, and uses none up") {
  bench b;
  b.via.script.reply(states());
  auto passwords = b.source();
  REQUIRE(passwords.next(b.via, false));
  test::fake_exchange other(b.clock, 10min);
  other.stop_source.request_stop();
  const auto cancelled = passwords.next(other, false);
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().category == error_category::cancelled);
  CHECK(passwords.next(b.via, false).value().reveal() == code_at(30s));
}

TEST_CASE("a code that never left is still good, also for another who shares the store") {
  bench b;
  b.via.script.reply(states()).reply(states());
  auto passwords = b.source();
  REQUIRE(passwords.next(b.via, false));
  CHECK(passwords.next(b.via, true).value().reveal() == code_at(0s));
  auto others = b.source(used_otp::fail);
  CHECK_FALSE(others.next(b.via, false));
  b.clock->advance(20s);
  CHECK(passwords.next(b.via, true).value().reveal() == code_at(30s));
  CHECK(passwords.next(b.via, false).value().reveal() == code_at(60s));
}

TEST_CASE("a code is not used again by another source that shares the store, however its seed is written") {
  for (const char* written :
       {"JBSWY3DPEHPK3PXP", "jbsw y3dp ehpk 3pxp", "JBSW-Y3DP-EHPK-3PXP", "JBSWY3DPEHPK3PXP======"}) {
    CAPTURE(written);
    bench b;
    b.via.script.reply(states()).reply(states());
    auto first = b.source();
    auto second = b.source(used_otp::wait, written);
    CHECK(first.next(b.via, false).value().reveal() == code_at(0s));
    CHECK(second.next(b.via, false).value().reveal() == code_at(30s));
  }
}

TEST_CASE("codes of different seeds have nothing to do with each other") {
  bench b;
  b.via.script.reply(states()).reply(states());
  auto first = b.source();
  auto second = b.source(used_otp::wait, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  REQUIRE(first.next(b.via, false));
  REQUIRE(second.next(b.via, false));
  CHECK(b.clock->waits().empty());
}

TEST_CASE("threads that share a store never get the same code") {
  bench b;
  constexpr int threads = 4;
  constexpr int rounds = 100;
  std::vector<std::set<std::string>> got(rounds);
  std::mutex mutex;
  std::barrier next_step(threads, [&]() noexcept { b.clock->advance(30s); });
  std::vector<std::jthread> users;
  for (int i = 0; i < threads; ++i) {
    users.emplace_back([&] {
      test::fake_exchange via(b.clock, 24h);
      via.script.reply(states());
      auto passwords = b.source(used_otp::fail);
      for (std::size_t round = 0; round < rounds; ++round) {
        next_step.arrive_and_wait();
        const auto code = passwords.next(via, false);
        if (!code) continue;
        const std::scoped_lock lock(mutex);
        CHECK(got[round].insert(std::string(code->reveal())).second);
      }
    });
  }
  users.clear();
  for (const auto& codes : got) CHECK(codes.size() == 1);
}

TEST_CASE("no name in the store tells the seed") {
  bench b;
  std::vector<std::string> told;
  b.via.script.reply(states());
  one_time_passwords<test::told_store> passwords({}, seed, used_otp::wait, test::told_store{&told});
  REQUIRE(passwords.next(b.via, false));
  REQUIRE_FALSE(told.empty());
  for (const auto& text : told) {
    CHECK(text.find(seed) == std::string::npos);
    CHECK(text.find(code_at(0s)) == std::string::npos);
  }
}

TEST_CASE("a store that fails or throws keeps nobody from a code") {
  const auto check = [](auto store) {
    bench b;
    b.via.script.reply(states());
    one_time_passwords<decltype(store)> passwords({}, seed, used_otp::wait, store);
    CHECK(passwords.next(b.via, false).value().reveal() == code_at(0s));
    CHECK(passwords.next(b.via, true).value().reveal() == code_at(0s));
    CHECK(passwords.next(b.via, false).value().reveal() == code_at(30s));
  };
  SUBCASE("fails") { check(test::failing_store{}); }
  SUBCASE("throws") { check(test::throwing_store{}); }
}

TEST_CASE("the time is asked once, by a request that carries nothing") {
  bench b;
  b.via.script.reply(states());
  auto passwords = b.source();
  for (int i = 0; i < 3; ++i) REQUIRE(passwords.next(b.via, false));
  const auto sent = b.via.script.requests();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].method == t3api::method::get);
  CHECK(sent[0].path == "/v2/states");
  CHECK(sent[0].query.empty());
  CHECK(sent[0].headers.empty());
  CHECK(sent[0].body.empty());
}

TEST_CASE("a local clock that is a day off is corrected by the server's date") {
  for (const auto ahead : {24h, -24h}) {
    bench b;
    CHECK(b.first_code_when_states_say(states_at(ahead + 3s)) == code_at(ahead + 3s));
  }
}

TEST_CASE("the next code is waited for by the server's clock") {
  bench b;
  b.via.script.reply(states_at(24h + 12s));  // the 23rd second of a step
  auto passwords = b.source();
  REQUIRE(passwords.next(b.via, false));
  CHECK(passwords.next(b.via, false).value().reveal() == code_at(24h + 30s));
  CHECK(b.clock->waits() == std::vector<t3api::manual_clock::duration>{8s});
}

TEST_CASE("a difference of a few seconds, which may be the way of the answer, is none") {
  for (const auto ahead : {5s, -5s}) {
    bench b;
    b.clock->advance(ahead > 0s ? 18s : -8s);  // so that it lies in another step
    const auto local = b.clock->wall_now() - t3api::wall_time(test::start_of_time);
    const auto since_start = std::chrono::floor<std::chrono::seconds>(local);
    REQUIRE(code_at(since_start) != code_at(since_start + ahead));
    CHECK(b.first_code_when_states_say(states_at(since_start + ahead)) == code_at(since_start));
  }
  bench b;
  b.clock->advance(14s);
  CHECK(b.first_code_when_states_say(states_at(20s)) == code_at(20s));
}

TEST_CASE("the date of an answer counts whatever its status") {
  for (const int status : {401, 404, 429, 500, 503}) {
    bench b;
    CHECK(b.first_code_when_states_say(test::answer(status, "", {{"Date", test::date_after(24h)}})) ==
          code_at(24h));
  }
}

TEST_CASE("without a date that can be believed the local clock counts") {
  for (const char* date : {"", "yesterday", "Sun, 09 Sep 2001 25:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
                           "Sat, 01 Jan 0000 00:00:00 GMT"}) {
    CAPTURE(date);
    bench b;
    CHECK(b.first_code_when_states_say(test::answer(200, "[]", {{"Date", date}})) == code_at(0s));
  }
  bench b;
  CHECK(b.first_code_when_states_say(states()) == code_at(0s));
}

TEST_CASE("when the time cannot be asked the local clock counts, and the next exchange asks again") {
  bench b;
  b.via.script.reply(test::cut()).reply(test::never_sent()).reply(states_at(24h + 20s)).reply(states());
  auto passwords = b.source();
  CHECK(passwords.next(b.via, false).value().reveal() == code_at(0s));
  CHECK(passwords.next(b.via, false).value().reveal() == code_at(30s));
  CHECK(passwords.next(b.via, false).value().reveal() == code_at(24h + 20s));
  CHECK(passwords.next(b.via, false));
  CHECK(b.via.script.requests().size() == 3);
}

TEST_CASE("a call that is over while the time is asked uses no code up") {
  for (const auto category : {error_category::cancelled, error_category::timeout}) {
    bench b;
    b.via.script.reply(t3api::error{.category = category, .message = "over"}).reply(states());
    auto passwords = b.source();
    const auto over = passwords.next(b.via, false);
    REQUIRE_FALSE(over);
    CHECK(over.error().category == category);
    CHECK(b.shared.size() == 0);
    CHECK(passwords.next(b.via, false).value().reveal() == code_at(0s));
    CHECK(b.clock->waits().empty());
  }
}
