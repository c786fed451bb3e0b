#include <doctest/doctest.h>

#include <barrier>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
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

constexpr const char* otp_seed = "JBSWY3DPEHPK3PXP";

std::string otp_at(std::chrono::seconds since_start) {
  return std::string(
      t3api::totp(otp_seed, t3api::totp_step_at(t3api::wall_time(test::start_of_time + since_start)))
          .reveal());
}

t3api::response undated_states() { return test::answer(200, "[]"); }
t3api::response states_at(std::chrono::seconds since_start) {
  return test::answer(200, "[]", {{"Date", test::date_after(since_start)}});
}

/// A clock whose wall time can be set, as NTP or a user does, while its steady time goes on.
class clock_that_is_set final : public t3api::clock {
 public:
  t3api::steady_time now() const override { return running_->now(); }
  t3api::wall_time wall_now() const override { return running_->wall_now() + wall_set_by_; }
  bool wait_until(t3api::steady_time when, std::stop_token stop) override {
    return running_->wait_until(when, std::move(stop));
  }
  void advance(std::chrono::seconds by) { running_->advance(by); }
  void set_wall(std::chrono::seconds by) { wall_set_by_ += by; }
  std::vector<t3api::manual_clock::duration> waits() const { return running_->waits(); }

 private:
  const std::shared_ptr<t3api::manual_clock> running_ = test::make_clock();
  std::chrono::seconds wall_set_by_{};
};

/// A source of passwords and the call it works for. The first second of its clock is the eleventh of a step;
/// where nothing is scripted nobody tells the time, and that clock counts.
template <class Clock>
struct bench_with {
  std::shared_ptr<Clock> clock;
  memory_store shared{clock};
  test::fake_exchange via{clock, 10min};

  one_time_passwords<memory_store> source(used_otp policy = used_otp::wait,
                                          const char* written = otp_seed) const {
    return {t3api::secret(), written, policy, shared};
  }
  std::string first_code_when_states_say(t3api::outcome said) {
    via.script.reply(std::move(said));
    auto passwords = source();
    return std::string(passwords.next(via, false).value().reveal());
  }
};

struct otp_bench : bench_with<t3api::manual_clock> {
  otp_bench() : bench_with{test::make_clock()} {}
};
struct bench_with_clock_that_is_set : bench_with<clock_that_is_set> {
  bench_with_clock_that_is_set() : bench_with{std::make_shared<clock_that_is_set>()} {}
};

}  // namespace

TEST_CASE("an account without second factor has an empty password, and nobody is asked for the time") {
  otp_bench b;
  one_time_passwords<memory_store> passwords({}, {}, used_otp::wait, b.shared);
  CHECK(passwords.next(b.via, false).value().empty());
  CHECK(passwords.next(b.via, false).value().empty());
  CHECK(b.via.script.requests().empty());
  CHECK(b.shared.size() == 0);
}

TEST_CASE("a code that was given is good for one exchange, again if that never left") {
  otp_bench b;
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
  otp_bench b;
  auto passwords = b.source();
  CHECK(passwords.next(b.via, false).value().reveal() == otp_at(0s));
  CHECK(b.clock->waits().empty());
  CHECK(passwords.next(b.via, false).value().reveal() == otp_at(30s));
  CHECK(passwords.next(b.via, false).value().reveal() == otp_at(60s));
  CHECK(b.clock->waits() == std::vector<t3api::manual_clock::duration>{20s, 30s});
}

TEST_CASE("a clock that is set back a little brings no code but a later one") {
  for (const auto& [back, waits] :
       std::vector<std::pair<std::chrono::seconds, std::vector<t3api::manual_clock::duration>>>{
           {30s, {20s, 30s}}, {60s, {20s, 30s, 30s}}}) {
    bench_with_clock_that_is_set b;
    auto passwords = b.source();
    CHECK(passwords.next(b.via, false).value().reveal() == otp_at(0s));
    b.clock->set_wall(-back);
    CHECK(passwords.next(b.via, false).value().reveal() == otp_at(30s));
    CHECK(b.clock->waits() == waits);
  }
}

TEST_CASE("a clock that was ahead at a login and is set back blocks no code") {
  for (const auto ahead : std::vector<std::chrono::seconds>{90s, 1h, 24h * 365}) {
    bench_with_clock_that_is_set b;
    b.clock->set_wall(ahead);
    auto passwords = b.source();
    CHECK(passwords.next(b.via, false).value().reveal() == otp_at(ahead));
    b.clock->set_wall(-ahead);
    CHECK(passwords.next(b.via, false).value().reveal() == otp_at(0s));
    CHECK(b.clock->waits().empty());
    CHECK(passwords.next(b.via, false).value().reveal() == otp_at(30s));
  }
}

TEST_CASE("with used_otp::fail a used code is an error at once") {
  otp_bench b;
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
  CHECK(passwords.next(b.via, false).value().reveal() == otp_at(30s));
}

TEST_CASE("a code that would come at the deadline or behind it is not waited for") {
  otp_bench b;
  auto passwords = b.source();
  REQUIRE(passwords.next(b.via, false));
  test::fake_exchange hurried(b.clock, 20s);
  CHECK(passwords.next(hurried, false).error().category == error_category::timeout);
  CHECK(b.clock->waits().empty());
  test::fake_exchange patient(b.clock, 20s + 1ms);
  CHECK(passwords.next(patient, false));
}

TEST_CASE("a wait for the next code can be cancelled, and uses none up") {
  otp_bench b;
  auto passwords = b.source();
  REQUIRE(passwords.next(b.via, false));
  test::fake_exchange other(b.clock, 10min);
  other.stop_source.request_stop();
  const auto cancelled = passwords.next(other, false);
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().category == error_category::cancelled);
  CHECK(passwords.next(b.via, false).value().reveal() == otp_at(30s));
}

TEST_CASE("a code that never left is still good, also for another who shares the store") {
  otp_bench b;
  auto passwords = b.source();
  REQUIRE(passwords.next(b.via, false));
  CHECK(passwords.next(b.via, true).value().reveal() == otp_at(0s));
  auto others = b.source(used_otp::fail);
  CHECK_FALSE(others.next(b.via, false));
  b.clock->advance(20s);
  CHECK(passwords.next(b.via, true).value().reveal() == otp_at(30s));
  CHECK(passwords.next(b.via, false).value().reveal() == otp_at(60s));
}

TEST_CASE("a code is not used again by another source that shares the store, however its seed is written") {
  for (const char* written :
       {"JBSWY3DPEHPK3PXP", "jbsw y3dp ehpk 3pxp", "JBSW-Y3DP-EHPK-3PXP", "JBSWY3DPEHPK3PXP======"}) {
    CAPTURE(written);
    otp_bench b;
    auto first = b.source();
    auto second = b.source(used_otp::wait, written);
    CHECK(first.next(b.via, false).value().reveal() == otp_at(0s));
    CHECK(second.next(b.via, false).value().reveal() == otp_at(30s));
  }
}

TEST_CASE("codes of different seeds have nothing to do with each other") {
  otp_bench b;
  auto first = b.source();
  auto second = b.source(used_otp::wait, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  REQUIRE(first.next(b.via, false));
  REQUIRE(second.next(b.via, false));
  CHECK(b.clock->waits().empty());
}

TEST_CASE("threads that share a store never get the same code") {
  otp_bench b;
  constexpr int threads = 4;
  constexpr int rounds = 100;
  std::vector<std::set<std::string>> got(rounds);
  std::mutex mutex;
  std::barrier next_step(threads, [&]() noexcept { b.clock->advance(30s); });
  std::vector<std::jthread> users;
  for (int i = 0; i < threads; ++i) {
    users.emplace_back([&] {
      test::fake_exchange via(b.clock, 24h);
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
  otp_bench b;
  std::vector<std::string> told;
  one_time_passwords<test::told_store> passwords({}, otp_seed, used_otp::wait, test::told_store{&told});
  REQUIRE(passwords.next(b.via, false));
  REQUIRE_FALSE(told.empty());
  for (const auto& text : told) {
    CHECK(text.find(otp_seed) == std::string::npos);
    CHECK(text.find(otp_at(0s)) == std::string::npos);
  }
}

TEST_CASE("a store that fails or throws keeps nobody from a code") {
  const auto check = [](auto store) {
    otp_bench b;
    one_time_passwords<decltype(store)> passwords({}, otp_seed, used_otp::wait, store);
    CHECK(passwords.next(b.via, false).value().reveal() == otp_at(0s));
    CHECK(passwords.next(b.via, true).value().reveal() == otp_at(0s));
    CHECK(passwords.next(b.via, false).value().reveal() == otp_at(30s));
  };
  SUBCASE("fails") { check(test::failing_store{}); }
  SUBCASE("throws") { check(test::throwing_store{}); }
}

TEST_CASE("the time is asked once for each login, by a request that carries nothing") {
  otp_bench b;
  auto passwords = b.source();
  for (std::size_t logins = 1; logins <= 3; ++logins) {
    b.via.script.reply(undated_states());
    REQUIRE(passwords.next(b.via, false));
    REQUIRE(b.via.script.requests().size() == logins);
  }
  for (const auto& sent : b.via.script.requests()) {
    CHECK(sent.method == t3api::method::get);
    CHECK(sent.path == "/v2/states");
    CHECK(sent.query.empty());
    CHECK(sent.headers.get("Cache-Control") == "no-cache");
    CHECK(sent.headers.size() == 1);
    CHECK(sent.body.empty());
  }
}

TEST_CASE("a local clock that is set by six hours between two logins makes no wrong code") {
  using offsets = std::pair<std::chrono::seconds, std::chrono::seconds>;
  for (const auto& [first, second] : {offsets{0h, 6h}, {0h, -6h}, {6h, 0h}, {-6h, 0h}, {-6h, 6h}}) {
    bench_with_clock_that_is_set b;
    auto passwords = b.source();
    b.clock->set_wall(first);
    b.via.script.reply(states_at(0s));
    CHECK(passwords.next(b.via, false).value().reveal() == otp_at(0s));
    b.clock->set_wall(second - first);
    b.clock->advance(40s);
    b.via.script.reply(states_at(40s));
    CHECK(passwords.next(b.via, false).value().reveal() == otp_at(40s));
    CHECK(b.clock->waits().empty());
  }
}

TEST_CASE("a local clock that is a day off is corrected by the server's date") {
  for (const auto ahead : {24h, -24h}) {
    otp_bench b;
    CHECK(b.first_code_when_states_say(states_at(ahead + 3s)) == otp_at(ahead + 3s));
  }
}

TEST_CASE("the next code is waited for by the server's clock") {
  otp_bench b;
  b.via.script.reply(states_at(24h + 12s)).reply(states_at(24h + 12s));  // the 23rd second of a step
  auto passwords = b.source();
  REQUIRE(passwords.next(b.via, false));
  CHECK(passwords.next(b.via, false).value().reveal() == otp_at(24h + 30s));
  CHECK(b.clock->waits() == std::vector<t3api::manual_clock::duration>{8s});
}

TEST_CASE("a difference of a few seconds, which may be the way of the answer, is none") {
  for (const auto ahead : {5s, -5s}) {
    otp_bench b;
    b.clock->advance(ahead > 0s ? 18s : -8s);  // so that it lies in another step
    const auto local = b.clock->wall_now() - t3api::wall_time(test::start_of_time);
    const auto since_start = std::chrono::floor<std::chrono::seconds>(local);
    REQUIRE(otp_at(since_start) != otp_at(since_start + ahead));
    CHECK(b.first_code_when_states_say(states_at(since_start + ahead)) == otp_at(since_start));
  }
  otp_bench b;
  b.clock->advance(14s);
  CHECK(b.first_code_when_states_say(states_at(20s)) == otp_at(20s));
}

TEST_CASE("only success tells the time, as an error may be a proxy's") {
  for (const int status : {206, 302, 401, 403, 404, 407, 429, 500, 502, 503, 504}) {
    CAPTURE(status);
    otp_bench b;
    CHECK(b.first_code_when_states_say(test::answer(status, "", {{"Date", test::date_after(24h)}})) ==
          otp_at(0s));
  }
}

TEST_CASE("the date of an answer out of a cache is corrected by its age") {
  const auto cached = [](std::chrono::seconds date, const char* age) {
    return test::answer(200, "[]", {{"Date", test::date_after(date)}, {"Age", age}});
  };
  for (const auto& answer : {cached(-1h, "3600"), cached(0s, "3600"), cached(24h, "soon")}) {
    otp_bench b;
    CHECK(b.first_code_when_states_say(answer) == otp_at(0s));
  }
  otp_bench b;
  CHECK(b.first_code_when_states_say(cached(23h, "3600")) == otp_at(24h));
}

TEST_CASE("without a date that can be believed the local clock counts") {
  for (const char* date :
       {"", "yesterday", "Sun, 09 Sep 2001 25:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
        "Sat, 01 Jan 0000 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 09 Sep 2002 01:46:41 GMT"}) {
    CAPTURE(date);
    otp_bench b;
    CHECK(b.first_code_when_states_say(test::answer(200, "[]", {{"Date", date}})) == otp_at(0s));
  }
  otp_bench b;
  CHECK(b.first_code_when_states_say(undated_states()) == otp_at(0s));
}

TEST_CASE("when the time cannot be asked the local clock counts for this login") {
  const t3api::error timeout{.category = error_category::timeout, .message = "no answer", .retryable = true};
  const t3api::error garbage{.category = error_category::protocol, .message = "no HTTP", .sent = true};
  for (const auto& failure : {test::cut(), test::never_sent(), timeout, garbage}) {
    CAPTURE(failure.message);
    otp_bench b;
    CHECK(b.first_code_when_states_say(failure) == otp_at(0s));
  }
  otp_bench b;
  auto passwords = b.source();
  b.via.script.reply(states_at(24h)).reply(timeout).reply(states_at(24h + 30s));
  CHECK(passwords.next(b.via, false).value().reveal() == otp_at(24h));
  CHECK(passwords.next(b.via, false).value().reveal() == otp_at(0s));
  CHECK(passwords.next(b.via, false).value().reveal() == otp_at(24h + 30s));
  CHECK(b.clock->waits().empty());
}

TEST_CASE("a call that is over while the time is asked uses no code up") {
  otp_bench b;
  auto passwords = b.source();
  error_category expected{};
  SUBCASE("cancelled") {
    expected = error_category::cancelled;
    b.via.script.reply(t3api::error{.category = expected, .message = "over"});
  }
  SUBCASE("at its deadline") {
    expected = error_category::timeout;
    b.via.script.reply_with([&](const t3api::request&) -> t3api::outcome {
      b.clock->advance(10min);
      return t3api::error{.category = error_category::timeout, .message = "over"};
    });
  }
  const auto over = passwords.next(b.via, false);
  REQUIRE_FALSE(over);
  CHECK(over.error().category == expected);
  CHECK(over.error().message == "over");
  CHECK(b.shared.size() == 0);
  test::fake_exchange later(b.clock, 10min);
  CHECK(passwords.next(later, false));
  CHECK(b.clock->waits().empty());
}
