#ifndef T3API_SANDBOX_PAGES_SECRET_KEY_PAGE_HPP
#define T3API_SANDBOX_PAGES_SECRET_KEY_PAGE_HPP

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/response.hpp>
#include <t3api/detail/base64url.hpp>
#include <t3api/detail/crypto.hpp>
#include <t3api/sandbox/pages/secret_key_forms.hpp>
#include <t3api/sandbox/pages/secret_key_html.hpp>
#include <t3api/sandbox/pages/secret_key_requests.hpp>
#include <t3api/sandbox/pages/secret_key_script.hpp>
#include <t3api/sandbox/pages/secret_key_style.hpp>
#include <t3api/sandbox/states.hpp>

namespace t3api::inline v0_1_0::sandbox::pages {

/// The states as options of the sign-in form. Colorado's Metrc needs the e-mail address at a login,
/// Michigan's a one-time password.
inline std::string state_options() {
  std::string options;
  for (const auto& s : states) {
    const std::string_view needs = s.abbreviation == "CO"   ? " data-needs=\"email\""
                                   : s.abbreviation == "MI" ? " data-needs=\"otp\""
                                                            : "";
    options += "          <option value=\"" + s.hostname() + "\"";
    options += needs;
    options += ">";
    options += s.name;
    options += " (" + s.hostname() + ")</option>\n";
  }
  return options;
}

/// All of the script, in a function so that nothing else on the page can reach into it.
inline std::string secret_key_page_script() {
  std::string script = "\n'use strict';\n(() => {";
  script += secret_key_requests;
  script += secret_key_forms;
  script += secret_key_script;
  return script += "})();\n";
}

/// What a Content-Security-Policy calls an inline script or style of this text: `'sha256-…'` (CSP level 3,
/// section 2.3.1).
inline std::string source_hash(std::string_view text) {
  std::string hash = detail::base64url_encode(detail::sha256(text));
  std::replace(hash.begin(), hash.end(), '-', '+');
  std::replace(hash.begin(), hash.end(), '_', '/');
  return "'sha256-" + hash + "='";
}

/// The page on which a user makes, lists and deletes secret keys. It is one text without anything from
/// elsewhere; its policy lets nothing run but its own script, nothing be asked but this service, and nobody
/// put it into a frame.
inline response secret_key_page() {
  const std::string script = secret_key_page_script();
  std::string html = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Secret keys - T3 API sandbox</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<style>)html";
  html += secret_key_style;
  html += "</style>\n</head>\n<body>\n";
  html += secret_key_html_start;
  html += state_options();
  html += secret_key_html_end;
  html += "<script>" + script + "</script>\n</body>\n</html>\n";
  return {
      .status = 200,
      .headers = {{"Content-Type", "text/html; charset=utf-8"},
                  {"Content-Security-Policy",
                   "default-src 'none'; script-src " + source_hash(script) + "; style-src " +
                       source_hash(secret_key_style) +
                       "; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                       "require-trusted-types-for 'script'; trusted-types 'none'"},
                  {"Referrer-Policy", "no-referrer"},
                  {"X-Content-Type-Options", "nosniff"},
                  {"X-Frame-Options", "DENY"},
                  {"Cross-Origin-Opener-Policy", "same-origin"},
                  {"Cross-Origin-Resource-Policy", "same-origin"},
                  {"Permissions-Policy",
                   "camera=(), geolocation=(), microphone=(), payment=(), usb=(), clipboard-read=(), "
                   "clipboard-write=(self)"},
                  {"Cache-Control", "no-store"}},
      .body = std::move(html)};
}

}  // namespace t3api::inline v0_1_0::sandbox::pages

#endif
