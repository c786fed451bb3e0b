// What must never happen on the page of secret keys, in a real Chromium.
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/support/secret_key_page.hpp"

using namespace t3api;
using nlohmann::json;
using t3api::test::part;
using t3api::test::recording_server;
using t3api::test::secret_key_page;

namespace {

response html(std::string text) {
  return {.status = 200, .headers = {{"Content-Type", "text/html; charset=utf-8"}}, .body = std::move(text)};
}

json violations(secret_key_page& visit) { return visit.page.run("return window.violations"); }

}  // namespace

TEST_CASE("page: names and messages are shown as text, whatever is in them") {
  const std::string hostile =
      "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";
  auto known = sandbox::demo_directory();
  known.accounts[0].username = hostile;
  known.api_keys.clear();
  secret_key_page visit(known);
  visit.sign_in_as("ca.metrc.com", hostile, "demo-ca-password");
  visit.wait_for_keys(0);
  CHECK(visit.page.text(part("who")) == hostile + " on ca.metrc.com");
  CHECK(visit.page.text(part("status")) == "You are signed in as " + hostile + ".");

  visit.meddle([&](const request& r) -> std::optional<response> {
    if (r.method == method::post) return sandbox::json_answer(200, {{"secretKey", hostile}});
    if (r.method == method::delete_) return sandbox::error_answer({500, hostile}, hostile, wall_time());
    return sandbox::json_answer(
        200,
        json::array(
            {{{"id", hostile}, {"createdAt", hostile}, {"lastUsedAt", hostile}, {"isEnabled", hostile}}}));
  });
  CHECK(visit.make_key() == hostile);
  visit.wait_for_keys(1);
  CHECK(visit.page.text(".keys dd") == hostile);
  visit.page.click(".keys .delete");
  visit.page.click(part("delete-confirm"));
  visit.wait_for_text("delete-wrong", "<script>");
  CHECK(visit.page.run("return document.querySelectorAll('img').length") == 0);
  CHECK(visit.page.run("return document.scripts.length") == 1);
  CHECK(visit.page.run("return document.title") == "Secret keys - T3 API sandbox");
  CHECK(violations(visit).empty());
}

TEST_CASE("page: its policy stops everything that did not come with it, and nothing that did") {
  const recording_server elsewhere([](const request&) { return html("hello"); });
  secret_key_page visit;
  visit.sign_in();
  visit.make_key();
  visit.wait_for_keys(1);
  visit.page.click(part("copy"));
  visit.wait_for_text("status", "copied");
  CHECK(violations(visit).empty());

  const auto stopped = [&](const std::string& deed, const std::string& directive) {
    CAPTURE(deed);
    visit.page.run("window.violations.length = 0; window.ran = false; try {" + deed + "} catch {}",
                   elsewhere.url() + "/x");
    visit.page.wait_for("window.violations.some((v) => v.startsWith('" + directive + " '))");
    CHECK(visit.page.run("return window.ran") == false);
  };
  const std::string add = "const e = document.createElement(";
  stopped(add + "'img'); e.src = arguments[0]; document.body.append(e);", "img-src");
  stopped(add + "'iframe'); e.src = arguments[0]; document.body.append(e);", "frame-src");
  stopped(add + "'style'); e.append('body { color: red }'); document.body.append(e);", "style-src-elem");
  stopped(add + "'button'); e.setAttribute('style', 'color: red'); document.body.append(e);",
          "style-src-attr");
  stopped(add + "'base'); e.href = arguments[0]; document.head.append(e);", "base-uri");
  stopped(add + "'link'); e.rel = 'stylesheet'; e.href = arguments[0]; document.head.append(e);",
          "style-src-elem");
  stopped(add + "'form'); e.action = arguments[0]; document.body.append(e); e.submit();", "form-action");
  stopped("document.querySelector('form').submit();", "form-action");
  stopped("fetch(arguments[0]).catch(() => {});", "connect-src");
  stopped("navigator.sendBeacon(arguments[0], 'x');", "connect-src");
  stopped("document.body.innerHTML = '<b onclick=\"window.ran = true\">x</b>';", "require-trusted-types-for");
  stopped("setTimeout('window.ran = true', 0);", "require-trusted-types-for");
  stopped("trustedTypes.createPolicy('default', {createHTML: (text) => text});", "trusted-types");
  CHECK(elsewhere.count() == 0);
  CHECK(visit.page.run("return location.href") == visit.url());
}

TEST_CASE("page: markup that got into the page all the same neither runs nor loads anything") {
  const recording_server elsewhere([](const request&) { return html("hello"); });
  secret_key_page visit;
  visit.meddle([&](const request& r) -> std::optional<response> {
    auto page = visit.service.handle(r);
    const auto at = page.body.find("<header>");
    if (at == page.body.npos) return std::nullopt;
    page.body.insert(at, "<script>window.ran = true</script><script src='" + elsewhere.url() +
                             "/s'></script><img src='" + elsewhere.url() +
                             "/i' onerror='window.ran = true'>"
                             "<svg onload='window.ran = true'></svg><iframe srcdoc='<script>parent.ran = true"
                             "</script>'></iframe><form action='" +
                             elsewhere.url() + "/f'><button id='bait'>x</button></form>");
    return page;
  });
  visit.page.open(visit.url());
  visit.wait_for_part("sign-in");
  visit.page.click("#bait");
  for (const char* stopped :
       {"script-src-elem inline", "script-src-elem http", "script-src-attr", "img-src", "form-action"}) {
    visit.page.wait_for("window.violations.some((v) => v.startsWith('" + std::string(stopped) + "'))");
  }
  CHECK(visit.page.run("return window.ran === undefined") == true);
  CHECK(elsewhere.count() == 0);
  visit.meddle({});
  visit.sign_in();
}

TEST_CASE("page: no other page can frame it, reach into it, or act for who is signed in on it") {
  secret_key_page visit;
  const recording_server foreign([&](const request&) {
    return html("<!doctype html><title>foreign</title><iframe src=\"" + visit.url() + "\"></iframe>");
  });
  visit.sign_in();
  const auto key = visit.make_key();
  visit.wait_for_keys(1);
  const auto id = visit.page.run("return document.querySelector('.keys h3').textContent").get<std::string>();

  t3api::test::tab other;
  other.open(foreign.url());
  other.driver().post("/frame", {{"id", 0}});
  CHECK(other.run("return document.querySelector('form') === null") == true);
  other.driver().post("/frame", {{"id", nullptr}});
  other.run("window.opened = window.open(arguments[0])", visit.url());
  other.wait_for("window.opened.closed");

  // Without the token, which no other page can have, nothing is done and nothing can be read.
  const auto tried = other.run(
      "const results = [];"
      "for (const [method, mode] of [['GET', 'cors'], ['GET', 'no-cors'], ['POST', 'no-cors'], ['DELETE', "
      "'cors']]) {"
      "  try {"
      "    const answer = await fetch(arguments[0], {method, mode, credentials: 'include'});"
      "    results.push(answer.type);"
      "  } catch { results.push('refused'); }"
      "} return results;",
      visit.server.url() + "/v2/auth/secretkey");
  CHECK(tried == json({"refused", "opaque", "opaque", "refused"}));
  CHECK(visit.status_with(key) == 200);
  for (const auto& window : other.driver().get("/window/handles")) {  // Ends the one that was opened.
    other.driver().post("/window", {{"handle", window}});
    if (other.run("return window.name + document.readyState") == "") other.driver().remove("/window");
  }
}

TEST_CASE("page: passwords, token and key are in no address, no Referer, no cookie and no storage") {
  secret_key_page visit;
  visit.sign_in();
  const auto key = visit.make_key();
  visit.wait_for_keys(1);
  std::string token;
  for (const auto& r : visit.server.requests()) {
    CHECK(r.query.empty());
    CHECK(r.path.find(key) == r.path.npos);
    CHECK_FALSE(r.headers.get("Referer"));
    CHECK_FALSE(r.headers.get("Cookie"));
    if (const auto sent = r.headers.get("Authorization")) token = sent->substr(sent->find(' ') + 1);
  }
  REQUIRE(token.size() > 40);
  const auto anywhere = [&] {
    return visit.page
        .run(
            "const own = Object.getOwnPropertyNames(window).map((n) => { try { return "
            "JSON.stringify(window[n]); } catch { return ''; } });"
            "return [location.href, document.cookie, JSON.stringify({...localStorage}), "
            "JSON.stringify({...sessionStorage}), JSON.stringify(history.state), "
            "document.documentElement.outerHTML, "
            "JSON.stringify(await indexedDB.databases()), JSON.stringify(await caches.keys()), "
            "JSON.stringify(performance.getEntries()), ...own].join('\\n');")
        .get<std::string>();
  };
  const auto found = anywhere();
  CHECK(found.find(token) == found.npos);
  CHECK(found.find("demo-ca-password") == found.npos);
  CHECK(visit.page.run("return localStorage.length + sessionStorage.length + document.cookie.length") == 0);
  CHECK(found.find(key) != found.npos);
  visit.page.click(part("hide-key"));
  CHECK(anywhere().find(key) == std::string::npos);
}

TEST_CASE("page: who leaves it and comes back finds it signed out, with nothing in it") {
  secret_key_page visit;
  visit.sign_in();
  const auto key = visit.make_key();
  visit.wait_for_keys(1);
  visit.page.open(visit.server.url() + "/v2/states");
  visit.page.driver().post("/back");
  visit.wait_for_part("sign-in");
  const auto text = [&] {
    return visit.page.run("return document.documentElement.outerHTML").get<std::string>();
  };
  CHECK(text().find(key) == std::string::npos);
  CHECK(visit.page.run("return document.querySelector('#username').value") == "");

  visit.sign_in_as("ca.metrc.com", "demo-ca", "demo-ca-password");
  visit.wait_for_keys(1);
  visit.page.type("#key-password", "demo-ca-password");
  visit.page.run("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))");
  CHECK(visit.page.shown(part("sign-in")));
  CHECK_FALSE(visit.page.shown(part("keys")));
  CHECK(visit.page.run("return [...document.querySelectorAll('input')].every((i) => i.value === '')") ==
        true);
  CHECK(visit.page.run("return document.querySelectorAll('.keys li').length") == 0);
}
