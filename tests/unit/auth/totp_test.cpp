#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>

#include <t3api/auth/totp.hpp>

using namespace std::chrono_literals;

namespace {

const std::string rfc_key = "12345678901234567890";

}  // namespace

TEST_CASE("the one-time passwords of RFC 4226 appendix D") {
  const char* codes[] = {"755224", "287082", "359152", "969429", "338314",
                         "254676", "287922", "162583", "399871", "520489"};
  for (std::uint64_t counter = 0; counter < 10; ++counter)
    CHECK(t3api::hotp(rfc_key, counter) == codes[counter]);
}

TEST_CASE("the numbers behind them, before they are cut to six digits") {
  const char* numbers[] = {"1284755224", "1094287082", "0137359152", "1726969429", "1640338314",
                           "0868254676", "1918287922", "0082162583", "0673399871", "0645520489"};
  for (std::uint64_t counter = 0; counter < 10; ++counter)
    CHECK(t3api::hotp(rfc_key, counter, 10) == numbers[counter]);
}

TEST_CASE("the one-time passwords of RFC 6238 appendix B, with each hash") {
  const std::string key_of_32 = rfc_key + "123456789012";
  const std::string key_of_64 = rfc_key + rfc_key + rfc_key + "1234";
  struct row {
    std::uint64_t time;
    const char *sha1, *sha256, *sha512;
  };
  for (const auto& [time, sha1, sha256, sha512] :
       {row{59, "94287082", "46119246", "90693936"}, row{1111111109, "07081804", "68084774", "25091201"},
        row{1111111111, "14050471", "67062674", "99943326"},
        row{1234567890, "89005924", "91819424", "93441116"},
        row{2000000000, "69279037", "90698825", "38618901"},
        row{20000000000, "65353130", "77737706", "47863826"}}) {
    // Not by `totp_step_at`: the last vector, of the year 2603, lies beyond what a clock of nanoseconds can
    // say.
    const std::uint64_t step = time / 30;
    CAPTURE(step);
    CHECK(t3api::hotp(rfc_key, step, 8) == sha1);
    CHECK(t3api::hotp(rfc_key, step, 8, t3api::otp_hash::sha1) == sha1);
    CHECK(t3api::hotp(key_of_32, step, 8, t3api::otp_hash::sha256) == sha256);
    CHECK(t3api::hotp(key_of_64, step, 8, t3api::otp_hash::sha512) == sha512);
  }
}

TEST_CASE("a step lasts thirty seconds") {
  const auto step_at = [](auto time) { return t3api::totp_step_at(t3api::wall_time(time)); };
  CHECK(step_at(0s) == 0);
  CHECK(step_at(29999ms) == 0);
  CHECK(step_at(30s) == 1);
  CHECK(step_at(1111111109s) == 0x23523EC);
  CHECK(step_at(1111111111s) == 0x23523ED);
}

TEST_CASE("an authenticator's seed gives the six digits it shows") {
  // Base32 of the key in the RFCs.
  CHECK(t3api::totp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 1).reveal() == "287082");
  CHECK(t3api::totp("gezd gnbv gy3t qojq gezd gnbv gy3t qojq", 1).reveal() == "287082");
  CHECK(t3api::totp(" GEZDGNBV-GY3TQOJQ-GEZDGNBV-GY3TQOJQ==== ", 1).reveal() == "287082");
  CHECK(t3api::totp("JBSWY3DPEHPK3PXP", 0).reveal() == "282760");
}

TEST_CASE("a seed that is no Base32 is refused without being shown") {
  for (const char* seed : {"", " ", "====", "hunter2!", "0189", "GEZD=GNBV"}) {
    CHECK_THROWS_WITH_AS(
        t3api::totp(seed, 0),
        "the one-time password seed is not Base32: it has the letters A-Z and the digits 2-7 only",
        std::invalid_argument);
  }
}
