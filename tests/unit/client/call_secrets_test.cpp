// A service repeats the secrets of a call, in every spelling; no error and no log may show them.
#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/client_kit.hpp"

#include <nlohmann/json.hpp>
#include <t3api/auth/none.hpp>
#include <t3api/client.hpp>
#include <t3api/detail/base64url.hpp>
#include <t3api/logging/sinks.hpp>
#include <t3api/retry/none.hpp>

namespace {

using t3api::request;

/// Has all that spellings differ in, and looks like nothing else.
const std::string repeated_secret = "Zq7/k&x+\"Wv'\\p y\xC3\xA9<\xF0\x9F\x8C\xBF>m-9";

std::string each_byte(std::string_view text, const char* format, bool all) {
  std::string spelled;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (!all && std::isalnum(byte) != 0) {
      spelled += c;
      continue;
    }
    char buffer[16] = {};
    std::snprintf(buffer, sizeof buffer, format, static_cast<unsigned>(byte));
    spelled += buffer;
  }
  return spelled;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(c < 0x80 ? std::toupper(c) : c); });
  return text;
}

std::string replaced(std::string text, const std::vector<std::pair<std::string, std::string>>& pairs) {
  for (const auto& [from, to] : pairs) {
    for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
  }
  return text;
}

/// As in JSON, without the quotes.
std::string in_json(const std::string& text, bool ascii) {
  const auto quoted = nlohmann::json(text).dump(-1, ' ', ascii);
  return quoted.substr(1, quoted.size() - 2);
}

std::string in_base64(const std::string& text) {
  return replaced(t3api::detail::base64url_encode(text), {{"-", "+"}, {"_", "/"}});
}

std::string in_html(const std::string& text, const char* apostrophe, const char* quote) {
  return replaced(text, {{"&", "&amp;"}, {"'", apostrophe}, {"\"", quote}, {"<", "&lt;"}, {">", "&gt;"}});
}

struct spelling {
  std::string name;
  std::function<std::string(const std::string&)> of;
};

const std::vector<spelling> spellings = {
    {"as it is", [](const auto& s) { return s; }},
    {"upper case", upper},
    {"lower case", [](const auto& s) { return t3api::detail::to_lower(s); }},
    {"percent-encoded", [](const auto& s) { return each_byte(s, "%%%02X", false); }},
    {"percent-encoded, lower hex", [](const auto& s) { return each_byte(s, "%%%02x", false); }},
    {"percent-encoded, every byte", [](const auto& s) { return each_byte(s, "%%%02X", true); }},
    {"percent-encoded, every byte, lower hex", [](const auto& s) { return each_byte(s, "%%%02x", true); }},
    {"form",
     [](const auto& s) {
       return replaced(each_byte(s, "%%%02X", false), {{"%20", "+"}});
     }},
    {"percent-encoded twice",
     [](const auto& s) { return each_byte(each_byte(s, "%%%02X", false), "%%%02X", false); }},
    {"JSON", [](const auto& s) { return in_json(s, false); }},
    {"JSON in ASCII", [](const auto& s) { return in_json(s, true); }},
    {"JSON in ASCII, upper hex",
     [](const auto& s) {
       return replaced(upper(in_json(s, true)), {{"\\U", "\\u"}});
     }},
    {"JSON with \\/",
     [](const auto& s) {
       return replaced(in_json(s, false), {{"/", "\\/"}});
     }},
    {"JSON in JSON", [](const auto& s) { return in_json(in_json(s, true), true); }},
    {"JSON in JSON in JSON", [](const auto& s) { return in_json(in_json(in_json(s, true), true), true); }},
    {"\\x escapes", [](const auto& s) { return each_byte(s, "\\x%02x", false); }},
    {"HTML", [](const auto& s) { return in_html(s, "&#39;", "&quot;"); }},
    {"HTML, decimal", [](const auto& s) { return in_html(s, "&#039;", "&#34;"); }},
    {"HTML, hex", [](const auto& s) { return in_html(s, "&#x27;", "&#X22;"); }},
    {"HTML, apos", [](const auto& s) { return in_html(s, "&apos;", "&quot;"); }},
    {"HTML of percent-encoding",
     [](const auto& s) { return in_html(each_byte(s, "%%%02X", false), "", ""); }},
    {"base64", in_base64},
    {"base64, percent-encoded", [](const auto& s) { return each_byte(in_base64(s) + "=", "%%%02X", false); }},
    {"cut off", [](const auto& s) { return s.substr(0, 12) + "..."; }},
    {"cut off, percent-encoded",
     [](const auto& s) { return each_byte(s.substr(0, 12), "%%%02x", false) + "..."; }},
    {"cut off with an ellipsis", [](const auto& s) { return s.substr(0, 12) + "\xE2\x80\xA6"; }},
};

struct place {
  std::string name;
  std::function<void(request&, t3api::client_config&, const std::string&)> put;
};

const std::vector<place> places = {
    {"header", [](request& r, auto&, const auto& s) { r.headers.add_received("X-Internal-Token", s); }},
    {"bearer header",
     [](request& r, auto&, const auto& s) { r.headers.add_received("Authorization", "Bearer " + s); }},
    {"basic header",
     [](request& r, auto&, const auto& s) {
       r.headers.add_received("Authorization", "Basic " + in_base64("jane:" + s));
     }},
    {"cookie",
     [](request& r, auto&, const auto& s) { r.headers.add_received("Cookie", "a=b; sid=" + s + "; c=d"); }},
    {"parameter", [](request& r, auto&, const auto& s) { r.query.emplace_back("pass_word", s); }},
    {"parameter in the path",
     [](request& r, auto&, const auto& s) { r.path += "?api.KEY=" + each_byte(s, "%%%02X", false); }},
    {"JSON body",
     [](request& r, auto&, const auto& s) {
       r.body = nlohmann::json{{"otpSeed", s}}.dump();
     }},
    {"JSON body, deep",
     [](request& r, auto&, const auto& s) {
       r.body = nlohmann::json{{"rows", {{{"credentials", {{"user", "j"}, {"words", {1, s}}}}}}}}.dump(2);
     }},
    {"form body",
     [](request& r, auto&, const auto& s) {
       r.body = "user=jane&client_secret=" + replaced(each_byte(s, "%%%02X", false), {{"%20", "+"}}) + "&x=1";
     }},
    {"login body",
     [](request& r, auto&, const auto& s) {
       r.path = "/v2/AUTH/credentials";
       r.body = nlohmann::json{{"username", "jane"}, {"password", s}}.dump();
     }},
    {"header of the client",
     [](request&, auto& config, const auto& s) { config.headers.add_received("X-Session-Id", s); }},
    {"password of the proxy",
     [](request&, auto& config, const auto& s) {
       config.proxy = t3api::proxy_options{.host = "127.0.0.1", .username = "jane", .password = s};
     }},
};

/// All that comes out of one call to a service that answers with `answer`.
struct evidence {
  evidence(const place& where, const std::function<t3api::outcome()>& answer) {
    std::ostringstream lines;
    auto config = test::patient_config(test::make_clock());
    config.logging = t3api::log_to(lines, {.headers = true, .body = true});
    request sent{.method = t3api::method::post,
                 .path = "/v2/packages/notes",
                 .headers = {{"Content-Type", "application/json"}}};
    where.put(sent, config, repeated_secret);
    t3api::scripted_transport script;
    for (int i = 0; i < 4; ++i) script.reply(answer());
    const t3api::client<t3api::scripted_transport, t3api::no_auth, t3api::no_retry> client(
        script, t3api::no_auth(), t3api::no_retry(), config);
    const auto got = client.send(sent);
    REQUIRE_FALSE(got);
    cause = got.error();
    log = lines.str();
  }

  /// Where `spelled` was shown, or a part of it that is as good as the whole.
  std::string shown_in(const std::string& spelled) const {
    std::string where;
    for (const auto& [name, text] : {std::pair{"message", cause.message},
                                     {"service_message", cause.service_message},
                                     {"service_request_id", cause.service_request_id},
                                     {"log", log}}) {
      const auto plain = t3api::detail::to_lower(text);
      for (const auto& part : {spelled.substr(0, spelled.size() / 2), spelled.substr(spelled.size() / 2)}) {
        if (plain.find(t3api::detail::to_lower(part)) != plain.npos) where += std::string(name) + " ";
      }
    }
    return where;
  }

  t3api::error cause;
  std::string log;
};

}  // namespace

TEST_CASE("a secret that the service repeats is hidden, whatever it stood in and however it is spelled") {
  for (const auto& where : places) {
    for (const auto& form : spellings) {
      const auto spelled = form.of(repeated_secret);
      const evidence found(where, [&] {
        t3api::response answer{.status = 403,
                               .body = nlohmann::json{{"message", "not [" + spelled + "] again"}}.dump()};
        answer.headers.add_received("Content-Type", "application/json");
        answer.headers.add_received("X-Request-Id", "[" + spelled + "]");
        answer.headers.add_received("Server", "[" + spelled + "]");
        return answer;
      });
      CAPTURE(where.name);
      CAPTURE(form.name);
      CAPTURE(found.log);
      CHECK(found.shown_in(spelled) == "");
      CHECK(found.cause.service_message.starts_with("not [***"));
      CHECK(found.cause.service_request_id.starts_with("[***"));
      CHECK(found.cause.message.find("not [***") != std::string::npos);
      const bool is_login = where.name == "login body";
      CHECK(found.log.find(is_login ? "(not shown: authentication)" : "\"not [***") != std::string::npos);
    }
  }
}

TEST_CASE("a secret is hidden in the error of a transport too") {
  for (const auto& where : places) {
    for (const auto& form : spellings) {
      const auto spelled = form.of(repeated_secret);
      const evidence found(where, [&] { return t3api::error{.message = "no HTTP: [" + spelled + "]"}; });
      CAPTURE(where.name);
      CAPTURE(form.name);
      CHECK(found.shown_in(spelled) == "");
      CHECK(found.cause.message.starts_with("no HTTP: [***"));
      CHECK(found.log.find("no HTTP: [***") != std::string::npos);
    }
  }
}

TEST_CASE("what an auth method makes an error of has the secrets of its request hidden") {
  struct login {
    t3api::result<t3api::token_generation> authorize(request&, t3api::exchange& via) {
      const auto answer = via.send({.method = t3api::method::post,
                                    .path = "/v2/auth/own",
                                    .body = nlohmann::json{{"passcode", repeated_secret}}.dump()});
      if (!answer) return answer.error();
      return t3api::service_error({.path = "/v2/auth/own"}, *answer, via.clock().wall_now());
    }
    bool on_unauthorized(t3api::token_generation) { return false; }
  };
  for (const auto& form : spellings) {
    auto config = test::patient_config(test::make_clock());
    config.headers.add_received("X-Internal-Token", "another-secret-word");
    t3api::scripted_transport script;
    const auto spelled = form.of(repeated_secret);
    script.reply(t3api::response{
        .status = 401,
        .body = nlohmann::json{{"message", "[" + spelled + "] for another-secret-word"}}.dump()});
    const t3api::client<t3api::scripted_transport, login, t3api::no_retry> client(script, login(),
                                                                                  t3api::no_retry(), config);
    CAPTURE(form.name);
    const auto said = client.get("/v2/x").error().service_message;
    CHECK(said.starts_with("[***"));
    CHECK(said.ends_with("] for ***"));
  }
}

TEST_CASE("nothing unprintable comes out, whatever a service sends") {
  const std::string evil =
      "a\r\n\x1B[2J\x07 \xC2\x9B|\xE2\x80\xAE|\xE2\x81\xA6|\xE2\x80\x8B|\xE2\x80\x8D|\xE2\x80\x8F|\xD8\x9C|"
      "\xE2\x81\xA0|\xE2\x81\xA4|\xEF\xBB\xBF|\xC2\xAD|\xF3\xA0\x81\x81|\xEF\xB8\x8F|\xE2\x80\xA8|"
      "\xE2\x80\xA9 z";
  const evidence found(places[0], [&] {
    t3api::response answer{.status = 403, .body = nlohmann::json{{"message", evil}}.dump()};
    answer.headers.add_received("Content-Type", "application/json");
    answer.headers.add_received("X-Request-Id", evil + "\xC0\xAF\xED\xA0\x80\xFF");
    answer.headers.add_received("Server\xE2\x80\xAE", evil);
    return answer;
  });
  CHECK(std::count(found.log.begin(), found.log.end(), '\n') == 2);
  for (const auto& text : {found.cause.message, found.cause.service_message, found.cause.service_request_id,
                           replaced(found.log, {{"\n", ""}})}) {
    CAPTURE(text);
    CHECK(text.size() > 50);
    CHECK(t3api::detail::is_utf8(text));
    for (const char* bad :
         {"\r", "\n", "\x1B", "\x07", "\xC2\x9B", "\xE2\x80\xAE", "\xE2\x81\xA6", "\xE2\x80\x8B",
          "\xE2\x80\x8D", "\xE2\x80\x8F", "\xD8\x9C", "\xE2\x81\xA0", "\xE2\x81\xA4", "\xEF\xBB\xBF",
          "\xC2\xAD", "\xF3\xA0\x81\x81", "\xEF\xB8\x8F", "\xE2\x80\xA8", "\xE2\x80\xA9"}) {
      CHECK(text.find(bad) == text.npos);
    }
  }
}
