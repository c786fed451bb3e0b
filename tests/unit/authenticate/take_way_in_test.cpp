#include <t3api/authenticate/take_way_in.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include <t3api/authenticate/configured.hpp>

using namespace t3api;
using detail::first_in_order;
using detail::take_way_in;
using detail::ways_in;

namespace {

/// `text`, found in that line of the file.
setting at(const std::string& text, int line) { return {text, ".t3.env line " + std::to_string(line)}; }

/// What an E says that is thrown when the way in is taken, or its description.
template <class E = std::invalid_argument>
std::string result_of(const configured_arguments& given, const configured_credentials& there) {
  const state_rules rules;
  const auto ways = ways_in(given, there, rules);
  try {
    return take_way_in(ways, first_in_order(ways, given.order, ".t3.env"), rules, true).description();
  } catch (const E& failure) {
    return failure.what();
  }
}

configured_credentials user(const std::string& hostname) {
  return {.hostname = at(hostname, 1), .username = at("canary-user", 2), .password = at("canary-word", 3)};
}

configured_credentials with(configured_credentials base, auto change) {
  change(base);
  return base;
}

const std::string expired = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln";  // {"exp": 1}

}  // namespace

TEST_CASE("a malformed setting is told by its key and place, never by its value") {
  struct row {
    std::string words;
    configured_credentials there;
  };
  const std::vector<row> rows = {
      {"T3_SECRET_KEY in .t3.env line 4: the secret key holds a control character",
       {.secret_key = at("canary\nkey", 4)}},
      {"JWT_TOKEN in .t3.env line 5: the JWT holds a space: give the token alone",
       {.jwt = at("Bearer canary", 5)}},
      {"API_KEY in .t3.env line 6: the API key holds a control character",
       {.api_key = at("canary\nkey", 6), .state_code = at("CA", 7)}},
      {"API_STATE_CODE in .t3.env line 7: the state code is not two letters",
       {.api_key = at("canary", 6), .state_code = at("Canary", 7)}},
      {"METRC_HOSTNAME in .t3.env line 1: the Metrc hostname holds a control character",
       user("canary\n.com")},
      {"METRC_USERNAME in .t3.env line 8: the Metrc user name holds a control character",
       with(user("ca.metrc.com"), [](auto& c) { c.username = at("canary\nuser", 8); })},
      {"METRC_PASSWORD in .t3.env line 9: the Metrc password is not valid UTF-8",
       with(user("ca.metrc.com"), [](auto& c) { c.password = at("canary\xFF", 9); })},
      {"METRC_EMAIL in .t3.env line 10: the e-mail address holds a control character",
       with(user("co.metrc.com"), [](auto& c) { c.email = at("canary\n@example.com", 10); })},
      {"OTP_SEED in .t3.env line 11: the one-time password seed is not Base32",
       with(user("mi.metrc.com"), [](auto& c) { c.otp_seed = at("canary 1", 11); })}};
  for (const auto& row : rows) {
    const auto told = result_of({}, row.there);
    CAPTURE(told);
    CHECK(told.starts_with(row.words));
    CHECK(told.find("anary") == std::string::npos);
  }
}

TEST_CASE("the part that a message speaks of is told, also when it is an argument") {
  CHECK(result_of({.state_code = "California"}, {.api_key = at("canary", 6)})
            .starts_with("API_STATE_CODE in the arguments: the state code is not two letters"));
  CHECK(result_of({.otp = "12\n34"}, user("mi.metrc.com"))
            .starts_with("one-time password in the arguments: the one-time password holds a control"));
  CHECK(result_of({.otp = "123456", .otp_seed = "JBSWY3DPEHPK3PXP"}, user("mi.metrc.com"))
            .starts_with("the Metrc credentials from METRC_PASSWORD, METRC_HOSTNAME and METRC_USERNAME in "
                         ".t3.env lines 3, 1 and 2, one-time password and OTP_SEED in the arguments: both a "
                         "one-time password and its seed are given"));
}

TEST_CASE("an expired JWT is told by its place, and what to do without a word of C++") {
  CHECK(result_of<authentication_error>({}, {.jwt = at(expired, 5)}) ==
        "JWT_TOKEN in .t3.env line 5: the JWT has expired: get a new one, or set T3_SECRET_KEY or Metrc "
        "credentials in its place");
  CHECK(result_of<authentication_error>({.jwt_token = expired}, {})
            .starts_with("JWT_TOKEN in the arguments: the JWT has expired: get a new one, or use "
                         "credentials_auth"));
}

TEST_CASE("what the state wants besides: the setting is named, and the argument to those who gave one") {
  CHECK(result_of({}, user("mi.metrc.com")) ==
        "METRC_HOSTNAME in .t3.env line 1: mi.metrc.com wants a one-time password: set OTP_SEED, the Base32 "
        "text that they come from");
  CHECK(result_of({}, user("co.metrc.com")) ==
        "METRC_HOSTNAME in .t3.env line 1: co.metrc.com wants the account's e-mail address: set METRC_EMAIL");
  CHECK(result_of({.username = "u"}, user("mi.metrc.com")).ends_with("come from, or give otp_seed or otp"));
  CHECK(
      result_of({.hostname = "co.metrc.com"}, user("ca.metrc.com")) ==
      "METRC_HOSTNAME in the arguments: co.metrc.com wants the account's e-mail address: set METRC_EMAIL, or "
      "give email");
  CHECK(result_of({.otp = "123456"}, user("mi.metrc.com")).starts_with("using the Metrc credentials from "));
}

TEST_CASE("a seed that is found counts only where the state wants one; a seed that is given always does") {
  const auto with_seed = [](const std::string& hostname, const std::string& seed) {
    return with(user(hostname), [&](auto& c) { c.otp_seed = setting{seed, "the environment"}; });
  };
  CHECK(result_of({}, with_seed("ca.metrc.com", "no seed!")) ==
        "using the Metrc credentials from METRC_PASSWORD in .t3.env line 3");
  CHECK(result_of({}, with_seed("mi.metrc.com", "no seed!")).starts_with("OTP_SEED in the environment: "));
  CHECK(result_of({.hostname = "mi.metrc.com"}, with_seed("ca.metrc.com", "no seed!"))
            .starts_with("OTP_SEED in the environment: "));
  CHECK(result_of({.otp_seed = "no seed!"}, user("ca.metrc.com")).starts_with("OTP_SEED in the arguments: "));
  CHECK(result_of({}, with_seed("mi.metrc.com", "JBSWY3DPEHPK3PXP")) ==
        "using the Metrc credentials from METRC_PASSWORD, METRC_HOSTNAME and METRC_USERNAME in .t3.env lines "
        "3, 1 and 2, OTP_SEED in the environment");
}

TEST_CASE("parts from several places are all told with theirs") {
  auto there = user("ca.metrc.com");
  there.password = setting{"canary", "the environment"};
  CHECK(result_of({}, there) ==
        "using the Metrc credentials from METRC_PASSWORD in the environment, METRC_HOSTNAME and "
        "METRC_USERNAME in .t3.env lines 1 and 2");
  CHECK(result_of({.secret_key = "k"}, there) ==
        "using the secret key from the arguments (not used: Metrc credentials from METRC_PASSWORD in the "
        "environment, METRC_HOSTNAME and METRC_USERNAME in .t3.env lines 1 and 2)");
  CHECK(result_of({.hostname = "ca.metrc.com", .username = "u", .password = "p"}, there) ==
        "using the Metrc credentials from the arguments");
}
