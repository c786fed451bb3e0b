#include <t3api/sandbox/faults/metrc_orders.hpp>

#include <doctest/doctest.h>

#include <string>

#include <nlohmann/json.hpp>

using nlohmann::json;
using t3api::sandbox::metrc_order_from;
using t3api::sandbox::refusal;

TEST_CASE("orders for Metrc are read") {
  const auto changed = metrc_order_from(
      {{"changePassword", {{"hostname", "ca.metrc.com"}, {"username", "ann"}, {"password", "new"}}}});
  CHECK(changed.name == "changePassword");
  CHECK(changed.account.hostname == "ca.metrc.com");
  CHECK(changed.account.username == "ann");
  CHECK(changed.text.reveal() == "new");
  CHECK(metrc_order_from({{"endSessions", true}}).account.username.empty());
  CHECK(metrc_order_from({{"failLogins", 3}}).number == 3);
  CHECK(metrc_order_from({{"failLogins", true}}).for_ever);
  CHECK(metrc_order_from({{"delayLogins", 500}}).number == 500);
}

TEST_CASE("wrong orders are refused with a sentence that shows no value") {
  for (const char* text :
       {R"({})", R"({"lock":true})", R"({"lock":{"hostname":"h"}})",
        R"({"lock":{"hostname":"h","username":1}})", R"({"lock":{"hostname":"h","username":""}})",
        R"({"lock":{"hostname":"h","username":"u","password":"canary"}})",
        R"({"changePassword":{"hostname":"h","username":"u"}})",
        R"({"changePassword":{"hostname":"h","username":"u","pasword":"canary"}})",
        R"({"changePassword":"canary"})", R"({"endSessions":false})", R"({"endSessions":{"hostname":"h"}})",
        R"({"failLogins":-1})", R"({"failLogins":false})", R"({"delayLogins":3600001})",
        R"({"lockAfter":"3"})", R"({"explode":true})", R"({"endSessions":true,"failLogins":1})"}) {
    CAPTURE(text);
    try {
      metrc_order_from(json::parse(text));
      FAIL_CHECK("accepted");
    } catch (const refusal& why) {
      CHECK(why.status == 422);
      CHECK(why.message.find("canary") == std::string::npos);
    }
  }
}
