// How the page of secret keys looks, and what assistive software is told of it, in a real Chromium.
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/support/secret_key_page.hpp"

using namespace t3api;
using nlohmann::json;
using t3api::test::part;
using t3api::test::secret_key_page;

namespace {

// Texts and borders that have too little contrast with what is behind them (WCAG 2.2, 1.4.3 and 1.4.11).
constexpr const char* too_faint = R"js(
const channels = (color) => color.match(/[\d.]+/g).map(Number);
const luminance = (color) => {
  const [r, g, b] = channels(color).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
};
const behind = (element) => {
  for (let e = element; e; e = e.parentElement) {
    const color = getComputedStyle(e).backgroundColor;
    if ((channels(color)[3] ?? 1) === 1) return color;
  }
  return 'rgb(255, 255, 255)';
};
const faint = [];
let texts = 0;
for (const element of document.querySelectorAll('body *')) {
  if (!element.checkVisibility()) continue;
  const style = getComputedStyle(element);
  const hasText = element.matches('input, select') ||
    [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim() !== '');
  if (hasText) {
    ++texts;
    const ratio = contrast(style.color, behind(element));
    if (ratio < 4.5) faint.push(`${element.outerHTML.slice(0, 80)} ${ratio.toFixed(2)}`);
  }
  if (element.matches('input, select, button.plain')) {
    const ratio = contrast(style.borderTopColor, behind(element.parentElement));
    if (ratio < 3) faint.push(`border of ${element.outerHTML.slice(0, 80)} ${ratio.toFixed(2)}`);
  }
}
return texts < 8 ? ['too few texts were looked at'] : faint;
)js";

constexpr const char* too_small = R"js(
return [...document.querySelectorAll('button, input, select, summary')].filter((e) => e.checkVisibility())
  .filter((e) => e.getBoundingClientRect().height < 43.9 || e.getBoundingClientRect().width < 44)
  .map((e) => e.outerHTML.slice(0, 80));
)js";

void check_looks(secret_key_page& visit, const std::string& view, bool all_four = false) {
  struct look {
    const char* scheme;
    bool phone;
  };
  std::vector<look> looks = {{"light", false}, {"dark", true}};
  if (all_four) looks.insert(looks.end(), {{"dark", false}, {"light", true}});
  for (const auto& each : looks) {
    const char* const scheme = each.scheme;
    const bool phone = each.phone;
    visit.page.prefer(scheme);
    visit.page.resize(phone ? 360 : 1000, phone ? 740 : 900, phone);
    CAPTURE(view);
    CAPTURE(scheme);
    CAPTURE(phone);
    CHECK(visit.page.run(too_faint).dump() == "[]");
    CHECK(visit.page.run(too_small).dump() == "[]");
    CHECK(visit.page.run("return document.documentElement.scrollWidth <= innerWidth && innerWidth <= "
                         "arguments[0]",
                         phone ? 360 : 1000) == true);
    CHECK((visit.page.run("return getComputedStyle(document.body).backgroundColor") == "rgb(17, 21, 26)") ==
          (std::string(scheme) == "dark"));
    visit.page.picture(view + "-" + scheme + (phone ? "-phone" : ""));
  }
}

// Each control that can be seen has a role and a name of its own.
void check_names(secret_key_page& visit, int least) {
  std::vector<std::string> names;
  const auto elements = visit.page.driver().post(
      "/elements",
      {{"using", "css selector"}, {"value", "button, input, select, section, dialog, form, .keys"}});
  for (const auto& element : elements) {
    const auto id = element.begin()->get<std::string>();
    if (visit.page.driver().get("/element/" + id + "/displayed") != true) continue;
    const auto name = visit.page.label(id), role = visit.page.role(id);
    CAPTURE(
        visit.page.driver().get("/element/" + id + "/property/outerHTML").get<std::string>().substr(0, 120));
    CHECK_FALSE(name.empty());
    CHECK_FALSE(role.empty());
    CHECK(role != "generic");
    if (role == "button") names.push_back(name);
  }
  CHECK(elements.size() >= static_cast<std::size_t>(least));
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}

}  // namespace

TEST_CASE("page: light and dark, on a desk and on a phone, all can be read, reached and hit") {
  secret_key_page visit;
  check_looks(visit, "1-sign-in");
  visit.page.click(part("sign-in-more") + " summary");
  visit.page.click(part("sign-in-button"));
  check_looks(visit, "2-sign-in-wrong");
  check_names(visit, 8);
  visit.page.driver().post("/refresh");
  visit.sign_in();
  check_looks(visit, "3-no-keys");
  const auto first = visit.make_key();
  visit.wait_for_keys(1);
  check_looks(visit, "4-new-key");
  CHECK(visit.status_with(first) == 200);
  visit.page.click(part("hide-key"));
  visit.clock->advance(std::chrono::minutes(40));
  visit.make_key();
  visit.wait_for_keys(2);
  visit.page.click(part("hide-key"));
  visit.page.click(part("create-more") + " summary");
  visit.page.click(part("refresh"));
  visit.wait_for_text("status", "up to date");
  check_looks(visit, "5-keys", true);
  check_names(visit, 10);
  visit.service.metrc().change_password("ca.metrc.com", "demo-ca", "another");
  CHECK(visit.status_with(first) == 401);
  visit.page.click(part("refresh"));
  visit.wait_for_text("sign-in-wrong", "Your session has ended");
  check_looks(visit, "6-session-ended");
  visit.page.type("#password", "another\n");
  visit.wait_for_keys(2);
  check_looks(visit, "7-ended-keys");
  visit.page.click(".keys .delete");
  check_looks(visit, "8-delete", true);
  CHECK(visit.page.role(visit.page.find("dialog")) == "dialog");
  CHECK(visit.page.label(visit.page.find("dialog")) == "Delete this key?");
}

TEST_CASE("page: assistive software is told what everything is") {
  secret_key_page visit;
  const auto told = [&](const std::string& selector) {
    const auto element = visit.page.find(selector);
    return visit.page.role(element) + ": " + visit.page.label(element);
  };
  CHECK(visit.page.run("return document.documentElement.lang + document.title") ==
        "enSecret keys - T3 API sandbox");
  CHECK(visit.page.run("return [...document.querySelectorAll('h1')].length") == 1);
  CHECK(told("#hostname") == "combobox: State");
  CHECK(told("#username") == "textbox: Username");
  CHECK(told("#password") == "textbox: Password");
  CHECK(told("[data-shows=password]") == "button: Show the password");
  CHECK(visit.page.role(visit.page.find(part("status"))) == "status");
  visit.page.type("#password", "visible?");
  visit.page.click("[data-shows=password]");
  CHECK(visit.page.run("return document.querySelector('#password').type") == "text");
  CHECK(visit.page.run("return document.querySelector('[data-shows=password]').ariaPressed") == "true");
  CHECK(visit.page.run("return document.querySelector('#password').autocomplete") == "current-password");
  CHECK(visit.page.run("return document.querySelector('#username').autocomplete") == "username");
  CHECK(visit.page.run("return document.querySelector('#otp').autocomplete") == "one-time-code");
  visit.page.run("document.querySelector('#password').value = ''");
  visit.sign_in();
  check_names(visit, 6);
  visit.make_key();
  visit.wait_for_keys(1);
  check_names(visit, 8);
  CHECK(visit.page.role(visit.page.find(".keys")) == "list");
  CHECK(visit.page.label(visit.page.find(".keys .delete")).find("Delete Key ") == 0);
}

TEST_CASE("page: what the browser itself has to say of it: nothing") {
  secret_key_page visit;
  visit.sign_in();
  visit.make_key();
  visit.wait_for_keys(1);
  visit.page.wait_for("document.readyState === 'complete'");
  CHECK(visit.page.run("return window.violations").dump() == "[]");
  std::string said;
  for (const auto& line : visit.page.driver().post("/se/log", {{"type", "browser"}})) {
    if (line.at("message").get<std::string>().find(visit.server.url()) == 0) said += line.dump() + "\n";
  }
  CHECK(said == "");
}
