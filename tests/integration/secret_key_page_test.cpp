// The page of secret keys as people use it, in a real Chromium.
#include <chrono>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/support/secret_key_page.hpp"

using namespace t3api;
using namespace std::chrono_literals;
using t3api::test::part;
using t3api::test::secret_key_page;
namespace keys = t3api::test::keys;

namespace {

const std::string key_form = "document.querySelector('[data-part=\"create-form\"]')";

/// Presses Tab until the element has the focus, and checks that each stop on the way can be seen.
void tab_to(secret_key_page& visit, const std::string& selector) {
  for (int stops = 0; stops < 30; ++stops) {
    if (visit.page.run("return document.activeElement.matches(arguments[0])", selector) == true) return;
    visit.page.press({keys::tab});
    CHECK(visit.page.run("const style = getComputedStyle(document.activeElement);"
                         "return document.activeElement === document.body || (style.outlineStyle === 'solid' "
                         "&& parseFloat(style.outlineWidth) >= 2)") == true);
  }
  FAIL("Tab does not get to ", selector);
}

std::string focused(secret_key_page& visit) {
  return visit.page.run("const e = document.activeElement; return e.dataset.part || e.id || e.className")
      .get<std::string>();
}

response failure(int status, const std::string& message, headers more = {}) {
  return sandbox::error_answer({status, message, std::move(more)}, "/", wall_time());
}

}  // namespace

TEST_CASE("page: a key is made, copied once, works, is listed, and is refused once it is deleted") {
  secret_key_page visit;
  visit.sign_in();
  CHECK(visit.page.text(part("who")) == "demo-ca on ca.metrc.com");
  CHECK(visit.page.run("return document.querySelector('#password').value") == "");
  CHECK(visit.page.shown(part("no-keys")));

  const auto key = visit.make_key();
  CHECK(key.size() == 36);
  CHECK_FALSE(visit.page.shown(part("create-form")));
  CHECK(visit.page.run("return document.querySelector('#key-password').value") == "");
  CHECK(visit.page.text(part("new-key")).find("you will not see it again") != std::string::npos);
  CHECK(focused(visit) == "new-key-title");
  visit.wait_for_keys(1);
  CHECK(visit.page.text(".keys li").find("never") != std::string::npos);
  CHECK(visit.page.text(".keys li").find("2026") != std::string::npos);
  CHECK(visit.page.text(".keys li").find(key.substr(0, 8)) == std::string::npos);
  CHECK(visit.status_with(key) == 200);

  visit.page.click(part("copy"));
  visit.wait_for_text("status", "copied");
  visit.page.click(part("hide-key"));
  CHECK(visit.page.run("return document.documentElement.outerHTML").get<std::string>().find(key) ==
        std::string::npos);
  visit.page.click("#key-password");
  visit.page.press({"v"}, keys::control);
  CHECK(visit.page.run("return document.querySelector('#key-password').value") == key);

  visit.page.click(part("refresh"));
  visit.wait_for_text("status", "up to date");
  CHECK(visit.page.text(".keys li").find("never") == std::string::npos);

  visit.page.click(".keys .delete");
  CHECK(visit.page.text(part("delete-text")).find("cannot be undone") != std::string::npos);
  CHECK(visit.status_with(key) == 200);
  visit.page.click(part("delete-confirm"));
  visit.wait_for_keys(0);
  visit.wait_for_text("status", "is deleted");
  CHECK(visit.status_with(key) == 401);
  CHECK(focused(visit) == "keys-title");
}

TEST_CASE("page: everything can be done with the keyboard, and what has the focus can be seen") {
  secret_key_page visit;
  tab_to(visit, "#hostname");
  visit.page.write("Cal");
  tab_to(visit, "#username");
  visit.page.write("demo-ca");
  tab_to(visit, "#password");
  visit.page.write("demo-ca-password");
  visit.page.press({keys::enter});
  visit.wait_for_keys(0);
  CHECK(focused(visit) == "keys-title");

  tab_to(visit, "#key-password");
  visit.page.write("demo-ca-password");
  tab_to(visit, part("create-button"));
  visit.page.press({keys::enter});
  visit.wait_for_keys(1);
  const auto key = visit.page.text(part("new-key-value"));
  tab_to(visit, part("copy"));
  visit.page.press({keys::enter});
  visit.wait_for_text("status", "copied");
  tab_to(visit, part("hide-key"));
  visit.page.press({keys::enter});

  tab_to(visit, ".keys .delete");
  visit.page.press({keys::enter});
  CHECK(focused(visit) == "delete-cancel");
  visit.page.press({keys::escape});
  CHECK_FALSE(visit.page.shown("dialog"));
  CHECK(focused(visit) == "plain delete");
  CHECK(visit.status_with(key) == 200);
  visit.page.press({keys::enter});
  tab_to(visit, part("delete-confirm"));
  visit.page.press({keys::enter});
  visit.wait_for_keys(0);
  CHECK(visit.status_with(key) == 401);

  tab_to(visit, part("sign-out"));
  visit.page.press({keys::enter});
  CHECK(focused(visit) == "hostname");
  CHECK_FALSE(visit.page.shown(part("keys")));
}

TEST_CASE("page: what is wrong is said beside the field and read out, and nothing is sent before") {
  secret_key_page visit;
  visit.page.click(part("sign-in-button"));
  CHECK(visit.page.text("#hostname-wrong") == "Choose your state.");
  CHECK(visit.page.text("#username-wrong") == "Fill in: Username.");
  CHECK(visit.page.text("#password-wrong") == "Fill in: Password.");
  CHECK(visit.page.text("[role=alert]" + part("sign-in-wrong")) == "3 fields need your attention.");
  CHECK(focused(visit) == "hostname");
  CHECK(visit.page.run("return document.querySelectorAll('[aria-invalid=true]').length") == 3);
  CHECK(visit.count(method::post, "/v2/auth/credentials") == 0);

  visit.sign_in_as("ca.metrc.com", "demo-ca", "wrong");
  visit.wait_for_text("sign-in-wrong", "Metrc refused the sign-in");
  CHECK(visit.page.run("return document.querySelectorAll('[aria-invalid]').length") == 0);
  CHECK(focused(visit) == "password");
  CHECK(visit.page.role(visit.page.find(part("sign-in-wrong"))) == "alert");

  visit.page.run("document.querySelector('#password').value = ''");
  visit.page.type("#password", "demo-ca-password");
  visit.page.click(part("sign-in-button"));
  visit.wait_for_keys(0);
  visit.page.type("#key-password", "wrong");
  visit.page.click(part("create-button"));
  visit.wait_for_text("create-wrong", "Metrc refused these credentials");
  CHECK(focused(visit) == "key-password");
  CHECK_FALSE(visit.page.shown(part("new-key")));
}

TEST_CASE("page: Colorado is asked for the e-mail address, and its keys hold it") {
  secret_key_page visit;
  visit.sign_in_as("co.metrc.com", "demo-co", "demo-co-password");
  CHECK(visit.page.text("#email-wrong") == "Fill in: E-mail address.");
  CHECK_FALSE(visit.page.shown("#otp"));
  visit.page.type("#email", "demo@example");
  visit.page.type("#email", ".com\n");
  visit.wait_for_keys(0);
  CHECK(visit.status_with(visit.make_key("demo-co-password")) == 200);
}

TEST_CASE("page: Michigan is asked for a code, and for the seed when a key is made") {
  secret_key_page visit;
  visit.sign_in_as("mi.metrc.com", "demo-mi", "demo-mi-password");
  CHECK(visit.page.text("#otp-wrong") == "Fill in: One-time code.");
  const auto code = visit.code();
  visit.page.type("#otp", code.substr(0, 3) + " " + code.substr(3) + "\n");
  visit.wait_for_keys(0);

  visit.page.type("#key-password", "demo-mi-password");
  visit.page.type("#seed", code + "\n");
  CHECK(visit.page.text("#seed-wrong").find("This is a code") == 0);
  visit.page.run("document.querySelector('#seed').value = ''");
  visit.page.type("#seed", "jbsw y3dp ehpk 3pxp\n");
  visit.wait_for_keys(1);
  CHECK(visit.status_with(visit.page.text(part("new-key-value"))) == 200);

  visit.page.click(part("hide-key"));
  visit.page.type("#key-password", "demo-mi-password");
  visit.page.type("#seed", "JBSWY3DPEHPK3PXP\n");
  visit.wait_for_text("create-wrong", "ry again in ");
  visit.clock->advance(31s);
  visit.page.click(part("create-button"));
  visit.wait_for_keys(2);
}

TEST_CASE("page: an account elsewhere that needs an address and a code finds the fields under More") {
  auto known = sandbox::demo_directory();
  known.accounts[0].email = "demo@example.com";
  known.accounts[0].otp_seed = "JBSWY3DPEHPK3PXP";
  secret_key_page visit(known);
  visit.page.click(part("sign-in-more") + " summary");
  visit.page.type("#email", "demo@example.com");
  visit.page.type("#otp", visit.code());
  visit.sign_in();
  visit.page.type("#seed", "JBSWY3DPEHPK3PXP");
  CHECK(visit.status_with(visit.make_key()) == 200);
}

TEST_CASE("page: a button pressed twice makes one key") {
  secret_key_page visit;
  visit.sign_in();
  visit.page.type("#key-password", "demo-ca-password");
  visit.page.run(key_form + ".requestSubmit(); " + key_form +
                 ".requestSubmit();"
                 "document.querySelector('[data-part=create-button]').click()");
  visit.wait_for_keys(1);
  CHECK(visit.count(method::post, "/v2/auth/secretkey") == 1);
}

TEST_CASE("page: a session that has ended costs a sign-in and nothing else") {
  secret_key_page visit;
  visit.sign_in();
  const auto key = visit.make_key();
  visit.wait_for_keys(1);
  visit.clock->advance(2h);
  visit.page.click(part("refresh"));
  visit.wait_for_text("sign-in-wrong", "Your session has ended");
  CHECK(visit.page.text(part("new-key-value")) == key);
  CHECK_FALSE(visit.page.shown(part("keys")));
  CHECK(focused(visit) == "password");
  visit.page.type("#password", "demo-ca-password\n");
  visit.wait_for_keys(1);
  CHECK(visit.page.text(part("new-key-value")) == key);

  visit.page.click(".keys .delete");
  visit.clock->advance(2h);
  visit.page.click(part("delete-confirm"));
  visit.wait_for_text("sign-in-wrong", "Your session has ended");
  CHECK_FALSE(visit.page.shown("dialog"));
}

TEST_CASE("page: a key that Metrc refused is shown as one") {
  secret_key_page visit;
  visit.sign_in();
  const auto key = visit.make_key();
  visit.service.metrc().change_password("ca.metrc.com", "demo-ca", "another");
  CHECK(visit.status_with(key) == 401);
  visit.page.click(part("refresh"));
  visit.wait_for_text("sign-in-wrong", "Your session has ended");
  visit.page.type("#password", "another\n");
  visit.wait_for_keys(1);
  CHECK(visit.page.text(".keys .ended").find("No longer works: Metrc refused") == 0);
  CHECK(visit.page.shown(".keys .ended"));
}

TEST_CASE("page: it says how long to wait, and what to do when the service fails or is gone") {
  secret_key_page visit;
  visit.meddle([](const request& r) -> std::optional<response> {
    if (r.method != method::post) return std::nullopt;
    return failure(429, "too many requests", {{"Retry-After", "42"}});
  });
  visit.sign_in_as("ca.metrc.com", "demo-ca", "demo-ca-password");
  visit.wait_for_text("sign-in-wrong", "too many tries. Try again in 42 seconds.");
  visit.meddle([](const request& r) -> std::optional<response> {
    if (r.method != method::post) return std::nullopt;
    return failure(503, "Metrc rests", {{"Retry-After", "600"}});
  });
  visit.page.click(part("sign-in-button"));
  visit.wait_for_text("sign-in-wrong", "Metrc rests. Try again in 10 minutes.");
  visit.meddle({});
  visit.page.click(part("sign-in-button"));
  visit.wait_for_keys(0);

  visit.meddle([](const request&) -> std::optional<response> { return failure(500, "a fault"); });
  visit.page.click(part("refresh"));
  visit.wait_for_text("keys-wrong", "The list could not be loaded. A fault.");
  visit.meddle([](const request&) { return response{.status = 200, .body = "<p>a proxy</p>"}; });
  visit.page.click(part("refresh"));
  visit.wait_for_text("keys-wrong", "does not understand");
  visit.meddle({});

  visit.page.type("#key-password", "demo-ca-password");
  const auto reachable = [&](bool yes) {
    visit.page.driver().post(
        "/chromium/network_conditions",
        {{"network_conditions", {{"offline", !yes}, {"latency", 0}, {"throughput", -1}}}});
  };
  reachable(false);
  visit.page.click(part("create-button"));
  visit.wait_for_text("create-wrong", "The answer did not arrive");
  visit.wait_for_text("keys-wrong", "could not be reached");
  reachable(true);
  visit.page.click(part("create-button"));
  visit.wait_for_keys(1);

  visit.page.click(".keys .delete");
  visit.meddle([](const request&) -> std::optional<response> { return failure(500, "a fault"); });
  visit.page.click(part("delete-confirm"));
  visit.wait_for_text("delete-wrong", "is not deleted. A fault.");
  CHECK(visit.page.shown("dialog"));
}
