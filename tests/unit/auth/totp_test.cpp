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

TEST_CASE("the one-time passwords of RFC 6238 appendix B, SHA-1") {
  struct row {
    long long time;
    const char* code;
  };
  for (const auto& [time, code] :
       {row{59, "94287082"}, row{1111111109, "07081804"}, row{1111111111, "14050471"},
        row{1234567890, "89005924"}, row{2000000000, "69279037"}}) {
    const auto step = t3api::totp_step_at(t3api::wall_time(std::chrono::seconds(time)));
    CHECK(t3api::hotp(rfc_key, static_cast<std::uint64_t>(step), 8) == code);
  }
  // The last vector, of the year 2603, lies beyond what a clock of nanoseconds can say.
  CHECK(t3api::hotp(rfc_key, 20000000000 / 30, 8) == "65353130");
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
