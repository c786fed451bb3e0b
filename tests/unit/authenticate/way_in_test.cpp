#include <t3api/authenticate/way_in.hpp>

#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <t3api/authenticate/configured.hpp>
#include <t3api/authenticate/take_way_in.hpp>

using namespace t3api;
using detail::first_in_order;
using detail::place;
using detail::take_way_in;
using detail::ways_in;

namespace {

const std::vector<way_in> usual = configured_arguments().order;

/// Something found there; it is no secret that could be shown by mistake and not be noticed.
std::optional<setting> found(const std::string& value, place where) {
  if (where == place::arguments) return std::nullopt;
  return setting{value, where == place::file ? ".t3.env line 7" : "the environment"};
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
  const auto ways = ways_in(given, there, {});
  return take_way_in(ways, first_in_order(ways, given.order, ".t3.env"), {}, true).description();
}

std::string refusal(const configured_arguments& given, const configured_credentials& there,
                    const std::string& file = ".t3.env") {
  try {
    const auto ways = ways_in(given, there, {});
    take_way_in(ways, first_in_order(ways, given.order, file), {}, true);
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
      const auto ways = ways_in(given, there, {});
      if (!expected) {
        CHECK_THROWS_AS(first_in_order(ways, order, ".t3.env"), std::invalid_argument);
        continue;
      }
      const auto& taken = first_in_order(ways, order, ".t3.env");
      CHECK(taken.way == *expected);
      const auto told = take_way_in(ways, taken, {}, true).description();
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
  CHECK(refusal({.username = "u"}, {.password = setting{"canary", ".t3.env line 1"}}) ==
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
  with_password.password = setting{"canary", ".t3.env line 3"};
  CHECK(
      description({.hostname = "ca.metrc.com", .username = "alice"}, with_password) ==
      "using the Metrc credentials from METRC_PASSWORD in .t3.env line 3, METRC_HOSTNAME and METRC_USERNAME "
      "in the arguments (not used: API key from API_KEY in the environment)");
  CHECK(description({.email = "a@example.com", .otp_seed = "JBSWY3DPEHPK3PXP"}, key)
            .starts_with("using the API key from API_KEY in the environment"));
}

TEST_CASE("half a way in and nothing else: what there is, and what is missing") {
  const std::string start = "the credentials that are configured are not enough: ";
  const setting user{"canary", ".t3.env line 2"};
  CHECK(refusal({}, {.hostname = setting{"ca.metrc.com", ".t3.env line 1"}, .username = user}) ==
        start +
            "METRC_HOSTNAME and METRC_USERNAME are set in .t3.env lines 1 and 2, but METRC_PASSWORD is not");
  CHECK(refusal({}, {.username = user}) ==
        start + "METRC_USERNAME is set in .t3.env line 2, but METRC_PASSWORD and METRC_HOSTNAME are not");
  CHECK(refusal({}, {.username = user, .state_code = setting{"CA", "the environment"}}) ==
        start +
            "API_STATE_CODE is set in the environment, but API_KEY is not; METRC_USERNAME is set in "
            ".t3.env line 2, but METRC_PASSWORD and METRC_HOSTNAME are not");
  CHECK(refusal({.order = {way_in::jwt}}, {.username = user}).starts_with("no credentials are configured"));
  CHECK(description({}, {.username = user, .secret_key = setting{"canary", ".t3.env line 3"}}) ==
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
  const auto ways = ways_in(given, there, rules);
  const auto& credentials = ways.back();
  CHECK(credentials.needed[1].text() == "mi.metrc.com");
  CHECK(credentials.needed[2].text() == "u");
  CHECK(credentials.optional[0].text() == "123456");
  CHECK_FALSE(credentials.optional[2].found.has_value());  // Both would be one too many.
  given.otp = " ";
  CHECK(ways_in(given, there, rules).back().optional[2].text() == "JBSWY3DPEHPK3PXP");
}
