#include <doctest/doctest.h>

#include <t3api/auth/state_rules.hpp>

using t3api::state_rules;

TEST_CASE("Michigan wants a one-time password and Colorado an e-mail address, and no other state does") {
  const state_rules rules;
  CHECK(rules.needs_otp("mi.metrc.com"));
  CHECK_FALSE(rules.needs_email("mi.metrc.com"));
  CHECK(rules.needs_email("co.metrc.com"));
  CHECK_FALSE(rules.needs_otp("co.metrc.com"));
  for (const char* other : {"ca.metrc.com", "mo.metrc.com", "ami.metrc.com", "mi.metrc.com.example.com",
                            "mi.metrc", "i.metrc.com", "", " "}) {
    CAPTURE(other);
    CHECK_FALSE(rules.needs_otp(other));
    CHECK_FALSE(rules.needs_email(other));
  }
}

TEST_CASE("host names are compared without case and without white space around them") {
  const state_rules defaults;
  for (const char* written :
       {"MI.METRC.COM", "Mi.Metrc.Com", " mi.metrc.com", "mi.metrc.com\n", "\t mi.metrc.com "})
    CHECK(defaults.needs_otp(written));
  for (const char* written : {"CO.METRC.COM", " co.Metrc.com\r\n"}) CHECK(defaults.needs_email(written));
  const state_rules spaced{.otp_hostnames = {" Ca.Metrc.com "}, .email_hostnames = {"\tME.metrc.com"}};
  CHECK(spaced.needs_otp("ca.metrc.com"));
  CHECK(spaced.needs_email("me.METRC.com"));
}

TEST_CASE("lists of one's own replace the defaults") {
  const state_rules own{.otp_hostnames = {"ca.metrc.com", "or.metrc.com"},
                        .email_hostnames = {"or.metrc.com"}};
  CHECK(own.needs_otp("ca.metrc.com"));
  CHECK(own.needs_otp("or.metrc.com"));
  CHECK_FALSE(own.needs_otp("mi.metrc.com"));
  CHECK_FALSE(own.needs_email("ca.metrc.com"));
  CHECK(own.needs_email("or.metrc.com"));
  CHECK_FALSE(own.needs_email("co.metrc.com"));
}

TEST_CASE("empty lists want nothing of anyone") {
  const state_rules none{.otp_hostnames = {}, .email_hostnames = {}};
  for (const char* hostname : {"mi.metrc.com", "co.metrc.com", ""}) {
    CHECK_FALSE(none.needs_otp(hostname));
    CHECK_FALSE(none.needs_email(hostname));
  }
}
