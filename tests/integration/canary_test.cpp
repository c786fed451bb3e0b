// Secrets with texts of their own go through every way in, with every kind of end; then all that came out,
// errors, logs, output and files, is searched for them.

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <t3api/sandbox.hpp>
#include <t3api/t3api.hpp>

#include "tests/integration/programs/child_process.hpp"
#include "tests/integration/programs/secret_forms.hpp"
#include "tests/support/files.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/unlimited.hpp"

using namespace t3api;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const std::string password = R"(Kn0bbl"Th3\Frog/Jum%ps+9)";
const std::string wrong_password = R"(Wr0ng"T04d\Pond/Hops%By+3)";
const std::string wrong_key = "5f2b7c1e-0000-4d1f-9a77-c0ffee15bad1";
const std::string api_key = R"(Ap1"Key\0f/Quiet%Herons+)";
const std::string otp_seed = "MFZWIZTHNBVGW3DQOBSWY3DP";
const std::string username = "canary-user";
const std::string email = "canary.mail@example.com";

/// All that came out, by where it came out.
class evidence {
 public:
  void add(const std::string& where, const std::string& text) { texts_[where] += text + "\n"; }

  void add(const error& cause) {
    add("errors", cause.message + "\n" + cause.service_message + "\n" + cause.service_request_id + "\n" +
                      cause.request_id);
  }

  /// With those nested in it.
  void add(const std::exception& failure) {
    add("exceptions", failure.what());
    if (const auto* typed = dynamic_cast<const exception*>(&failure)) add(typed->details());
    try {
      std::rethrow_if_nested(failure);
    } catch (const std::exception& cause) {
      add(cause);
    }
  }

  bool holds(const std::string& where, std::string_view text) const {
    const auto found = texts_.find(where);
    return found != texts_.end() && found->second.find(text) != std::string::npos;
  }

  void check_without(const std::string& value) const {
    for (const auto& [where, text] : texts_) {
      for (const auto& form : test::secret_forms(value)) {
        const auto at = text.find(form);
        if (at == text.npos) continue;
        const auto from = at < 200 ? 0 : at - 200;
        FAIL_CHECK(form << " came out in " << where << ": " << text.substr(from, 300));
      }
    }
  }

  void check_without(const std::vector<std::string>& secrets) const {
    for (const auto& value : secrets) check_without(value);
    check_without("eyJhbGciOi");  // How every token of the sandbox begins, those unknown here too.
  }

 private:
  std::map<std::string, std::string> texts_;
};

sandbox::directory accounts() {
  const auto on = [](const char* hostname) {
    return sandbox::account{
        .hostname = hostname, .username = username, .password = password, .licenses = {"LIC-1"}};
  };
  auto colorado = on("co.metrc.com"), michigan = on("mi.metrc.com");
  colorado.email = email;
  michigan.otp_seed = otp_seed;
  return {.accounts = {on("ca.metrc.com"), colorado, michigan},
          .api_keys = {{.key = api_key, .state_code = "CA", .username = username}}};
}

/// A service that does something wrong, and where to find it.
struct service {
  std::string name;
  std::string url;
};

/// The sandbox, and services that fail in every way and repeat all that they were sent.
class services {
 public:
  services() {
    plain_.start();
    secure_.start();
    add("works", plain_.url());
    add("unknown certificate", secure_.url());
    const client_config config{.host = plain_.url()};
    const credentials_arguments login{.hostname = "ca.metrc.com",
                                      .username = username,
                                      .password = password,
                                      .host = config.host,
                                      .config = config};
    token = authenticate_and_get_token(login).reveal();
    const client stranger{no_auth(), config};
    secret_key =
        create_secret_key(stranger, {.hostname = "ca.metrc.com", .username = username, .password = password})
            .value()
            .reveal();
    for (const char* status : {"400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found",
                               "422 Unprocessable Content", "429 Too Many Requests",
                               "500 Internal Server Error", "302 Found", "200 OK"}) {
      add_raw(status, [this, status](const std::string& asked) {
        return test::http_answer(R"({"error": {"message": )" + json_text(repeated(asked)) + "}}", status,
                                 echoing_headers(asked));
      });
      add_raw(std::string(status) + ", no JSON", [this, status](const std::string& asked) {
        return test::http_answer("<html>" + repeated(asked) + asked, status);
      });
    }
    add_raw("no HTTP", [this](const std::string& asked) { return repeated(asked) + "\r\n\r\n"; });
    add_raw("bad header", [this](const std::string& asked) {
      return "HTTP/1.1 200 OK\r\nContent-Length: " + one_word(repeated(asked)) + "\r\n\r\n";
    });
    add_raw("cut in the headers", [](const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Le"; });
    add_raw("cut before any answer", [](const std::string&) { return ""; });
    servers_.push_back(std::make_unique<test::raw_server>([](test::raw_connection& peer) {
      peer.read_request();
      peer.wait_until_closed();
    }));
    add("silent", servers_.back()->url());
  }

  std::vector<service> all;
  std::string token, secret_key;

  const std::string& url_of(std::string_view name) const {
    return std::find_if(all.begin(), all.end(), [&](const service& s) { return s.name == name; })->url;
  }

  std::vector<std::string> secrets() const {
    return {password, wrong_password, wrong_key, api_key, otp_seed, token, secret_key};
  }

 private:
  void add(const std::string& name, const std::string& url) { all.push_back({name, url}); }

  void add_raw(const std::string& name, std::function<std::string(const std::string&)> answer) {
    servers_.push_back(
        std::make_unique<test::raw_server>([answer = std::move(answer)](test::raw_connection& peer) {
          if (const auto asked = peer.read_request(); !asked.empty()) peer.write(answer(asked));
        }));
    add(name, servers_.back()->url());
  }

  /// The secrets that the request holds, plain, and what it is besides.
  std::string repeated(const std::string& asked) const {
    std::string text;
    for (const auto& value : secrets()) {
      const auto forms = test::secret_forms(value);
      const bool sent = std::any_of(forms.begin(), forms.end(), [&](const std::string& form) {
        return form.size() >= value.size() && asked.find(form) != asked.npos;
      });
      if (sent) text += value + " is what you sent. ";
    }
    return text + asked.substr(0, asked.find(' ', 5)) + " ... " + asked.substr(asked.rfind('\n') + 1);
  }

  std::string echoing_headers(const std::string& asked) const {
    const auto word = one_word(repeated(asked));
    return "X-Request-Id: " + word + "\r\nX-Debug: " + word + "\r\nSet-Cookie: a=" + word + "\r\n";
  }

  static std::string one_word(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text.substr(0, text.find(" is what"));
  }

  static std::string json_text(const std::string& text) { return nlohmann::json(text).dump(); }

  sandbox::service sandbox_{test::unlimited(), accounts()};
  sandbox::http_server plain_{[this](const request& r) { return sandbox_.handle(r); }, {}};
  sandbox::http_server secure_{[this](const request& r) { return sandbox_.handle(r); },
                               {.tls = sandbox::make_certificate()}};
  std::vector<std::unique_ptr<test::raw_server>> servers_;
};

using settings_map = std::map<std::string, std::string>;

/// The settings for each way in; wrong credentials too.
std::vector<settings_map> ways_in(const services& there) {
  const settings_map california{
      {"METRC_HOSTNAME", "ca.metrc.com"}, {"METRC_USERNAME", username}, {"METRC_PASSWORD", password}};
  auto colorado = california, michigan = california, unknown = california, mailless = california;
  colorado["METRC_HOSTNAME"] = mailless["METRC_HOSTNAME"] = "co.metrc.com";
  colorado["METRC_EMAIL"] = email;
  michigan["METRC_HOSTNAME"] = "mi.metrc.com";
  michigan["OTP_SEED"] = otp_seed;
  unknown["METRC_PASSWORD"] = wrong_password;
  return {california,
          colorado,
          michigan,
          unknown,
          mailless,
          {{"API_KEY", api_key}, {"API_STATE_CODE", "CA"}},
          {{"API_KEY", api_key}, {"API_STATE_CODE", "NY"}},
          {{"JWT_TOKEN", there.token}},
          {{"T3_SECRET_KEY", there.secret_key}},
          {{"T3_SECRET_KEY", wrong_key}},
          {{"JWT_TOKEN", password}}};
}

settings_map with_traffic(settings_map settings, const std::string& url) {
  settings.merge(settings_map{{"T3_API_HOST", url},
                              {"T3_LOG_HTTP", "1"},
                              {"T3_LOG_HEADERS", "1"},
                              {"T3_LOG_BODY", "1"},
                              {"HTTP_READ_TIMEOUT", "0.2"},
                              {"RETRY_MAX_ATTEMPTS", settings.contains("METRC_EMAIL") ? "2" : "1"},
                              {"RETRY_BACKOFF_FACTOR", "0"},
                              {"RETRY_MIN_WAIT", "0"}});
  return settings;
}

environment_options only(const settings_map& settings) {
  return {.file = "", .lookup = [&settings](const char* name) {
            const auto found = settings.find(name);
            return found == settings.end() ? nullptr : found->second.c_str();
          }};
}

/// Does it, and keeps what it throws.
void try_out(evidence& found, const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& failure) {
    found.add(failure);
  }
}

template <class T>
void keep_error(evidence& found, const result<T>& answer) {
  if (!answer) found.add(answer.error());
}

std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) names.insert(entry.path());
  return names;
}

std::string t3_program() {
  const char* folder = std::getenv("T3API_BIN_DIR");
  const auto path = fs::absolute(fs::path(folder != nullptr ? folder : "build/bin") / "t3").string();
  REQUIRE_MESSAGE(fs::exists(path), "build the program first, or set T3API_BIN_DIR to its folder");
  return path;
}

std::string as_file(const settings_map& settings) {
  std::string text;
  for (const auto& [name, value] : settings) text += name + "='" + value + "'\n";
  return text;
}

std::vector<std::string> as_environment(const settings_map& settings) {
  std::vector<std::string> entries;
  for (const auto& [name, value] : settings) entries.push_back(name + "=" + value);
  return entries;
}

}  // namespace

TEST_CASE("no way in and no failure brings a secret into an error or a log") {
  const services there;
  const test::temporary_folder folder;
  evidence found;
  const std::string log_file = folder.path() + "/traffic.log";
  for (const auto& service : there.all) {
    for (const auto& way : ways_in(there)) {
      auto settings = with_traffic(way, service.url);
      settings["T3_LOG_FILE"] = log_file;
      try_out(found, [&] {
        const auto via = get_authenticated_client_or_error({.environment = only(settings)});
        found.add("descriptions", via.auth().description());
        keep_error(found, whoami(via));
        keep_error(found, list_licenses(via));
        keep_error(found, list_secret_keys(via));
        keep_error(found, delete_secret_key(via, there.secret_key));
        keep_error(found, via.post("/v2/echo", {{"password", password}, {"list", {{"apiKey", api_key}}}}));
      });
    }
    // Who logs in is in the log only when the service says it.
    if (service.name == "works") CHECK(test::content_of(log_file).find(email) == std::string::npos);
  }
  CHECK(test::mode_of(log_file) == 0600);
  CHECK(names_in(folder.path()) == std::set<std::string>{log_file});
  found.add("log file", test::content_of(log_file));
  CHECK(found.holds("log file", "POST "));
  CHECK(found.holds("log file", "Authorization"));
  CHECK(found.holds("errors", "is what you sent"));
  found.check_without(there.secrets());
}

TEST_CASE("the named functions and secret keys bring no secret into an error or a log") {
  const services there;
  evidence found;
  std::ostringstream stream;
  for (const auto& service : there.all) {
    const client_config config{.host = service.url,
                               .read_timeout = 200ms,
                               .logging = log_to(stream, {.headers = true, .body = true})};
    const backoff_options once{.max_attempts = 1}, twice{.max_attempts = 2, .base = 0ms};
    const credentials_arguments login{.hostname = "ca.metrc.com",
                                      .username = username,
                                      .password = password,
                                      .host = service.url,
                                      .config = config,
                                      .retry_policy = once,
                                      .logging_hooks = config.logging};
    auto wrong = login, with_seed = login;
    wrong.password = wrong_password;
    with_seed.hostname = "mi.metrc.com";
    with_seed.otp_seed = otp_seed;
    for (const auto& given : {login, wrong, with_seed}) {
      try_out(found, [&] { authenticate_and_get_token(given); });
      try_out(found, [&] { authenticate_and_get_response_async(given).get(); });
    }
    try_out(found, [&] {
      authenticate_and_get_token_with_api_key({.api_key = api_key,
                                               .state_code = "CA",
                                               .host = service.url,
                                               .config = config,
                                               .retry_policy = once,
                                               .logging_hooks = config.logging});
    });
    const default_client<no_auth> stranger{httplib_transport(config), no_auth(), exponential_backoff(twice),
                                           config};
    keep_error(found,
               create_secret_key(stranger,
                                 {.hostname = "ca.metrc.com", .username = username, .password = password}));
    keep_error(found, create_secret_key(stranger, {.hostname = "mi.metrc.com",
                                                   .username = username,
                                                   .password = password,
                                                   .otp_seed = otp_seed}));
    keep_error(found,
               create_secret_key(
                   stranger,
                   {.hostname = "ca.metrc.com", .username = username, .password = password, .email = email},
                   {.idempotent = true}));
  }
  found.add("log stream", stream.str());
  CHECK(found.holds("log stream", "POST "));
  CHECK(found.holds("errors", "is what you sent"));
  found.check_without(there.secrets());
}

TEST_CASE("t3 tells no secret and leaves nothing behind but its log") {
  const services there;
  evidence found;
  for (const auto* name : {"works", "unknown certificate", "401 Unauthorized", "429 Too Many Requests",
                           "500 Internal Server Error", "200 OK, no JSON", "no HTTP", "silent"}) {
    for (const auto& way : ways_in(there)) {
      for (const bool from_file : {false, true}) {
        const test::temporary_folder folder;
        const auto log_file = folder.path() + "/t3.log";
        auto settings = with_traffic(way, there.url_of(name));
        if (from_file) settings["T3_LOG_FILE"] = log_file;
        if (from_file) folder.write(".t3.env", as_file(settings));
        auto expected = names_in(folder.path());
        test::child_process run({.command = {t3_program(), "whoami"},
                                 .environment = as_environment(from_file ? settings_map() : settings),
                                 .folder = folder.path()});
        const auto end = run.wait();
        CAPTURE(std::string(name));
        CHECK(end.code == (end.output.empty() ? 1 : 0));
        found.add("output of t3", end.output);
        found.add("errors of t3", end.errors);
        if (fs::exists(log_file)) {
          CHECK(test::mode_of(log_file) == 0600);
          found.add("log of t3", test::content_of(log_file));
          expected.insert(log_file);
        }
        CHECK(names_in(folder.path()) == expected);
      }
    }
  }
  CHECK(found.holds("output of t3", username));
  CHECK(found.holds("errors of t3", "is what you sent"));
  CHECK(found.holds("log of t3", "POST "));
  found.check_without(there.secrets());
}

TEST_CASE("t3 shows no line of a malformed .t3.env") {
  evidence found;
  for (const std::string& text :
       {"METRC_PASSWORD=\"" + otp_seed + "\n", "METRC_PASSWORD='" + otp_seed + "\n", otp_seed + "\n",
        "METRC_PASSWORD=" + otp_seed + "\nMETRC_PASSWORD=" + otp_seed + "\n", "  " + otp_seed + " = x\n",
        "METRC_PASSWORD='" + otp_seed + "' " + otp_seed + "\n", "METRC_PASSWORD=\x01" + otp_seed + "\n",
        "METRC_PASSWORD=\xFF" + otp_seed + "\n", "METRC_PASSWORD:" + otp_seed + "\n",
        "T3_API_HOST=https://me:" + otp_seed + "@x\n", "HTTP_TIMEOUT=1\nMETRC_PASSWORD " + otp_seed + "\n",
        "export " + otp_seed + "\n", "METRC PASSWORD=" + otp_seed + "\n",
        "METRC_PASSWORD=x\nMETRC_HOSTNAME=https://" + otp_seed + "\nMETRC_USERNAME=x\n"}) {
    const test::temporary_folder folder;
    folder.write(".t3.env", text);
    test::child_process run({.command = {t3_program(), "whoami"}, .folder = folder.path()});
    const auto end = run.wait();
    CAPTURE(text);
    CHECK(end.code == 1);
    CHECK_FALSE(end.errors.empty());
    found.add("errors of t3", end.errors + end.output);
    CHECK(names_in(folder.path()) == std::set<std::string>{folder.path() + "/.t3.env"});
  }
  found.check_without(otp_seed);
}

TEST_CASE("what others see of a running t3 holds no secret") {
  std::promise<void> asked;
  const test::raw_server silent([&](test::raw_connection& peer) {
    peer.read_request();
    asked.set_value();
    peer.wait_until_closed();
  });
  const test::temporary_folder folder;
  folder.write(".t3.env", as_file({{"T3_API_HOST", silent.url()},
                                   {"METRC_HOSTNAME", "ca.metrc.com"},
                                   {"METRC_USERNAME", username},
                                   {"METRC_PASSWORD", password}}));
  const test::child_process run({.command = {t3_program(), "whoami"}, .folder = folder.path()});
  asked.get_future().wait();
  const auto about = "/proc/" + std::to_string(run.pid());
  evidence found;
  found.add("command line", test::content_of(about + "/cmdline"));
  found.add("environment", test::content_of(about + "/environ"));
  found.add("name", test::content_of(about + "/comm"));
  CHECK(found.holds("command line", "whoami"));
  found.check_without(password);
}
