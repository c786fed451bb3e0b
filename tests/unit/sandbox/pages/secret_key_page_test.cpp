#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <t3api/sandbox/pages/secret_key_page.hpp>

using namespace t3api::sandbox;
using namespace t3api::sandbox::pages;

namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// What stands between the first `<name>` and its end tag; both must be there once.
std::string element(const std::string& html, const std::string& name) {
  const std::string opens = "<" + name + ">", closes = "</" + name + ">";
  const auto start = html.find(opens);
  REQUIRE(start != html.npos);
  const auto end = html.find(closes, start);
  REQUIRE(end != html.npos);
  CHECK(html.find("<" + name, start + 1) == html.npos);
  CHECK(html.find(closes, end + 1) == html.npos);
  return html.substr(start + opens.size(), end - start - opens.size());
}

/// The markup alone: no script, no style.
std::string markup(const std::string& html) {
  const auto style_ends = html.find("</style>"), script_starts = html.find("<script>");
  REQUIRE(style_ends < script_starts);
  return html.substr(0, html.find("<style>")) + html.substr(style_ends, script_starts - style_ends);
}

/// The names of all tags and of their attributes.
std::vector<std::string> attribute_names(const std::string& html) {
  std::vector<std::string> names;
  bool in_tag = false, in_quotes = false;
  std::string word;
  for (const char c : html) {
    if (in_quotes) {
      in_quotes = c != '"';
    } else if (!in_tag) {
      in_tag = c == '<';
      word.clear();
    } else if (std::isspace(static_cast<unsigned char>(c)) != 0 || c == '=' || c == '>' || c == '"') {
      if (!word.empty()) names.push_back(lower(word));
      word.clear();
      in_quotes = c == '"';
      in_tag = c != '>';
    } else {
      word += c;
    }
  }
  return names;
}

}  // namespace

TEST_CASE("a source hash is the one that CSP level 3 gives for its example") {
  CHECK(source_hash("alert('Hello, world.');") == "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='");
}

TEST_CASE("the page's policy names the very script and style that are served, and allows nothing else") {
  const auto page = secret_key_page();
  CHECK(page.status == 200);
  CHECK(page.headers.get("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.headers.get("Content-Security-Policy") ==
        "default-src 'none'; script-src " + source_hash(element(page.body, "script")) + "; style-src " +
            source_hash(element(page.body, "style")) +
            "; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            "require-trusted-types-for 'script'; trusted-types 'none'");
  CHECK(page.headers.get("Referrer-Policy") == "no-referrer");
  CHECK(page.headers.get("X-Content-Type-Options") == "nosniff");
  CHECK(page.headers.get("X-Frame-Options") == "DENY");
  CHECK(page.headers.get("Cross-Origin-Opener-Policy") == "same-origin");
  CHECK(page.headers.get("Cross-Origin-Resource-Policy") == "same-origin");
  CHECK(page.headers.get("Cache-Control") == "no-store");
  CHECK(page.headers.get("Permissions-Policy").value().find("clipboard-write=(self)") != std::string::npos);
}

TEST_CASE("the page is the same for everyone, and takes nothing from elsewhere") {
  const std::string html = secret_key_page().body;
  CHECK(html == secret_key_page().body);
  CHECK(html.find("://") == html.npos);
  CHECK(html.find("url(") == html.npos);
  CHECK(html.find("@import") == html.npos);
  for (const char* tag : {"<link", "<img", "<iframe", "<object", "<embed", "<base", "<a "}) {
    CAPTURE(tag);
    CHECK(html.find(tag) == html.npos);
  }
}

TEST_CASE("no attribute of the page is a script, a style or an address") {
  const auto names = attribute_names(markup(secret_key_page().body));
  REQUIRE(names.size() > 100);
  for (const auto& name : names) {
    CAPTURE(name);
    CHECK_FALSE(name.starts_with("on"));
    for (const char* refused :
         {"style", "src", "srcset", "srcdoc", "href", "action", "formaction", "target"}) {
      CHECK(name != refused);
    }
  }
}

TEST_CASE("the script makes no markup from text, and keeps nothing in the browser") {
  const std::string script = secret_key_page_script();
  for (const char* refused : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser",
                              "eval(", "new Function", "localStorage", "sessionStorage", "cookie",
                              "indexedDB", "console.", "location", "</"}) {
    CAPTURE(refused);
    CHECK(script.find(refused) == script.npos);
  }
  CHECK(std::string_view(secret_key_style).find("</") == std::string_view::npos);
}

TEST_CASE("a form that is sent without the script shows no password in an address") {
  const auto html = markup(secret_key_page().body);
  std::size_t forms = 0;
  for (auto at = html.find("<form"); at != html.npos; at = html.find("<form", at + 1), ++forms) {
    CHECK(html.substr(at, html.find('>', at) - at).find("method=\"post\"") != html.npos);
  }
  CHECK(forms == 2);
}

TEST_CASE("the sign-in form has every state, and knows what two of them need") {
  const auto options = state_options();
  CHECK(std::count(options.begin(), options.end(), '\n') == static_cast<std::ptrdiff_t>(states.size()));
  CHECK(options.find("<option value=\"ca.metrc.com\">California (ca.metrc.com)</option>") != options.npos);
  CHECK(options.find("<option value=\"co.metrc.com\" data-needs=\"email\">") != options.npos);
  CHECK(options.find("<option value=\"mi.metrc.com\" data-needs=\"otp\">") != options.npos);
}
