// Several t3api-sandbox programs on one data folder, one key ring and one Redis: do they behave as one
// service? T3API_TEST_SCALE multiplies how often: 50 makes 10,000 deletions, 10,000 keys and 200 kills.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <t3api/detail/base64url.hpp>

#include "tests/integration/programs/secret_forms.hpp"
#include "tests/support/files.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/sandbox_process.hpp"
#include "tests/support/temporary_folder.hpp"

using nlohmann::json;
using t3api::test::content_of;
using t3api::test::redis_server;
using t3api::test::run_sandbox;
using t3api::test::sandbox_process;
using t3api::test::temporary_folder;

namespace {

// 24 bytes and more, so that a half of each tells too.
const std::string password = "kestrel-marmalade-violin";
const std::string otp_seed = "MFZGKZDVNFXGOIDTNF2HG5DF";
const std::string redis_password = "lighthouse-parsnip-anvil";
constexpr std::size_t users = 4;
constexpr std::size_t accounts = 400;  // In California; more than users where each may have so many keys.

/// What user number `user` logs in with in California.
std::string login(std::size_t user = 0) {
  return json{
      {"hostname", "ca.metrc.com"}, {"username", "user-" + std::to_string(user)}, {"password", password}}
      .dump();
}
/// What the one user in Michigan logs in with.
std::string login_with_seed() {
  return json{{"hostname", "mi.metrc.com"},
              {"username", "user-with-seed"},
              {"password", password},
              {"otpSeed", otp_seed}}
      .dump();
}

std::size_t scale() {
  const char* text = std::getenv("T3API_TEST_SCALE");
  return text != nullptr ? static_cast<std::size_t>((std::max)(1, std::atoi(text))) : 1;
}

/// A caller of one instance; for one thread.
class caller {
 public:
  explicit caller(const std::string& url) : client_(url) {
    client_.set_keep_alive(true);
    client_.set_tcp_nodelay(true);
    client_.set_read_timeout(30);
  }

  /// A new secret key; empty when there was no answer, as from an instance that is killed.
  std::string make_key(const std::string& form = login()) {
    const auto made = patiently([&] { return client_.Post("/v2/auth/secretkey", form, "application/json"); });
    if (!made) return {};
    CHECK_MESSAGE(made->status == 200, made->body);
    return json::parse(made->body).value("secretKey", "");
  }
  std::string token() {
    const auto made = client_.Post("/v2/auth/credentials", login(), "application/json");
    REQUIRE_MESSAGE((made && made->status == 200), "no token");
    return json::parse(made->body).at("accessToken");
  }
  /// The status of a call; 0 when there was no answer.
  int with_key(const std::string& key) { return get("/v2/auth/whoami", {{"X-T3-API-Key", key}}); }
  int with_token(const std::string& token) {
    return get("/v2/auth/whoami", {{"Authorization", "Bearer " + token}});
  }
  int get(const std::string& target, const httplib::Headers& headers = {}) {
    const auto answer = client_.Get(target, headers);
    return answer ? answer->status : 0;
  }

  /// The ids of all keys of a user, oldest first, as seen with one of them; none when there was no answer.
  std::vector<std::string> ids(const std::string& key) {
    const auto list = client_.Get("/v2/auth/secretkey", httplib::Headers{{"X-T3-API-Key", key}});
    std::vector<std::string> all;
    if (!list || list->status != 200) return all;
    const auto rows = json::parse(list->body);
    for (const auto& row : rows) all.push_back(row.at("id"));
    return all;
  }
  /// The status of the deletion; 0 when there was no answer.
  int erase(const std::string& id, const std::string& key) {
    const auto gone = patiently([&] {
      return client_.Delete("/v2/auth/secretkey/" + id, httplib::Headers{{"X-T3-API-Key", key}});
    });
    return gone ? gone->status : 0;
  }

 private:
  /// Asks again, as callers should, while the answer is 503: on a machine that is busy enough, the writers of
  /// one database wait too long for each other. Nothing was changed then.
  template <class Ask>
  static httplib::Result patiently(Ask ask) {
    auto answer = ask();
    for (int again = 0; again < 20 && answer && answer->status == 503; ++again) {
      MESSAGE(answer->body);
      answer = ask();
    }
    return answer;
  }

  httplib::Client client_;
};

/// Redis, a data folder, a key ring, accounts, and instances of the program on all of them.
class fleet {
 public:
  explicit fleet(std::size_t instances) {
    REQUIRE(run_sandbox({"keygen", ring}).code == 0);
    auto known = json::array({{{"hostname", "mi.metrc.com"},
                               {"username", "user-with-seed"},
                               {"password", password},
                               {"otpSeed", otp_seed}}});
    for (std::size_t user = 0; user < accounts; ++user) known.push_back(json::parse(login(user)));
    accounts_ = folder.write("accounts.json", json{{"accounts", known}}.dump());
    for (std::size_t i = 0; i < instances; ++i) processes_.emplace_back();
    urls_.resize(instances);
    start();
  }

  std::size_t size() const noexcept { return processes_.size(); }
  const std::string& url(std::size_t instance) const { return urls_.at(instance); }
  sandbox_process& process(std::size_t instance) { return *processes_.at(instance); }
  caller call(std::size_t instance) const { return caller(url(instance)); }
  /// One caller for each instance.
  std::vector<caller> callers() const { return {urls_.begin(), urls_.end()}; }

  /// Starts those that do not run; each time one gets a new port.
  void start() {
    for (auto& process : processes_) {
      if (!process) process = std::make_unique<sandbox_process>(arguments(), environment());
    }
    for (std::size_t i = 0; i < size(); ++i) {
      if (urls_[i].empty()) urls_[i] = processes_[i]->ready().at("url");
    }
  }
  /// Ends one with a signal, and gives what it wrote.
  std::string stop(std::size_t instance, int signal) {
    auto process = std::exchange(processes_.at(instance), nullptr);
    urls_[instance].clear();
    process->signal(signal);
    CHECK(process->exit_code() == (signal == SIGKILL ? -SIGKILL : 0));
    return process->rest_of_output() + process->errors();
  }

  std::vector<std::string> rotation() const { return {"rotate", "--data", data, "--kek-file", ring}; }

  const temporary_folder folder{};
  const std::string ring = folder.path() + "/ring.json";
  const std::string data = folder.path() + "/data";
  redis_server redis{{"--requirepass", redis_password}, redis_password};

 private:
  std::vector<std::string> arguments() const {
    return {"--data",     data,          "--kek-file",
            ring,         "--redis",     "127.0.0.1:" + std::to_string(redis.port()),
            "--accounts", accounts_,     "--rate-limit",
            "0",          "--key-limit", "0"};
  }
  static std::vector<std::string> environment() { return {"T3API_SANDBOX_REDIS_PASSWORD=" + redis_password}; }

  std::string accounts_;
  std::vector<std::unique_ptr<sandbox_process>> processes_;
  std::vector<std::string> urls_;
};

/// Runs `body(i)` for each i below `count` on threads of their own.
template <class Body>
void on_threads(std::size_t count, Body body) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) threads.emplace_back([&body, i] { body(i); });
  for (auto& thread : threads) thread.join();
}

std::vector<std::string> make_keys(const fleet& all, std::size_t count) {
  std::vector<std::string> keys(count);
  on_threads(all.size(), [&](std::size_t instance) {
    auto call = all.call(instance);
    for (std::size_t i = instance; i < count; i += all.size()) keys[i] = call.make_key(login(i % accounts));
  });
  return keys;
}

}  // namespace

TEST_CASE("what one instance makes or ends is made or ended at all, at once") {
  fleet all(3);
  auto a = all.call(0), b = all.call(1), c = all.call(2);
  const auto key = a.make_key(), other = b.make_key();
  CHECK(b.with_key(key) == 200);
  CHECK(c.with_key(key) == 200);
  const auto token = a.token();
  CHECK(b.with_token(token) == 200);
  CHECK(c.with_token(token) == 200);

  const auto ids = c.ids(key);
  REQUIRE(ids.size() == 2);
  CHECK(a.erase(ids[0], other) == 200);
  CHECK(b.with_key(key) == 401);
  CHECK(c.with_key(key) == 401);
  CHECK(a.with_key(key) == 401);
  CHECK(b.with_key(other) == 200);
}

TEST_CASE("no call that starts after a deletion was answered gets in, at any instance") {
  struct target {
    std::string key;
    std::atomic<bool> deleted = false;
  };
  const std::size_t deletions_each = 50 * scale();
  fleet all(users);
  std::atomic<std::size_t> deleted = 0, accepted = 0, refused = 0, late = 0, strange = 0;

  on_threads(users, [&](std::size_t user) {
    std::mutex mutex;
    std::shared_ptr<target> latest;
    std::atomic<bool> done = false;
    std::thread load([&] {
      auto everywhere = all.callers();
      std::shared_ptr<target> hit;
      int calls_after = 0;
      for (std::size_t turn = user; !done; ++turn) {
        {
          const std::scoped_lock lock(mutex);
          if (hit != latest) calls_after = 0;
          hit = latest;
        }
        const bool was_deleted = hit && hit->deleted;
        if (!hit || (was_deleted && ++calls_after > 8)) {
          std::this_thread::sleep_for(std::chrono::microseconds(100));
          continue;
        }
        const int status = everywhere[turn % users].with_key(hit->key);
        ++(status == 200 ? accepted : status == 401 ? refused : strange);
        if (was_deleted && status == 200) ++late;
        std::this_thread::sleep_for(std::chrono::microseconds(300));  // The deletions need processors too.
      }
    });

    auto everywhere = all.callers();
    std::minstd_rand random(static_cast<unsigned>(user + 1));
    for (std::size_t i = 0; i < deletions_each; ++i) {
      const auto hit = std::make_shared<target>();
      hit->key = everywhere[random() % users].make_key(login(user));
      const auto ids = everywhere[random() % users].ids(hit->key);
      {
        const std::scoped_lock lock(mutex);
        latest = hit;
      }
      // The only key that this user has left deletes itself.
      if (ids.size() != 1 || everywhere[random() % users].erase(ids[0], hit->key) != 200) {
        ++strange;
        break;
      }
      ++deleted;
      hit->deleted = true;
      for (auto& call : everywhere) {
        if (call.with_key(hit->key) != 401) ++late;
      }
    }
    done = true;
    load.join();
  });
  MESSAGE(deleted.load() << " deletions, " << accepted.load() << " calls accepted and " << refused.load()
                         << " refused meanwhile");
  CHECK(deleted.load() == users * deletions_each);
  CHECK(late.load() == 0);
  CHECK(strange.load() == 0);
  CHECK(accepted.load() > 0);
}

TEST_CASE(
    "every key works at all times while rotations are killed, go on and new keys are added to the ring") {
  const std::size_t count = (std::min)(std::size_t{10'000}, 300 * scale());
  const std::size_t kills = (std::min)(std::size_t{200}, 10 * scale());
  fleet all(3);
  const auto keys = make_keys(all, count);
  std::atomic<bool> done = false;
  std::atomic<std::size_t> calls = 0, failures = 0;
  std::thread load([&] {
    on_threads(all.size(), [&](std::size_t instance) {
      auto call = all.call(instance);
      for (std::size_t i = instance * count / all.size(); !done; i = (i + 1) % count) {
        ++calls;
        if (call.with_key(keys[i]) != 200) ++failures;
      }
    });
  });

  std::minstd_rand random(1);
  std::uniform_int_distribution<std::size_t> moment(0, 500 * count);
  std::size_t killed = 0, finished = 0;
  CHECK(run_sandbox({"keygen", "--add", all.ring}).code == 0);
  {
    sandbox_process interrupted(all.rotation());
    interrupted.wait_for_errors();
    interrupted.signal(SIGINT);
    const auto result = json::parse(interrupted.rest_of_output());
    CHECK(interrupted.exit_code() == (result.at("finished") == true ? 0 : 1));
    CHECK(result.at("failed") == 0);
  }
  while (killed < kills) {
    sandbox_process rotation(all.rotation());
    rotation.wait_for_errors();
    std::this_thread::sleep_for(std::chrono::microseconds(moment(random)));
    rotation.signal(SIGKILL);
    const int code = rotation.exit_code();
    if (code == -SIGKILL) {
      ++killed;
      continue;
    }
    CHECK(code == 0);
    ++finished;
    CHECK(run_sandbox({"keygen", "--add", all.ring}).code == 0);
  }
  const auto last = run_sandbox(all.rotation());
  CHECK_MESSAGE(last.code == 0, last.errors);
  // Refused unless nothing is under an older key any more.
  const auto pruned = run_sandbox({"keygen", "--prune", all.ring, "--data", all.data});
  CHECK_MESSAGE(pruned.code == 0, pruned.errors);
  CHECK(json::parse(content_of(all.ring)).at("keys").size() == 1);
  on_threads(all.size(), [&](std::size_t instance) {
    auto call = all.call(instance);
    for (const auto& key : keys) failures += call.with_key(key) != 200 ? 1U : 0U;
  });
  done = true;
  load.join();
  MESSAGE(count << " keys, " << killed << " rotations killed and " << finished << " finished, "
                << json::parse(last.output).at("rewrapped") << " keys left for the last one, " << calls.load()
                << " calls meanwhile");
  CHECK(failures.load() == 0);
}

TEST_CASE("an instance that is killed loses no key that it answered with, and brings none back") {
  fleet all(2);
  std::minstd_rand random(1);
  std::uniform_int_distribution<int> moment(20, 150);
  std::size_t made = 0, ended = 0, wrong = 0;
  for (std::size_t round = 0; round < 4 * scale(); ++round) {
    struct outcome {
      std::vector<std::string> kept, gone;
    };
    std::vector<outcome> outcomes(users);
    std::thread work([&] {
      on_threads(users, [&](std::size_t user) {
        auto call = all.call(0);
        for (std::size_t turn = 0;; ++turn) {
          const auto key = call.make_key(login((user + users * round) % accounts));
          if (key.empty()) return;
          if (turn % 2 == 0) {
            outcomes[user].kept.push_back(key);
            continue;
          }
          const auto ids = call.ids(key);
          const int status = ids.empty() ? 0 : call.erase(ids.back(), key);
          if (status == 0) return;
          CHECK(status == 200);
          outcomes[user].gone.push_back(key);
        }
      });
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(moment(random)));
    all.process(0).signal(SIGKILL);
    work.join();
    all.stop(0, SIGKILL);
    all.start();
    for (auto& call : all.callers()) {
      for (const auto& [kept, gone] : outcomes) {
        for (const auto& key : kept) wrong += call.with_key(key) != 200 ? 1U : 0U;
        for (const auto& key : gone) wrong += call.with_key(key) != 401 ? 1U : 0U;
      }
    }
    for (const auto& [kept, gone] : outcomes) made += kept.size() + gone.size(), ended += gone.size();
  }
  MESSAGE(made << " keys made and " << ended << " of them deleted, as far as answers tell");
  CHECK(made > 0);
  CHECK(wrong == 0);
}

TEST_CASE("keys and sessions outlive a restart of everything but Redis, and keys outlive Redis") {
  fleet all(2);
  const auto key = all.call(0).make_key();
  const auto token = all.call(0).token();
  for (std::size_t i = 0; i < all.size(); ++i) all.stop(i, SIGTERM);
  all.start();
  for (auto& call : all.callers()) {
    CHECK(call.with_key(key) == 200);
    CHECK(call.with_token(token) == 200);
  }
  all.redis.kill();
  for (auto& call : all.callers()) CHECK(call.with_key(key) == 200);
  const auto later = all.call(0).make_key();
  CHECK(all.call(1).with_key(later) == 200);
  CHECK(all.stop(0, SIGTERM).find("warning: Redis at ") != std::string::npos);
}

TEST_CASE("no secret is in a log, an argument, the environment, the data folder or Redis") {
  fleet all(2);
  auto call = all.call(0);
  const auto key = call.make_key(), seed_key = call.make_key(login_with_seed());
  const auto token = call.token();
  auto elsewhere = all.call(1);
  CHECK(elsewhere.with_token(token) == 200);
  CHECK(elsewhere.with_key(seed_key) == 200);
  CHECK(elsewhere.get("/v2/auth/whoami?secretKey=" + key) == 200);
  CHECK(elsewhere.get("/v2/auth/whoami&secretKey=" + key) == 404);
  CHECK(elsewhere.get("/v2/auth/" + token) == 404);
  CHECK(elsewhere.erase(key, key) == 404);
  const std::string wrong_form = R"({"hostname": "ca.metrc.com", "password": ")" + password + R"("})";
  CHECK(httplib::Client(all.url(0)).Post("/v2/auth/secretkey", wrong_form, "application/json")->status ==
        422);
  REQUIRE(run_sandbox({"keygen", "--add", all.ring}).code == 0);
  const auto rotated = run_sandbox(all.rotation());
  CHECK(rotated.code == 0);

  std::map<std::string, std::string> places{{"rotation", rotated.output + rotated.errors}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string process = "/proc/" + std::to_string(all.process(i).pid());
    for (const std::string file : {"/cmdline", "/environ"})
      places[process + file] = content_of(process + file);
  }
  const auto names = all.redis.keys();
  CHECK_FALSE(names.empty());
  for (const auto& name : names) places["Redis " + name] = name + all.redis.command({"DUMP", name});
  const auto read_data = [&](const std::string& when) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(all.data)) {
      if (entry.is_regular_file()) places[when + entry.path().string()] = content_of(entry.path());
    }
  };
  read_data("running ");
  for (std::size_t i = 0; i < all.size(); ++i) {
    places["output of " + std::to_string(i)] = all.stop(i, SIGTERM);
  }
  read_data("ended ");
  // What must be found, so that a search that finds nothing means something.
  CHECK(places["output of 0"].find("POST /v2/auth/secretkey 200") != std::string::npos);
  CHECK(places["ended " + all.data + "/keys.sqlite3"].find("user-with-seed") != std::string::npos);

  std::vector<std::string> secrets{password, otp_seed, key, seed_key, token, redis_password};
  const auto ring = json::parse(content_of(all.ring));
  secrets.push_back(ring.at("root"));
  for (const auto& entry : ring.at("keys")) secrets.push_back(entry.at("key"));
  for (std::size_t i = 6, known = secrets.size(); i < known; ++i) {
    secrets.push_back(t3api::detail::base64url_decode(secrets[i]).value());
  }
  for (const auto& secret : secrets) {
    const bool is_text =
        std::all_of(secret.begin(), secret.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    for (const auto& form : is_text ? t3api::test::secret_forms(secret) : std::vector{secret}) {
      for (const auto& [where, text] : places) {
        CHECK_MESSAGE(text.find(form) == text.npos, where, " holds a secret");
      }
    }
  }
}
