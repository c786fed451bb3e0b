// The program t3api-sandbox with what outlives it: key rings, the database, Redis. All from outside.
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <t3api/core/error.hpp>
#include <t3api/core/result.hpp>
#include <t3api/sandbox/keys/sqlite_connection.hpp>
#include <t3api/store/concept.hpp>

#include "examples/t3api-sandbox/watched_store.hpp"
#include "tests/support/files.hpp"
#include "tests/support/sandbox_process.hpp"
#include "tests/support/temporary_folder.hpp"

using nlohmann::json;
using t3api::test::content_of;
using t3api::test::run_sandbox;
using t3api::test::sandbox_process;

namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

/// A folder with a key ring, and beside it a folder for data.
struct place {
  t3api::test::temporary_folder folder{};
  std::string ring = folder.path() + "/ring.json";
  std::string data = folder.path() + "/data";

  place() { REQUIRE(run_sandbox({"keygen", ring}).code == 0); }

  std::vector<std::string> arguments() const { return {"--data", data, "--kek-file", ring}; }
};

/// Runs the program to its end, which must have this code and one sentence.
std::string errors_of(std::vector<std::string> arguments, int code,
                      std::vector<std::string> environment = {}) {
  const auto run = run_sandbox(std::move(arguments), std::move(environment));
  CHECK(run.output.empty());
  CHECK(run.code == code);
  CHECK(std::count(run.errors.begin(), run.errors.end(), '\n') == 1);
  return run.errors;
}

json ring_in(const std::string& path) { return json::parse(content_of(path)); }

/// A ring beside others, for its owner alone.
std::string put_ring(const place& at, const std::string& name, const json& ring) {
  const auto path = at.folder.write(name, ring.dump());
  ::chmod(path.c_str(), 0600);
  return path;
}

/// Gives the keys of a ring the ids k1, k2 and so on, which every ring had once.
void use_old_ids(const place& at) {
  auto ring = ring_in(at.ring);
  int number = 0;
  for (auto& entry : ring.at("keys")) entry["id"] = "k" + std::to_string(++number);
  put_ring(at, "ring.json", ring);
}

std::string make_key(sandbox_process& run, const std::string& url) {
  httplib::Client client(url);
  const auto made =
      client.Post("/v2/auth/secretkey",
                  R"({"hostname":"ca.metrc.com","username":"demo-ca","password":"demo-ca-password"})",
                  "application/json");
  REQUIRE_MESSAGE(made, run.errors());
  REQUIRE_MESSAGE(made->status == 200, made->body);
  return json::parse(made->body).at("secretKey");
}

int status_with(const std::string& url, const std::string& key) {
  httplib::Client client(url);
  const auto answer = client.Get("/v2/auth/whoami", httplib::Headers{{"X-T3-API-Key", key}});
  return answer ? answer->status : 0;
}

std::string url_of(sandbox_process& run) { return run.ready().at("url"); }

void end(sandbox_process& run) {
  run.signal(SIGTERM);
  CHECK(run.exit_code() == 0);
}

/// A store that fails, or not, as it is told.
struct failing_store {
  using failure = std::optional<t3api::error>;
  const failure* now;
  t3api::result<std::optional<t3api::stored_value>> get(std::string_view) {
    if (*now) return **now;
    return std::optional<t3api::stored_value>();
  }
  failure put(std::string_view, std::string_view, std::chrono::milliseconds) { return *now; }
  failure erase(std::string_view) { return *now; }
  t3api::result<bool> claim(std::string_view, std::string_view, std::chrono::milliseconds) {
    if (*now) return **now;
    return true;
  }
  failure release(std::string_view, std::string_view) { return *now; }
};

}  // namespace

TEST_CASE("keygen makes a ring that its owner alone can read, and never one over another") {
  const t3api::test::temporary_folder folder;
  const auto ring = folder.path() + "/ring.json";
  const auto made = run_sandbox({"keygen", ring});
  CHECK(made.code == 0);
  const std::string first = json::parse(made.output).at("current");
  CHECK(json::parse(made.output) == json{{"file", ring}, {"current", first}});
  CHECK(ring_in(ring).at("keys").at(0).at("id") == first);
  CHECK(first.substr(0, 3) == "k1-");
  CHECK(t3api::test::mode_of(ring) == 0600);
  const auto text = content_of(ring);
  for (const auto& entry : json::parse(text).at("keys")) {
    CHECK_FALSE(holds(made.output + made.errors, entry.at("key").get<std::string>()));
  }
  CHECK(holds(errors_of({"keygen", ring}, 1), "ring.json' is there already"));
  CHECK(holds(errors_of({"keygen", folder.path() + "/none/ring.json"}, 1), "make the folder first"));
  CHECK(content_of(ring) == text);

  const std::string second = json::parse(run_sandbox({"keygen", "--add", ring}).output).at("current");
  CHECK(second.substr(0, 3) == "k2-");
  CHECK(ring_in(ring).at("keys").size() == 2);
  CHECK(ring_in(ring).at("root") == json::parse(text).at("root"));
  CHECK(holds(errors_of({"keygen", "--add", folder.path() + "/none.json"}, 1), "none.json"));
}

TEST_CASE("keygen and rotate say what they need") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> all = {
      {{"keygen"}, "keygen FILE"},
      {{"keygen", "a", "b"}, "one file"},
      {{"keygen", "--add"}, "--add"},
      {{"keygen", "--prune"}, "--prune"},
      {{"keygen", "--prune", "a"}, "--data DIR"},
      {{"keygen", "--add", "--prune", "a"}, "one of --add and --prune"},
      {{"keygen", "a", "--data", "b"}, "--prune"},
      {{"keygen", "--nonsense"}, "--nonsense"},
      {{"rotate"}, "--data"},
      {{"rotate", "--data", "a"}, "keygen"},
      {{"rotate", "--nonsense"}, "--nonsense"},
  };
  for (const auto& [arguments, word] : all) {
    CAPTURE(word);
    CHECK(holds(errors_of(arguments, 2), word));
  }
}

TEST_CASE("secret keys outlive the program with --data, and a ring may come from the environment") {
  const place at;
  sandbox_process first(at.arguments());
  const auto key = make_key(first, url_of(first));
  end(first);
  CHECK(std::filesystem::exists(at.data + "/keys.sqlite3"));

  sandbox_process second({"--data", at.data}, {"T3API_SANDBOX_KEYS=" + content_of(at.ring)});
  const auto url = url_of(second);
  CHECK(status_with(url, key) == 200);
  const auto environment = content_of("/proc/" + std::to_string(second.pid()) + "/environ");
  CHECK_FALSE(holds(environment, "root"));
  end(second);
  CHECK_FALSE(holds(second.errors(), "warning"));
}

TEST_CASE("a ring is brought up to date in four steps, and no key stops working") {
  const place at;
  sandbox_process run(at.arguments());
  const auto url = url_of(run);
  const auto old_key = make_key(run, url);
  REQUIRE(run_sandbox({"keygen", "--add", at.ring}).code == 0);
  const auto new_key = make_key(run, url);

  const std::vector<std::string> prune = {"keygen", "--prune", at.ring, "--data", at.data};
  CHECK(holds(errors_of(prune, 1), "rotate"));
  CHECK(ring_in(at.ring).at("keys").size() == 2);

  const auto rotated = run_sandbox({"rotate", "--data", at.data, "--kek-file", at.ring});
  CHECK(rotated.code == 0);
  const auto result = json::parse(rotated.output);
  CHECK(result == json{{"current", ring_in(at.ring).at("keys").at(1).at("id")},
                       {"rewrapped", 1},
                       {"skipped", 0},
                       {"failed", 0},
                       {"finished", true}});

  CHECK(json::parse(run_sandbox(prune).output).at("removed") == 1);
  CHECK(ring_in(at.ring).at("keys").size() == 1);
  CHECK(status_with(url, old_key) == 200);
  CHECK(status_with(url, new_key) == 200);
  end(run);
}

TEST_CASE("rotate gives 1 when a record cannot be opened, and tells which") {
  const place at;
  sandbox_process run(at.arguments());
  const auto url = url_of(run);
  make_key(run, url);
  REQUIRE(run_sandbox({"keygen", "--add", at.ring}).code == 0);
  make_key(run, url);
  end(run);
  REQUIRE(run_sandbox({"keygen", "--add", at.ring}).code == 0);
  auto without_first = ring_in(at.ring);
  without_first.at("keys").erase(0);
  const auto ring = put_ring(at, "without_first.json", without_first);
  const auto rotated = run_sandbox({"rotate", "--data", at.data, "--kek-file", ring});
  CHECK(rotated.code == 1);
  CHECK(json::parse(rotated.output).at("rewrapped") == 1);
  CHECK(json::parse(rotated.output).at("failed") == 1);
  CHECK(holds(rotated.errors, "stays as it is"));
  CHECK(holds(errors_of({"keygen", "--prune", ring, "--data", at.data}, 1), "rotate"));
}

TEST_CASE("a second signal ends rotate at once") {
  const place at;
  sandbox_process run(at.arguments());
  make_key(run, url_of(run));
  end(run);
  REQUIRE(run_sandbox({"keygen", "--add", at.ring}).code == 0);
  t3api::sandbox::sqlite_connection other(at.data + "/keys.sqlite3");
  other.run("BEGIN IMMEDIATE");  // Nobody else can write now.
  sandbox_process rotating({"rotate", "--data", at.data, "--kek-file", at.ring});
  rotating.wait_for_errors();
  for (const int signal : {SIGSTOP, SIGINT, SIGTERM, SIGCONT}) rotating.signal(signal);
  const int code = rotating.exit_code();
  CHECK((code == -SIGINT || code == -SIGTERM));
}

TEST_CASE(
    "neither rotate nor keygen --prune takes the ring of another database, though the ids are the same") {
  const place dev, prod;
  std::vector<std::string> keys;
  for (const auto* at : {&dev, &prod}) {
    use_old_ids(*at);
    sandbox_process run(at->arguments());
    keys.push_back(make_key(run, url_of(run)));
    end(run);
    REQUIRE(run_sandbox({"keygen", "--add", at->ring}).code == 0);
    use_old_ids(*at);
  }
  REQUIRE(run_sandbox({"rotate", "--data", dev.data, "--kek-file", dev.ring}).code == 0);

  const std::string why = "the ring of another database";
  CHECK(holds(errors_of({"rotate", "--data", dev.data, "--kek-file", prod.ring}, 1), why));
  CHECK(holds(errors_of({"keygen", "--prune", prod.ring, "--data", dev.data}, 1), why));
  CHECK(ring_in(prod.ring).at("keys").size() == 2);

  const place unused;
  {
    sandbox_process run(unused.arguments());
    url_of(run);
  }
  CHECK(holds(errors_of({"keygen", "--prune", prod.ring, "--data", unused.data}, 1), "no secret key"));

  CHECK(run_sandbox({"keygen", "--prune", dev.ring, "--data", dev.data}).code == 0);
  sandbox_process first(dev.arguments()), second(prod.arguments());
  CHECK(status_with(url_of(first), keys[0]) == 200);
  CHECK(status_with(url_of(second), keys[1]) == 200);
}

TEST_CASE("the ring of another database is warned of") {
  const place at, other;
  for (const auto* one : {&at, &other}) use_old_ids(*one);
  sandbox_process run(at.arguments());
  const auto key = make_key(run, url_of(run));
  end(run);

  sandbox_process same_names({"--data", at.data, "--kek-file", other.ring});
  url_of(same_names);
  end(same_names);
  CHECK(holds(same_names.errors(), "warning: the first secret key"));

  auto ring = ring_in(at.ring);
  ring["keys"][0]["id"] = "other";
  const std::string variable = "T3API_SANDBOX_KEYS=" + ring.dump();
  sandbox_process no_such_key({"--data", at.data}, {variable});
  CHECK(status_with(url_of(no_such_key), key) == 500);
  end(no_such_key);
  CHECK(holds(no_such_key.errors(), "warning: 1 secret key"));
  CHECK(holds(no_such_key.errors(), "'k1'"));
  CHECK(holds(no_such_key.errors(), "warning: the key ring has no key 'k1'"));
}

TEST_CASE("a ring or database that cannot be used ends it with one sentence") {
  const place at;
  const auto ring = content_of(at.ring);
  const auto start = [&](const std::string& data, const std::string& file) {
    return std::vector<std::string>{"--data", data, "--kek-file", file};
  };
  CHECK(holds(errors_of({"--data", at.data}, 2), "t3api-sandbox keygen FILE"));
  CHECK(holds(errors_of(at.arguments(), 2, {"T3API_SANDBOX_KEYS=" + ring}), "two key rings"));
  CHECK(holds(errors_of({"--data", at.data}, 1, {"T3API_SANDBOX_KEYS={}"}), "T3API_SANDBOX_KEYS"));
  CHECK(holds(errors_of(start(at.data, "/nowhere.json"), 1), "t3api-sandbox keygen /nowhere.json"));

  const auto open = at.folder.write("open.json", ring);
  ::chmod(open.c_str(), 0640);
  CHECK(holds(errors_of(start(at.data, open), 1), "chmod 600"));

  std::filesystem::create_directory(at.folder.path() + "/text");
  at.folder.write("text/keys.sqlite3", "not a database, but the diary of somebody");
  CHECK(holds(errors_of(start(at.folder.path() + "/text", at.ring), 1), "keys.sqlite3"));
  CHECK(content_of(at.folder.path() + "/text/keys.sqlite3") == "not a database, but the diary of somebody");
  CHECK(holds(errors_of(start(at.ring, at.ring), 1), "is a file"));
  CHECK(holds(errors_of({"rotate", "--data", at.ring, "--kek-file", at.ring}, 1), "is a file"));
  CHECK(holds(errors_of(start("/nowhere/at/all", at.ring), 1), "/nowhere/at/all"));

  const auto loop = at.folder.path() + "/loop";
  std::filesystem::create_symlink(loop, loop);
  for (const auto& arguments :
       {start(at.data, loop + "/ring.json"), std::vector<std::string>{"keygen", loop + "/ring.json"},
        std::vector<std::string>{"rotate", "--data", loop, "--kek-file", at.ring}}) {
    CHECK(holds(errors_of(arguments, 1), "cannot be looked for (Too many levels"));
  }

  CHECK(holds(errors_of({"rotate", "--data", at.folder.path() + "/typo", "--kek-file", at.ring}, 1), "typo"));
  CHECK(holds(errors_of({"keygen", "--prune", at.ring, "--data", at.folder.path() + "/typo"}, 1), "typo"));
  CHECK_FALSE(std::filesystem::exists(at.folder.path() + "/typo"));
}

TEST_CASE("a folder or database that others may read is warned of") {
  const place at;
  const auto errors_at_start = [&] {
    sandbox_process run(at.arguments());
    url_of(run);
    end(run);
    return run.errors();
  };
  CHECK(errors_at_start().empty());
  ::chmod((at.data + "/keys.sqlite3").c_str(), 0644);
  CHECK(holds(errors_at_start(), "chmod 600"));
  ::chmod(at.data.c_str(), 0755);
  CHECK(holds(errors_at_start(), "chmod 700"));
}

TEST_CASE("a store is told of when it fails, once a minute at most, and when it works again") {
  failing_store::failure now;
  int gone = 0, back = 0;
  watched_store<failing_store> store(failing_store{&now},
                                     {.gone = [&](const t3api::error&) { ++gone; }, .back = [&] { ++back; }});
  auto copy = store;
  const auto told = [&](int most_gone, int most_back) {
    CHECK(store.get("a").has_value() == !now);
    copy.put("a", "b", {});
    store.erase("a");
    CHECK(copy.claim("a", "b", {}).has_value() == !now);
    store.release("a", "b");
    CHECK(gone == most_gone);
    CHECK(back == most_back);
  };
  told(0, 0);
  now = t3api::argument_error("too long");
  told(0, 0);
  now = t3api::error{.message = "not there"};
  told(1, 0);
  now.reset();
  told(1, 1);
  now = t3api::error{.message = "not there"};
  told(1, 1);  // Within the minute.
}

TEST_CASE("who is told that a store fails holds up nobody who asks it") {
  const failing_store::failure now = t3api::error{.message = "not there"};
  std::future<void> other;
  std::function<void()> ask;
  watched_store<failing_store> store(
      failing_store{&now},
      {.gone =
           [&](const t3api::error&) {
             other = std::async(std::launch::async, ask);
             CHECK(other.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
           },
       .back = [] {}});
  ask = [&] { store.erase("a"); };
  ask();
}

TEST_CASE("a Redis that cannot be reached is warned of, and the service goes on without") {
  const place at;
  const std::string socket = "unix:" + at.folder.path() + "/none.sock";
  sandbox_process run({"--redis", socket, "--kek-file", at.ring}, {"T3API_SANDBOX_REDIS_PASSWORD=canary"});
  const auto url = url_of(run);
  CHECK(status_with(url, make_key(run, url)) == 200);
  CHECK_FALSE(holds(content_of("/proc/" + std::to_string(run.pid()) + "/environ"), "canary"));
  end(run);
  CHECK(holds(run.errors(), "warning: Redis at "));
  CHECK_FALSE(holds(run.errors(), "canary"));
}
