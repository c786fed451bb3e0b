#include <doctest/doctest.h>

#include <sys/stat.h>

#include <chrono>
#include <string>
#include <vector>

#include <t3api/environment/settings.hpp>

#include "tests/support/temporary_folder.hpp"
#include "tests/unit/environment/support.hpp"

using namespace std::chrono_literals;
using t3api::environment;
using t3api::read_settings;
using t3api::settings;
using t3api::test::options_of;
using t3api::test::variables;

namespace {

settings read(variables set, t3api::client_config base = {}, t3api::backoff_options retry = {}) {
  return read_settings(environment::load(options_of(std::move(set))).value(), base, retry).value();
}

std::string fault_of(const std::string& key, const std::string& value) {
  CAPTURE(key);
  CAPTURE(value);
  const auto refused = read_settings(environment::load(options_of({{key, value}})).value());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().category == t3api::error_category::argument);
  return refused.error().message;
}

void refuses(const std::string& key, const std::vector<std::string>& values, const std::string& advice) {
  for (const auto& value : values) {
    CHECK(fault_of(key, value) == key + " in the environment is '" + value + "': " + advice);
  }
}

}  // namespace

TEST_CASE("where nothing is set, everything given stays") {
  const auto all = read({}, {.host = "https://h", .timeout = 1s, .connect_timeout = 2s, .read_timeout = 3s},
                        {.max_attempts = 7, .base = 20s, .cap = 1s, .min_wait = 5ms});
  CHECK(all.client.host == "https://h");
  CHECK(all.client.timeout == 1s);
  CHECK(all.client.connect_timeout == 2s);
  CHECK(all.client.read_timeout == 3s);
  CHECK_FALSE(all.client.tls.dangerously_accept_any_certificate);
  CHECK(all.retry.max_attempts == 7);
  CHECK(all.retry.base == 20s);
  CHECK(all.retry.cap == 1s);
  CHECK(all.retry.min_wait == 5ms);
  CHECK(all.client.async_threads == 4);
  CHECK(all.client.batch_size == 4);
  CHECK_FALSE(all.client.rate_limit);
  CHECK(all.rules.otp_hostnames == std::vector<std::string>{"mi.metrc.com"});
  CHECK(all.rules.email_hostnames == std::vector<std::string>{"co.metrc.com"});
  CHECK_FALSE(all.log.http);
  CHECK_FALSE(all.log.headers);
  CHECK_FALSE(all.log.body);
  CHECK(all.log.file.empty());
  CHECK_FALSE(all.credentials.hostname);
  CHECK_FALSE(all.credentials.password);
  CHECK_FALSE(all.credentials.secret_key);
  CHECK(read({}, {.tls = {.dangerously_accept_any_certificate = true}})
            .client.tls.dangerously_accept_any_certificate);
}

TEST_CASE(
    "the read time-out follows the time-out of the call unless it is set, and a burst alone limits nothing") {
  CHECK(read({{"HTTP_TIMEOUT", "120"}}).client.read_timeout == 120s);
  CHECK(read({{"HTTP_TIMEOUT", "120"}, {"HTTP_READ_TIMEOUT", "7"}}).client.read_timeout == 7s);
  CHECK_FALSE(read({{"RATE_LIMIT_BURST", "7"}}).client.rate_limit);
  CHECK(read({{"RATE_LIMIT_BURST", "7"}}, {.rate_limit = t3api::rate_limit{}}).client.rate_limit->burst == 7);
}

TEST_CASE("every setting lands in its place") {
  const auto all = read({{"T3_API_HOST", " http://127.0.0.1:8080/t3 "},
                         {"HTTP_TIMEOUT", "61"},
                         {"HTTP_CONNECT_TIMEOUT", "2.5"},
                         {"HTTP_READ_TIMEOUT", "62"},
                         {"VERIFY_SSL", "False"},
                         {"RETRY_MAX_ATTEMPTS", "5"},
                         {"RETRY_BACKOFF_FACTOR", "0.25"},
                         {"RETRY_MIN_WAIT", "1.5"},
                         {"MAX_WORKERS", "8"},
                         {"BATCH_SIZE", "50"},
                         {"RATE_LIMIT_RPS", "2.5"},
                         {"RATE_LIMIT_BURST", "20"},
                         {"OTP_WHITELIST", "mi.metrc.com,XX.metrc.com"},
                         {"EMAIL_WHITELIST", "CO.metrc.com, x"},
                         {"T3_LOG_HTTP", "1"},
                         {"T3_LOG_HEADERS", "yes"},
                         {"T3_LOG_BODY", "ON"},
                         {"T3_LOG_FILE", "/var/log/t 3.log"}});
  CHECK(all.client.host == "http://127.0.0.1:8080/t3");
  CHECK(all.client.timeout == 61s);
  CHECK(all.client.connect_timeout == 2500ms);
  CHECK(all.client.read_timeout == 62s);
  CHECK(all.client.tls.dangerously_accept_any_certificate);
  CHECK(all.retry.max_attempts == 5);
  CHECK(all.retry.base == 250ms);
  CHECK(all.retry.cap == 10s);
  CHECK(all.retry.min_wait == 1500ms);
  CHECK(all.client.async_threads == 8);
  CHECK(all.client.batch_size == 50);
  REQUIRE(all.client.rate_limit);
  CHECK(all.client.rate_limit->per_second == 2.5);
  CHECK(all.client.rate_limit->burst == 20);
  CHECK(all.rules.otp_hostnames == std::vector<std::string>{"mi.metrc.com", "xx.metrc.com"});
  CHECK(all.rules.email_hostnames == std::vector<std::string>{"co.metrc.com", "x"});
  CHECK(all.log.http);
  CHECK(all.log.headers);
  CHECK(all.log.body);
  CHECK(all.log.file == "/var/log/t 3.log");
}

TEST_CASE("certificates are checked again when the environment says so") {
  const auto all = read({{"VERIFY_SSL", "true"}}, {.tls = {.dangerously_accept_any_certificate = true}});
  CHECK_FALSE(all.client.tls.dangerously_accept_any_certificate);
}

TEST_CASE("a base pause above the cap raises the cap") {
  const auto all = read({{"RETRY_BACKOFF_FACTOR", "60"}});
  CHECK(all.retry.base == 60s);
  CHECK(all.retry.cap == 60s);
}

TEST_CASE("the way in is left to choose: each credential keeps its value and its source") {
  const auto all = read({{"METRC_HOSTNAME", "1"},
                         {"METRC_USERNAME", "2"},
                         {"METRC_PASSWORD", " 3 "},
                         {"METRC_EMAIL", "4"},
                         {"OTP_SEED", "5"},
                         {"JWT_TOKEN", "6"},
                         {"API_KEY", "7"},
                         {"API_STATE_CODE", "8"},
                         {"T3_SECRET_KEY", "9"}})
                       .credentials;
  CHECK(all.hostname.value().value.reveal() == "1");
  CHECK(all.username.value().value.reveal() == "2");
  CHECK(all.password.value().value.reveal() == " 3 ");
  CHECK(all.email.value().value.reveal() == "4");
  CHECK(all.otp_seed.value().value.reveal() == "5");
  CHECK(all.jwt.value().value.reveal() == "6");
  CHECK(all.api_key.value().value.reveal() == "7");
  CHECK(all.state_code.value().value.reveal() == "8");
  CHECK(all.secret_key.value().value.reveal() == "9");
  CHECK(all.password->source == "the environment");
}

TEST_CASE("malformed and senseless times are refused") {
  for (const char* key : {"HTTP_TIMEOUT", "HTTP_CONNECT_TIMEOUT", "HTTP_READ_TIMEOUT"}) {
    refuses(key,
            {"0", "0.0", "-1", "86400.1", "1e3", "30s", "nan", "inf", "2,5", "x", "99999999999999999999"},
            "give a number of seconds above 0, up to 86400, such as 2 or 2.5");
    CHECK(read({{key, "86400"}}).client.async_threads == 4);
  }
  for (const char* key : {"RETRY_BACKOFF_FACTOR", "RETRY_MIN_WAIT"}) {
    refuses(key, {"-1", "3600.1", "x"}, "give a number of seconds from 0 to 3600, such as 2 or 2.5");
  }
  CHECK(read({{"RETRY_BACKOFF_FACTOR", "0"}}).retry.base == 0s);
  CHECK(read({{"RETRY_MIN_WAIT", "0"}}, {}, {.min_wait = 1s}).retry.min_wait == 0s);
}

TEST_CASE("malformed and senseless numbers are refused") {
  const std::vector<std::string> none = {"0", "-1", "+1", "1.5", "x", "1 2", "0x1", "18446744073709551617"};
  const auto too_many = [&none](const char* most) {
    auto all = none;
    all.emplace_back(most);
    return all;
  };
  refuses("RETRY_MAX_ATTEMPTS", too_many("101"), "give a whole number from 1 to 100");
  refuses("MAX_WORKERS", too_many("1001"), "give a whole number from 1 to 1000");
  refuses("BATCH_SIZE", too_many("100001"), "give a whole number from 1 to 100000");
  refuses("RATE_LIMIT_BURST", too_many("100001"), "give a whole number from 1 to 100000");
  refuses("RATE_LIMIT_RPS", {"0", "-1", "10000.5", "1e2", "x"},
          "give a number above 0, up to 10000, such as 10 or 2.5");
}

TEST_CASE("malformed switches, hosts, lists and paths are refused") {
  for (const char* key : {"VERIFY_SSL", "T3_LOG_HTTP", "T3_LOG_HEADERS", "T3_LOG_BODY"}) {
    refuses(key, {"2", "maybe", "/etc/ca.pem"}, "give true or false (or 1/0, yes/no, on/off)");
  }
  refuses("T3_API_HOST", {"api.trackandtrace.tools", "ftp://h", "https://", "https://h:0", "https://a b"},
          "give scheme and host, such as https://api.trackandtrace.tools");
  for (const char* host : {"https://me:hunter2@h", "https://h/?secretKey=hunter2"}) {
    CHECK(fault_of("T3_API_HOST", host) ==
          "T3_API_HOST in the environment is malformed: give scheme and host, such as "
          "https://api.trackandtrace.tools");
  }
  for (const char* key : {"OTP_WHITELIST", "EMAIL_WHITELIST"}) {
    refuses(key, {"mi.metrc.com;co.metrc.com", "mi.metrc.com co.metrc.com", "https://mi.metrc.com", "a,b/c"},
            "give host names with commas between them, such as mi.metrc.com,co.metrc.com");
  }
  CHECK(fault_of("T3_LOG_FILE", "a\nb") ==
        "T3_LOG_FILE in the environment is 'a b': give the path of a file, without line breaks or tabs");
}

TEST_CASE("a value of the environment that stands in quotes is told without being shown") {
  for (const char* key :
       {"METRC_PASSWORD", "T3_SECRET_KEY", "JWT_TOKEN", "API_KEY", "OTP_SEED", "METRC_HOSTNAME",
        "METRC_USERNAME", "METRC_EMAIL", "API_STATE_CODE", "T3_API_HOST", "HTTP_TIMEOUT", "VERIFY_SSL",
        "OTP_WHITELIST", "T3_LOG_FILE", "RATE_LIMIT_RPS", "MAX_WORKERS"}) {
    for (const char* value : {"\"hunter2\"", "'hunter2'", " \"\" "}) {
      CHECK(fault_of(key, value) ==
            std::string(key) +
                " in the environment stands in quotes, which docker --env-file hands on as a part of the "
                "value: "
                "take them off there, or, if they belong to the value, set it in .t3.env");
    }
  }
  for (const char* value : {"\"", "it's", "'a\"", "\"a", "a'"}) {
    CHECK(read({{"METRC_PASSWORD", value}}).credentials.password->value.reveal() == value);
  }
  const t3api::test::temporary_folder folder;
  const auto path = folder.write(".t3.env", "METRC_PASSWORD='\"mine\"'\n");
  const auto found = read_settings(environment::load(options_of({}, path)).value()).value();
  CHECK(found.credentials.password->value.reveal() == "\"mine\"");
}

TEST_CASE("the places of what decides on secrets are kept") {
  const t3api::test::temporary_folder folder;
  const auto path = folder.write(".t3.env", "T3_API_HOST=https://h\nVERIFY_SSL=1\nT3_LOG_FILE=t3.log\n");
  const auto by_file = read_settings(environment::load(options_of({}, path)).value()).value();
  CHECK(by_file.host->place == t3api::setting_place::file);
  CHECK(by_file.verify_ssl->source == path + " line 2");
  CHECK(by_file.log.named_by == path);
  const auto by_environment =
      read_settings(
          environment::load(options_of({{"T3_API_HOST", "https://e"}, {"T3_LOG_FILE", "l"}}, path)).value())
          .value();
  CHECK(by_environment.host->place == t3api::setting_place::environment);
  CHECK(by_environment.log.named_by.empty());
}

TEST_CASE("a file with secrets that others may read or change is told, one without is not") {
  const t3api::test::temporary_folder folder;
  const auto warnings = [&](const char* text, mode_t mode) {
    const auto path = folder.write(".t3.env", text);
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return read_settings(environment::load(options_of({{"API_KEY", "other"}}, path)).value())
        .value()
        .warnings;
  };
  const std::string name = folder.path() + "/.t3.env, which holds secrets";
  const std::vector<std::string> readable = {"others may read " + name + ": run chmod 600 on it"};
  const std::vector<std::string> writable = {
      "others may change " + name +
      ", and with it where they are sent: make it your own and run chmod 600 on it"};
  for (const char* text :
       {"METRC_PASSWORD=p", "API_KEY=k", "T3_SECRET_KEY=s", "JWT_TOKEN=j", "OTP_SEED=JBSWY3DPEHPK3PXP"}) {
    CAPTURE(text);
    for (const mode_t mode : {0600U, 0400U, 0700U}) CHECK(warnings(text, mode).empty());
    for (const mode_t mode : {0644U, 0640U, 0604U}) CHECK(warnings(text, mode) == readable);
    for (const mode_t mode : {0666U, 0664U, 0622U, 0602U}) CHECK(warnings(text, mode) == writable);
  }
  CHECK(warnings("HTTP_TIMEOUT=7", 0666).empty());
}

TEST_CASE("an error names the line of the file, and no credential is ever in one") {
  const t3api::test::temporary_folder folder;
  const auto path = folder.write(".t3.env", "METRC_PASSWORD=hunter2\n\nHTTP_TIMEOUT=soon\n");
  const auto refused = read_settings(environment::load(options_of({}, path)).value());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message ==
        "HTTP_TIMEOUT in " + path +
            " line 3 is 'soon': give a number of seconds above 0, up to 86400, such "
            "as 2 or 2.5");
}
