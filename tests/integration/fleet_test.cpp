// A fleet of real processes that share one token through a real Redis, in front of a sandbox that counts.

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>
#include <csignal>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <t3api/sandbox.hpp>

#include "tests/integration/programs/child_process.hpp"
#include "tests/support/files.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/unlimited.hpp"

using namespace t3api;
using namespace std::chrono_literals;
using nlohmann::json;
using test::redis_server;

namespace {

namespace fs = std::filesystem;

const std::string username = "canary-of-a-user";
const std::string password = "canary-of-a-password";
const std::string otp_seed = "CANARYCANARYCANARYCANARYCANARYCA";
const std::string key = "canary-of-a-key-that-is-32-bytes";

template <class Predicate>
bool eventually(Predicate predicate) {
  const auto give_up = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < give_up) {
    if (predicate()) return true;
    std::this_thread::sleep_for(2ms);
  }
  return false;
}

sandbox::directory people() {
  return {
      .accounts = {
          {.hostname = "ca.metrc.com", .username = username, .password = password},
          {.hostname = "mi.metrc.com", .username = username, .password = password, .otp_seed = otp_seed}}};
}

/// A sandbox behind HTTP that counts the exchanges and can keep one waiting. Its time stands still, at the
/// beginning of the half minute of a one-time password.
class counting_service {
 public:
  counting_service() { server_.start(); }
  ~counting_service() { let_go(); }
  counting_service(const counting_service&) = delete;
  counting_service& operator=(const counting_service&) = delete;

  std::string url() const { return server_.url(); }

  /// Ends all tokens, some seconds later.
  void revoke() {
    clock->advance(5s);
    service_.metrc().end_sessions();
  }

  int exchanges() const {
    const std::scoped_lock lock(mutex_);
    return static_cast<int>(forms_.size());
  }
  /// What was posted, in order, and all tokens that came of it.
  std::vector<json> forms() const {
    const std::scoped_lock lock(mutex_);
    return forms_;
  }
  std::vector<std::string> tokens() const {
    const std::scoped_lock lock(mutex_);
    return tokens_;
  }

  /// The next exchange gets no answer until `let_go`.
  void hold_next() {
    const std::scoped_lock lock(mutex_);
    hold_next_ = true;
  }
  bool wait_until_one_is_held() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 30s, [&] { return is_holding_; });
  }
  void let_go() {
    const std::scoped_lock lock(mutex_);
    hold_next_ = is_holding_ = false;
    changed_.notify_all();
  }

  const std::shared_ptr<manual_clock> clock =
      std::make_shared<manual_clock>(wall_time(std::chrono::seconds(1'800'000'000)));

 private:
  response handle(const request& asked) {
    if (asked.path != "/v2/auth/credentials") return service_.handle(asked);
    {
      std::unique_lock lock(mutex_);
      forms_.push_back(json::parse(asked.body));
      if (std::exchange(hold_next_, false)) {
        is_holding_ = true;
        changed_.notify_all();
        changed_.wait_for(lock, 60s, [&] { return !is_holding_; });
      }
    }
    auto answer = service_.handle(asked);
    if (answer.status == 200) {
      const std::scoped_lock lock(mutex_);
      tokens_.push_back(json::parse(answer.body).at("accessToken"));
    }
    return answer;
  }

  sandbox::service service_{test::unlimited(), people(), clock};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<json> forms_;
  std::vector<std::string> tokens_;
  bool hold_next_ = false;
  bool is_holding_ = false;
  sandbox::http_server server_{[this](const request& asked) { return handle(asked); }};
};

std::string member_program() {
  const char* folder = std::getenv("T3API_TEST_PROGRAM_DIR");
  const auto path = fs::absolute(fs::path(folder != nullptr ? folder : "build/tests") / "fleet_member");
  REQUIRE_MESSAGE(fs::exists(path), path.string(),
                  " is missing: build it first, or set T3API_TEST_PROGRAM_DIR");
  return path;
}

using settings = std::map<std::string, std::string>;

/// Settings of a member; Redis has all the time that a busy machine may need.
settings member_settings(const counting_service& service, int redis_port, const settings& changed = {}) {
  settings all{{"url", service.url()},
               {"redis", std::to_string(redis_port)},
               {"key", key},
               {"hostname", "ca.metrc.com"},
               {"username", username},
               {"password", password},
               {"lease", "600000"},
               {"timeout", "60000"},
               {"redis_timeout", "20000"},
               {"redis_pause", "5000"}};
  for (const auto& [name, value] : changed) all[name] = value;
  return all;
}

/// What became of a call.
struct outcome_of_call {
  bool ok = false;
  std::string text{};
  double milliseconds() const { return ok ? std::stod(text.substr(3)) / 1000 : -1; }
};

class member {
 public:
  explicit member(const settings& all) : process_({.command = command(all)}) {}

  void begin_call() const { process_.write("call\n"); }
  outcome_of_call end_call() const {
    auto line = process_.read_line();
    return {.ok = line.starts_with("ok "), .text = std::move(line)};
  }
  std::string read_line() const { return process_.read_line(); }
  void go() const { process_.write("go\n"); }
  void jump(std::chrono::seconds by) const { process_.write("jump " + std::to_string(by.count()) + "\n"); }
  void kill() const { ::kill(process_.pid(), SIGKILL); }

 private:
  static std::vector<std::string> command(const settings& all) {
    std::vector<std::string> words{member_program()};
    for (const auto& [name, value] : all) words.push_back(name + "=" + value);
    return words;
  }

  test::child_process process_;
};

class fleet {
 public:
  static constexpr int size = 4;

  explicit fleet(const settings& all) {
    for (int i = 0; i < size; ++i) members_.push_back(std::make_unique<member>(all));
  }

  const member& operator[](int i) const { return *members_[static_cast<std::size_t>(i)]; }

  void begin_call() const {
    for (const auto& one : members_) one->begin_call();
  }
  std::vector<outcome_of_call> end_call() const {
    std::vector<outcome_of_call> all;
    for (const auto& one : members_) all.push_back(one->end_call());
    return all;
  }
  /// One call of each, all at once.
  std::vector<outcome_of_call> call() const {
    begin_call();
    return end_call();
  }
  void jump(std::chrono::seconds by) const {
    for (const auto& one : members_) one->jump(by);
  }

 private:
  std::vector<std::unique_ptr<member>> members_;
};

void check_all_went_through(const std::vector<outcome_of_call>& outcomes) {
  for (const auto& one : outcomes) CHECK_MESSAGE(one.ok, one.text);
}

double slowest(const std::vector<outcome_of_call>& outcomes) {
  double most = 0;
  for (const auto& one : outcomes) most = (std::max)(most, one.milliseconds());
  return most;
}

/// A number in what INFO says, behind `name`; 0 when it is not there.
int redis_number(const redis_server& redis, const std::string& section, const std::string& name) {
  const auto text = redis.command({"INFO", section});
  const auto at = text.find(name);
  return at == text.npos ? 0 : std::stoi(text.substr(at + name.size()));
}

/// Whether so many processes have come to Redis, and so many claims were tried.
bool are_waiting(const redis_server& redis, int processes) {
  return eventually([&] {
    return redis_number(redis, "clients", "connected_clients:") >= processes + 1 &&
           redis_number(redis, "commandstats", "cmdstat_set:calls=") >= processes;
  });
}

}  // namespace

TEST_CASE("fleet: processes that start at once on an empty store exchange once") {
  const redis_server redis;
  for (int round = 0; round < 20; ++round) {
    CAPTURE(round);
    redis.command({"FLUSHALL"});
    redis.command({"CONFIG", "RESETSTAT"});
    counting_service service;
    const bool slow_login = round % 2 == 0;
    if (slow_login) service.hold_next();
    const fleet four(member_settings(service, redis.port()));
    four.begin_call();
    if (slow_login) {
      REQUIRE(service.wait_until_one_is_held());
      REQUIRE(are_waiting(redis, fleet::size));
      service.let_go();
    }
    check_all_went_through(four.end_call());
    CHECK(service.exchanges() == 1);
    for (const auto& name : redis.keys()) {
      const auto answer = redis.command({"PTTL", name});
      const auto time_left = std::stoll(answer.substr(1));
      CHECK_MESSAGE((time_left > 0 && time_left <= 3'600'000), answer);  // Nothing is kept for ever.
    }
  }
}

TEST_CASE("fleet: a token that was revoked is renewed once for all") {
  const redis_server redis;
  counting_service service;
  const fleet four(member_settings(service, redis.port()));
  check_all_went_through(four.call());
  for (int round = 1; round <= 5; ++round) {
    service.revoke();
    check_all_went_through(four.call());
    CHECK(service.exchanges() == 1 + round);
  }
}

TEST_CASE("fleet: a token that has expired is renewed once for all") {
  const redis_server redis;
  counting_service service;
  const fleet four(member_settings(service, redis.port()));
  check_all_went_through(four.call());
  for (int round = 1; round <= 3; ++round) {
    service.clock->advance(1h);
    four.jump(1h);
    check_all_went_through(four.call());
    CHECK(service.exchanges() == 1 + round);
  }
}

TEST_CASE("fleet: a process that dies while it exchanges holds the others up for its lease at most") {
  const redis_server redis;
  counting_service service;
  const fleet four(member_settings(service, redis.port(), {{"lease", "2000"}}));
  service.hold_next();
  four[0].begin_call();
  REQUIRE(service.wait_until_one_is_held());
  for (int i = 1; i < fleet::size; ++i) four[i].begin_call();
  REQUIRE(are_waiting(redis, fleet::size));
  four[0].kill();
  service.let_go();
  for (int i = 1; i < fleet::size; ++i) {
    const auto outcome = four[i].end_call();
    CHECK_MESSAGE(outcome.ok, outcome.text);
    MESSAGE("after the death of the one whose turn it was, a call took " << outcome.milliseconds() << " ms");
  }
  CHECK(service.exchanges() == 2);
}

TEST_CASE("fleet: whatever becomes of Redis, calls go through, and each process exchanges once at most") {
  struct trouble {
    std::string name;
    std::function<void(redis_server&)> begin, end;
  };
  const auto config = [](const char* name, const char* value) {
    return [=](redis_server& redis) { redis.command({"CONFIG", "SET", name, value}); };
  };
  const std::vector<trouble> troubles{
      {"killed", [](auto& redis) { redis.kill(); }, [](auto& redis) { redis.start(); }},
      {"stopped", [](auto& redis) { redis.stand_still(); }, [](auto& redis) { redis.go_on(); }},
      {"full", config("maxmemory", "1"), config("maxmemory", "0")},
      {"evicting all", [](auto& redis) { redis.command({"FLUSHALL"}); }, [](auto&) {}},
      {"without rights",
       [](auto& redis) {
         redis.command({"ACL", "SETUSER", "default", "-get"});
       },
       [](auto& redis) {
         redis.command({"ACL", "SETUSER", "default", "+get"});
       }},
      {"a replica",
       [](auto& redis) {
         redis.command({"REPLICAOF", "127.0.0.1", "1"});
       },
       [](auto& redis) {
         redis.command({"REPLICAOF", "NO", "ONE"});
       }},
  };
  for (const auto& each : troubles) {
    CAPTURE(each.name);
    redis_server redis;
    counting_service service;
    const fleet four(
        member_settings(service, redis.port(), {{"redis_timeout", "3000"}, {"redis_pause", "60000"}}));
    check_all_went_through(four.call());
    int before = service.exchanges();
    CHECK(before == 1);

    each.begin(redis);
    for (int round = 0; round < 2; ++round) {
      service.revoke();
      const auto first = four.call(), second = four.call();
      check_all_went_through(first);
      check_all_went_through(second);
      CHECK(service.exchanges() - before <= fleet::size);
      before = service.exchanges();
      MESSAGE("Redis " << each.name << ", renewal " << round + 1 << ": the slowest call took "
                       << slowest(first) << " ms, the next " << slowest(second) << " ms");
    }

    each.end(redis);
    REQUIRE(eventually([&] { return redis.command({"PING"}) == "+PONG\r\n"; }));
    four.jump(61s);
    service.revoke();
    check_all_went_through(four.call());
    CHECK(service.exchanges() == before + 1);
  }
}

TEST_CASE("fleet: a Redis that was never there, or does not let the fleet in") {
  counting_service service;
  redis_server redis({"--requirepass", "the password"}, "the password");
  settings all = member_settings(service, redis.port(), {{"redis_timeout", "3000"}});
  SUBCASE("never there") { redis.kill(); }
  SUBCASE("wrong password") { all["redis_password"] = "another"; }
  const fleet four(all);
  check_all_went_through(four.call());
  CHECK(service.exchanges() == fleet::size);
  check_all_went_through(four.call());
  CHECK(service.exchanges() == fleet::size);
}

TEST_CASE("fleet: Redis goes while one process exchanges and the others wait for it") {
  redis_server redis;
  counting_service service;
  const fleet four(member_settings(service, redis.port(), {{"redis_timeout", "3000"}}));
  service.hold_next();
  four.begin_call();
  REQUIRE(service.wait_until_one_is_held());
  REQUIRE(are_waiting(redis, fleet::size));
  SUBCASE("killed") { redis.kill(); }
  SUBCASE("stopped") { redis.stand_still(); }
  SUBCASE("evicting all") { redis.command({"FLUSHALL"}); }
  service.let_go();
  check_all_went_through(four.end_call());
  CHECK(service.exchanges() <= fleet::size);
}

TEST_CASE("fleet: a Redis that says nothing is waited for once in each pause") {
  test::raw_server silent([](test::raw_connection& peer) { peer.wait_until_closed(); });
  counting_service service;
  const fleet four(
      member_settings(service, silent.port(), {{"redis_timeout", "250"}, {"redis_pause", "600000"}}));
  const auto first = four.call();
  check_all_went_through(first);
  CHECK(silent.connections() == fleet::size);
  for (const auto& one : first) CHECK(one.milliseconds() >= 240);
  std::string later;
  for (int round = 0; round < 3; ++round) {
    service.revoke();
    const auto next = four.call();
    check_all_went_through(next);
    later += " " + std::to_string(slowest(next));
  }
  CHECK(silent.connections() == fleet::size);
  CHECK(service.exchanges() == 4 * fleet::size);
  MESSAGE("the slowest first call: " << slowest(first)
                                     << " ms; with a renewal each while Redis is left alone:" << later
                                     << " ms");
  four.jump(601s);
  service.revoke();
  check_all_went_through(four.call());
  CHECK(silent.connections() == 2 * fleet::size);
}

TEST_CASE("fleet: a token that an outage left behind in Redis is not taken for a newer one") {
  redis_server redis;
  counting_service service;
  const fleet four(
      member_settings(service, redis.port(), {{"redis_timeout", "3000"}, {"redis_pause", "60000"}}));
  check_all_went_through(four.call());
  redis.stand_still();
  service.revoke();
  check_all_went_through(four.call());
  redis.go_on();
  REQUIRE(eventually([&] { return redis.command({"PING"}) == "+PONG\r\n"; }));
  four.jump(61s);
  service.revoke();
  const int before = service.exchanges();
  check_all_went_through(four.call());
  CHECK(service.exchanges() == before + 1);
}

TEST_CASE("fleet: credentials that are refused are posted once by all") {
  const redis_server redis;
  counting_service service;
  const auto wrong = member_settings(service, redis.port(), {{"password", "canary-of-another-password"}});
  const fleet four(wrong);
  service.hold_next();
  four.begin_call();
  REQUIRE(service.wait_until_one_is_held());
  REQUIRE(are_waiting(redis, fleet::size));
  service.let_go();
  const auto outcomes = four.end_call();
  const member fifth(wrong);
  fifth.begin_call();
  const auto late = fifth.end_call();
  CHECK(late.text.starts_with("failed authentication 401 "));
  CHECK(late.text.find("Metrc refused the login") != late.text.npos);
  for (const auto& one : outcomes) CHECK(one.text == late.text);
  CHECK(service.exchanges() == 1);

  const member right(member_settings(service, redis.port()));
  right.begin_call();
  const auto good = right.end_call();
  CHECK_MESSAGE(good.ok, good.text);
  CHECK(service.exchanges() == 2);
}

TEST_CASE("fleet: no one-time password is used twice") {
  const redis_server redis;
  counting_service service;
  // With an e-mail address of its own each has a token of its own, but the seed is the same.
  std::vector<std::unique_ptr<member>> calling;
  for (const char* email : {"a@example.com", "b@example.com", "c@example.com", "d@example.com"}) {
    calling.push_back(std::make_unique<member>(member_settings(service, redis.port(),
                                                               {{"hostname", "mi.metrc.com"},
                                                                {"seed", otp_seed},
                                                                {"email", email},
                                                                {"timeout", "180000"},
                                                                {"wall", "1800000000"}})));
  }
  for (const auto& one : calling) one->begin_call();
  while (!calling.empty()) {
    const auto before = calling.size();
    std::erase_if(calling, [](const auto& one) {
      const auto line = one->read_line();
      if (line == "waits") return false;
      CHECK_MESSAGE(line.starts_with("ok "), line);
      return true;
    });
    CHECK(calling.size() == before - 1);
    service.clock->advance(30s);
    for (const auto& one : calling) one->go();
  }
  std::set<std::string> passwords;
  for (const auto& form : service.forms()) passwords.insert(form.at("otp"));
  CHECK(service.exchanges() == fleet::size);
  CHECK(passwords.size() == fleet::size);
}

TEST_CASE("fleet: while one process renews ahead of expiry, the others go on with the token they have") {
  const redis_server redis;
  counting_service service;
  const fleet four(member_settings(service, redis.port()));
  check_all_went_through(four.call());
  four.jump(59min + 45s);
  service.hold_next();
  four.begin_call();
  std::vector<std::future<outcome_of_call>> outcomes;
  for (int i = 0; i < fleet::size; ++i)
    outcomes.push_back(std::async(std::launch::async, [&, i] { return four[i].end_call(); }));
  const auto count_done = [&] {
    return std::count_if(outcomes.begin(), outcomes.end(),
                         [](auto& one) { return one.wait_for(0s) == std::future_status::ready; });
  };
  CHECK(service.wait_until_one_is_held());
  CHECK(eventually([&] { return count_done() == fleet::size - 1; }));
  CHECK(service.exchanges() == 2);
  service.let_go();
  for (auto& one : outcomes) {
    const auto outcome = one.get();
    CHECK_MESSAGE(outcome.ok, outcome.text);
  }
  check_all_went_through(four.call());
  CHECK(service.exchanges() == 2);
}

namespace {

/// All memory that a process can write to.
std::string memory_of(int pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  const int memory = ::open((folder + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(memory >= 0);
  std::ifstream maps(folder + "/maps");
  std::string all;
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::uintptr_t at = 0, end = 0;
    char dash = 0;
    std::string rights;
    words >> std::hex >> at >> dash >> end >> rights;
    if (!rights.starts_with("rw")) continue;
    for (std::array<char, 65536> part{}; at < end; at += part.size()) {
      const auto count =
          ::pread(memory, part.data(), (std::min)(part.size(), end - at), static_cast<off_t>(at));
      if (count > 0) all.append(part.data(), static_cast<std::size_t>(count));
    }
  }
  ::close(memory);
  return all;
}

}  // namespace

TEST_CASE("fleet: what Redis has tells nothing of users, passwords and tokens") {
  const std::string redis_password = "known-to-redis";
  const redis_server redis({"--requirepass", redis_password, "--appendonly", "yes"}, redis_password);
  counting_service service;
  const settings login{{"redis_password", redis_password}};
  const auto with = [&](settings more) {
    more.insert(login.begin(), login.end());
    return member_settings(service, redis.port(), more);
  };
  const fleet four(with({}));
  check_all_went_through(four.call());
  const std::string wrong_password = "canary-of-a-wrong-password";
  const std::string email = "canary@example.com";
  const member refused(with({{"password", wrong_password}}));
  const member in_michigan(
      with({{"hostname", "mi.metrc.com"}, {"seed", otp_seed}, {"email", email}, {"wall", "1800000000"}}));
  for (const auto* one : {&refused, &in_michigan}) {
    one->begin_call();
    CHECK(one->end_call().ok == (one == &in_michigan));
  }
  CHECK(redis.command({"SAVE"}) == "+OK\r\n");

  std::string in_redis, on_disk;
  for (const auto& name : redis.keys())
    in_redis += name + "\n" + redis.command({"GET", name}) + redis.command({"DUMP", name});
  for (const auto& file : fs::recursive_directory_iterator(fs::path(redis.unix_socket()).parent_path()))
    if (file.is_regular_file()) on_disk += test::content_of(file.path());
  const std::string in_memory = memory_of(redis_number(redis, "server", "process_id:"));
  for (const std::string* place : {&std::as_const(in_redis), &std::as_const(on_disk), &in_memory})
    CHECK(place->find("t3api:") != place->npos);
  CHECK(in_memory.find(redis_password) != in_memory.npos);

  std::vector<std::string> canaries{username,    password,  wrong_password, otp_seed, email,
                                    "metrc.com", "refused", service.url(),  key};
  REQUIRE(service.tokens().size() == 2);
  for (const auto& token : service.tokens()) {
    const auto middle = token.find('.') + 1, end = token.rfind('.');
    canaries.insert(canaries.end(), {token.substr(middle, end - middle), token.substr(end + 1)});
  }
  for (const auto& canary : canaries) {
    CAPTURE(canary);
    CHECK(in_redis.find(canary) == in_redis.npos);
    CHECK(on_disk.find(canary) == on_disk.npos);
    CHECK(in_memory.find(canary) == in_memory.npos);
  }
}
