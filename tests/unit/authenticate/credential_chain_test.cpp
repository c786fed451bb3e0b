#include <t3api/authenticate/credential_chain.hpp>

#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <t3api/authenticate/configured.hpp>

using namespace t3api;
using detail::credential_chain;
using detail::credential_part;
using detail::find_credentials;
using detail::first_of;
using detail::listed;
using place = setting_place;

TEST_CASE("an argument goes before what is found, unless it is blank") {
  const setting there{"found", "the environment"};
  const auto part = [](std::string_view given, const std::optional<setting>& found) {
    return credential_part{"A", first_of(given, found)};
  };
  CHECK(part("given", there).text() == "given");
  CHECK(part("given", there).is_from(setting_place::arguments));
  CHECK(part(" \t", there).text() == "found");
  CHECK(part(" \t", there).is_from(setting_place::environment));
  CHECK(part("", setting{"x", ".t3.env line 2", setting_place::file}).is_from(setting_place::file));
  CHECK(part("", std::nullopt).text().empty());
  for (const auto where : {setting_place::arguments, setting_place::environment, setting_place::file})
    CHECK_FALSE(part("", std::nullopt).is_from(where));
}

TEST_CASE("words are listed as people do") {
  CHECK(listed({}).empty());
  CHECK(listed({"A"}) == "A");
  CHECK(listed({"A", "B"}) == "A and B");
  CHECK(listed({"A", "B", "C"}) == "A, B and C");
}

TEST_CASE("origins: what comes from one place stands together, in the order of the parts") {
  const auto part = [](std::string_view name, const std::string& source) {
    const auto place = source == "the environment" ? setting_place::environment
                       : source == "the arguments" ? setting_place::arguments
                                                   : setting_place::file;
    return credential_part{name, setting{"canary", source, place}};
  };
  const auto origins = [](const std::vector<credential_part>& parts, const auto&... words) {
    std::vector<const credential_part*> all;
    for (const auto& each : parts) all.push_back(&each);
    return detail::origins(all, words...);
  };
  CHECK(origins({}).empty());
  CHECK(origins({{"A", std::nullopt}}).empty());
  CHECK(origins({part("A", "the environment")}) == "A in the environment");
  CHECK(origins({part("A", ".t3.env line 2")}) == "A in .t3.env line 2");
  CHECK(origins({part("A", "the environment"),
                 part("B", ".t3.env line 2"),
                 part("C", "the arguments"),
                 {"D", std::nullopt},
                 part("E", ".t3.env line 1"),
                 part("F", "the arguments")}) ==
        "A in the environment, B and E in .t3.env lines 2 and 1, C and F in the arguments");
  CHECK(origins({part("A", "a line b line 3")}) == "A in a line b line 3");
  CHECK(origins({part("A", "the environment"), part("B", "f line 1"), part("C", "f line 2")}, " is set in ",
                " are set in ") == "A is set in the environment, B and C are set in f lines 1 and 2");
}

namespace {

const std::vector<way_in> usual = configured_arguments().order;

/// Something found there; it is no secret that could be shown by mistake and not be noticed.
std::optional<setting> found(const std::string& value, place where) {
  if (where == place::arguments) return std::nullopt;
  return setting{value, where == place::file ? ".t3.env line 7" : "the environment", where};
}

/// Configures one way in completely, in one place.
void configure(way_in way, place where, configured_arguments& given, configured_credentials& there) {
  const bool explicitly = where == place::arguments;
  switch (way) {
    case way_in::secret_key:
      if (explicitly) given.secret_key = "canary-key";
      there.secret_key = found("canary-key", where);
      break;
    case way_in::jwt:
      if (explicitly) given.jwt_token = "canary.jwt.x";
      there.jwt = found("canary.jwt.x", where);
      break;
    case way_in::api_key:
      if (explicitly) given.api_key = "canary-api", given.state_code = "CA";
      there.api_key = found("canary-api", where);
      there.state_code = found("CA", where);
      break;
    case way_in::credentials:
      if (explicitly) given.hostname = "ca.metrc.com", given.username = "canary", given.password = "canary";
      there.hostname = found("ca.metrc.com", where);
      there.username = found("canary-user", where);
      there.password = found("canary-password", where);
      break;
  }
}

std::string description(const configured_arguments& given, const configured_credentials& there) {
  const credential_chain chain(find_credentials(given, there, {}), {});
  return chain.make_auth(chain.choose(given.order, ".t3.env"), true, memory_store(), {}).description();
}

std::string refusal(const configured_arguments& given, const configured_credentials& there,
                    const std::string& file = ".t3.env") {
  try {
    const credential_chain chain(find_credentials(given, there, {}), {});
    chain.make_auth(chain.choose(given.order, file), true, memory_store(), {});
  } catch (const std::invalid_argument& failure) {
    return failure.what();
  }
  return "it went well";
}

}  // namespace

TEST_CASE("arguments go before the environment, that before the file, and then the order counts") {
  const std::vector<std::vector<way_in>> orders = {
      usual,
      {way_in::credentials, way_in::api_key, way_in::jwt, way_in::secret_key},
      {way_in::api_key, way_in::secret_key}};
  constexpr unsigned places = 4, absent = 3;  // arguments, environment, file, nowhere
  for (const auto& order : orders) {
    for (unsigned number = 0; number < places * places * places * places; ++number) {
      const std::array<unsigned, 4> where = {number % 4, number / 4 % 4, number / 16 % 4, number / 64};
      configured_arguments given{.order = order};
      configured_credentials there;
      std::optional<way_in> expected;
      for (const auto way : usual) {
        const auto at = where.at(static_cast<std::size_t>(way));
        if (at != absent) configure(way, static_cast<place>(at), given, there);
      }
      for (const auto way : order) {
        const auto at = where.at(static_cast<std::size_t>(way));
        if (at != absent && (!expected || at < where.at(static_cast<std::size_t>(*expected)))) expected = way;
      }
      CAPTURE(number);
      const credential_chain chain(find_credentials(given, there, {}), {});
      if (!expected) {
        CHECK_THROWS_AS(chain.choose(order, ".t3.env"), std::invalid_argument);
        continue;
      }
      const auto& taken = chain.choose(order, ".t3.env");
      CHECK(taken.kind == *expected);
      const auto told = chain.make_auth(taken, true, memory_store(), {}).description();
      CHECK(told.starts_with("using the " + std::string(to_string(*expected)) + " from "));
      CHECK(told.find("canary") == std::string::npos);
    }
  }
}

TEST_CASE("the description says which way in was taken, from where, and what else there is") {
  configured_arguments given;
  configured_credentials there;
  configure(way_in::credentials, place::file, given, there);
  CHECK(description(given, there) == "using the Metrc credentials from METRC_PASSWORD in .t3.env line 7");
  configure(way_in::jwt, place::environment, given, there);
  CHECK(description(given, there) ==
        "using the JWT from JWT_TOKEN in the environment (not used: Metrc credentials from METRC_PASSWORD in "
        ".t3.env line 7)");
  configure(way_in::api_key, place::arguments, given, there);
  CHECK(description(given, there) ==
        "using the API key from the arguments (not used: JWT from JWT_TOKEN in the environment, Metrc "
        "credentials from METRC_PASSWORD in .t3.env line 7)");
}

TEST_CASE("what is missing of the way in that would be taken is named") {
  CHECK(refusal({}, {.api_key = setting{"canary", "the environment"}}) ==
        "the API key from API_KEY in the environment is not enough: API_STATE_CODE must be set too");
  CHECK(
      refusal({.password = "canary"}, {}) ==
      "the Metrc credentials from the arguments is not enough: METRC_HOSTNAME and METRC_USERNAME must be set "
      "too");
  CHECK(refusal({.username = "u"}, {.password = setting{"canary", ".t3.env line 1", setting_place::file}}) ==
        "the Metrc credentials from METRC_PASSWORD in .t3.env line 1, METRC_USERNAME in the arguments is not "
        "enough: METRC_HOSTNAME must be set too");
}

TEST_CASE("one needed part that is an argument makes the way in that of the arguments") {
  const configured_credentials key{.api_key = setting{"canary", "the environment"},
                                   .state_code = setting{"CA", "the environment"}};
  const std::string not_enough = "the Metrc credentials from the arguments is not enough: ";
  CHECK(refusal({.hostname = "ca.metrc.com", .username = "alice"}, key) ==
        not_enough + "METRC_PASSWORD must be set too");
  CHECK(refusal({.username = "alice"}, key) ==
        not_enough + "METRC_PASSWORD and METRC_HOSTNAME must be set too");
  CHECK(refusal({.state_code = "CA"}, {.secret_key = setting{"canary", "the environment"}}) ==
        "the API key from the arguments is not enough: API_KEY must be set too");
  auto with_password = key;
  with_password.password = setting{"canary", ".t3.env line 3", setting_place::file};
  CHECK(
      description({.hostname = "ca.metrc.com", .username = "alice"}, with_password) ==
      "using the Metrc credentials from METRC_PASSWORD in .t3.env line 3, METRC_HOSTNAME and METRC_USERNAME "
      "in the arguments (not used: API key from API_KEY in the environment)");
  CHECK(description({.email = "a@example.com", .otp_seed = "JBSWY3DPEHPK3PXP"}, key)
            .starts_with("using the API key from API_KEY in the environment"));
}

TEST_CASE("half a way in and nothing else: what there is, and what is missing") {
  const std::string start = "the credentials that are configured are not enough: ";
  const setting user{"canary", ".t3.env line 2", place::file};
  CHECK(refusal({}, {.hostname = setting{"ca.metrc.com", ".t3.env line 1", setting_place::file},
                     .username = user}) ==
        start +
            "METRC_HOSTNAME and METRC_USERNAME are set in .t3.env lines 1 and 2, but METRC_PASSWORD is not");
  CHECK(refusal({}, {.username = user}) ==
        start + "METRC_USERNAME is set in .t3.env line 2, but METRC_PASSWORD and METRC_HOSTNAME are not");
  CHECK(refusal({}, {.username = user, .state_code = setting{"CA", "the environment"}}) ==
        start +
            "API_STATE_CODE is set in the environment, but API_KEY is not; METRC_USERNAME is set in "
            ".t3.env line 2, but METRC_PASSWORD and METRC_HOSTNAME are not");
  CHECK(refusal({.order = {way_in::jwt}}, {.username = user}).starts_with("no credentials are configured"));
  CHECK(description(
            {}, {.username = user, .secret_key = setting{"canary", ".t3.env line 3", setting_place::file}}) ==
        "using the secret key from T3_SECRET_KEY in .t3.env line 3");
}

TEST_CASE("nothing configured: the message lists what was looked for, and where") {
  CHECK(refusal({}, {}) ==
        "no credentials are configured: looked in the arguments, the environment and .t3.env for "
        "T3_SECRET_KEY, or JWT_TOKEN, or API_KEY with API_STATE_CODE, or METRC_PASSWORD with METRC_HOSTNAME "
        "and METRC_USERNAME; set one of these");
  CHECK(
      refusal({.order = {way_in::jwt}}, {.secret_key = setting{"canary", "the environment"}}, "") ==
      "no credentials are configured: looked in the arguments and the environment for JWT_TOKEN; set one of "
      "these");
  CHECK(refusal({.order = {}}, {}) == "the order of the ways in is empty: name one at least");
  CHECK(refusal({.secret_key = "  ", .jwt_token = "\n"}, {}).starts_with("no credentials are configured"));
}

TEST_CASE("each value is taken from the first place that has it") {
  const state_rules rules;
  configured_credentials there;
  configured_arguments given{.hostname = "mi.metrc.com", .username = "  ", .password = "p", .otp = "123456"};
  there.hostname = setting{"ca.metrc.com", "the environment"};
  there.username = setting{"u", "the environment"};
  there.otp_seed = setting{"JBSWY3DPEHPK3PXP", "the environment"};
  const auto parts = find_credentials(given, there, rules);
  CHECK(parts.hostname.text() == "mi.metrc.com");
  CHECK(parts.username.text() == "u");
  CHECK(parts.otp.text() == "123456");
  CHECK_FALSE(parts.otp_seed.found.has_value());  // Both would be one too many.
  given.otp = " ";
  CHECK(find_credentials(given, there, rules).otp_seed.text() == "JBSWY3DPEHPK3PXP");
}

namespace {

/// `text`, found in that line of the file.
setting at(const std::string& text, int line) {
  return {text, ".t3.env line " + std::to_string(line), setting_place::file};
}

/// What an E says that is thrown when the way in is taken, or its description.
template <class E = std::invalid_argument>
std::string result_of(const configured_arguments& given, const configured_credentials& there) {
  const state_rules rules;
  const credential_chain chain(find_credentials(given, there, rules), rules);
  try {
    return chain.make_auth(chain.choose(given.order, ".t3.env"), true, memory_store(), {}).description();
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

TEST_CASE("a file sends a password from elsewhere to Metrc alone") {
  auto there = user("evil.example");
  CHECK(result_of({}, there).starts_with("using the Metrc credentials from "));
  there.password = setting{"canary", "the environment"};
  CHECK(result_of({}, there) ==
        "METRC_HOSTNAME in .t3.env line 1 is no host of Metrc, and does not decide where to send "
        "METRC_PASSWORD "
        "in the environment: set METRC_HOSTNAME in the environment, or give it as an argument");
  for (const char* host : {"evil.example", "metrc.com.evil.example", "evilmetrc.com"})
    CHECK(result_of({.password = "canary"}, user(host)).find("is no host of Metrc") != std::string::npos);
  CHECK(result_of({.hostname = "api-ca"}, there).starts_with("using the Metrc credentials from "));
  there.hostname = at(" CA.Metrc.com ", 1);
  CHECK(result_of({}, there).starts_with("using the Metrc credentials from "));
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
