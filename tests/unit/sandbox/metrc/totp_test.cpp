#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <t3api/sandbox/metrc/totp.hpp>

using namespace t3api::sandbox;
using t3api::wall_time;

namespace {

wall_time at(std::int64_t seconds) { return wall_time(std::chrono::seconds(seconds)); }

constexpr const char* rfc_key = "12345678901234567890";

}  // namespace

TEST_CASE("one-time passwords are those of RFC 6238 appendix B, cut to six digits") {
  CHECK(totp_code(rfc_key, totp_step(at(59))) == "287082");
  CHECK(totp_code(rfc_key, totp_step(at(1111111109))) == "081804");
  CHECK(totp_code(rfc_key, totp_step(at(1111111111))) == "050471");
  CHECK(totp_code(rfc_key, totp_step(at(1234567890))) == "005924");
  CHECK(totp_code(rfc_key, totp_step(at(2000000000))) == "279037");
  CHECK(totp_code(rfc_key, 20'000'000'000 / 30) ==
        "353130");  // Later than a 64-bit clock of nanoseconds can tell.
}

TEST_CASE("the codes of counters 0 to 9 are those of RFC 4226 appendix D") {
  const std::vector<std::string> codes = {"755224", "287082", "359152", "969429", "338314",
                                          "254676", "287922", "162583", "399871", "520489"};
  for (std::size_t i = 0; i < codes.size(); ++i)
    CHECK(totp_code(rfc_key, static_cast<std::int64_t>(i)) == codes[i]);
}

TEST_CASE("the steps beside the present one are accepted, those further away are not") {
  const auto now = at(1'700'000'000);
  const auto step = totp_step(now);
  for (const int distance : {-1, 0, 1}) {
    CHECK(otp_verifier(rfc_key).judge(totp_code(rfc_key, step + distance), now) == otp_verdict::accepted);
  }
  for (const int distance : {-2, 2}) {
    CHECK(otp_verifier(rfc_key).judge(totp_code(rfc_key, step + distance), now) == otp_verdict::wrong);
  }
}

TEST_CASE("no step is accepted twice, nor one before the last") {
  const auto now = at(1'700'000'000);
  const auto step = totp_step(now);
  otp_verifier verifier(rfc_key);
  CHECK(verifier.judge(totp_code(rfc_key, step), now) == otp_verdict::accepted);
  CHECK(verifier.judge(totp_code(rfc_key, step), now) == otp_verdict::used);
  CHECK(verifier.judge(totp_code(rfc_key, step - 1), now) == otp_verdict::used);
  CHECK(verifier.judge(totp_code(rfc_key, step + 1), now) == otp_verdict::accepted);
  CHECK(verifier.judge(totp_code(rfc_key, step + 1), now + std::chrono::seconds(30)) == otp_verdict::used);
}

TEST_CASE("what is not six digits is wrong") {
  const auto now = at(1'700'000'000);
  otp_verifier verifier(rfc_key);
  const auto code = totp_code(rfc_key, totp_step(now));
  for (const auto& wrong : {std::string(), code.substr(1), "0" + code, code + " ", std::string("abcdef")}) {
    CHECK(verifier.judge(wrong, now) == otp_verdict::wrong);
  }
  CHECK(verifier.judge(code, now) == otp_verdict::accepted);
}

TEST_CASE("of many threads with the same code, one is let in") {
  const auto now = at(1'700'000'000);
  for (int round = 0; round < 50; ++round) {
    otp_verifier verifier(rfc_key);
    const auto code = totp_code(rfc_key, totp_step(now));
    std::atomic<int> accepted{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] { accepted += verifier.judge(code, now) == otp_verdict::accepted; });
    }
    for (auto& thread : threads) thread.join();
    REQUIRE(accepted == 1);
  }
}

TEST_CASE("a code that is only looked at is not used up") {
  const wall_time now{std::chrono::seconds(1111111109)};
  const auto code = totp_code(rfc_key, totp_step(now));
  otp_verifier verifier(rfc_key);
  CHECK(verifier.judge(code, now, false) == otp_verdict::used);
  CHECK(verifier.judge("000000", now, false) == otp_verdict::wrong);
  CHECK(verifier.judge(code, now) == otp_verdict::accepted);
}
