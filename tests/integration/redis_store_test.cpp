#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <t3api/store/memory.hpp>
#include <t3api/store/redis.hpp>
#include <tests/support/raw_server.hpp>
#include <tests/support/redis_server.hpp>
#include <tests/unit/store/store_behaviour.hpp>

using namespace t3api;
using namespace std::chrono_literals;
using test::raw_connection;
using test::raw_server;
using test::redis_server;
using test::value_of;

namespace {

using steady = std::chrono::steady_clock;

const std::string key = "an example key of just 32 bytes.";

redis_options options_for(int port) {
  return {.port = port, .key = key, .timeout = 10s, .clock = std::make_shared<manual_clock>()};
}

/// A failure must not take long, but how long is the machine's matter: far less than any hang, and the test
/// that two timeouts bound an operation measures in timeouts of its own.
redis_options impatient_options_for(int port) {
  auto options = options_for(port);
  options.timeout = 200ms;
  return options;
}
constexpr auto longest = 20s;

template <class Predicate>
bool eventually(Predicate predicate) {
  const auto give_up = steady::now() + 20s;
  while (steady::now() < give_up) {
    if (predicate()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

struct in_memory {
  memory_store kept;

  template <class Predicate>
  bool becomes(std::chrono::milliseconds, Predicate predicate) {
    return eventually(predicate);
  }
};

struct in_redis {
  redis_server server;
  redis_store kept{options_for(server.port())};

  template <class Predicate>
  bool becomes(std::chrono::milliseconds, Predicate predicate) {
    return eventually(predicate);
  }
};

/// Each operation of a store, for what all of them have in common. Gives the error of one.
const std::vector<std::function<std::optional<error>(redis_store&)>> operations = {
    [](redis_store& kept) {
      const auto found = kept.get("k");
      return found ? std::nullopt : std::optional(found.error());
    },
    [](redis_store& kept) { return kept.put("k", "v", 1h); },
    [](redis_store& kept) { return kept.erase("k"); },
    [](redis_store& kept) {
      const auto claimed = kept.claim("k", "me", 1h);
      return claimed ? std::nullopt : std::optional(claimed.error());
    },
    [](redis_store& kept) { return kept.release("k", "me"); },
};

std::string message_of(const std::optional<error>& failed) { return failed ? failed->message : ""; }

/// Reads one command as redis_store writes it, whatever it says.
void wait_for_command(raw_connection& peer) {
  char bytes[4096];
  (void)::recv(peer.socket(), bytes, sizeof bytes, 0);
}

int open_descriptors() {
  int count = 0;
  for (int fd = 0; fd < 1024; ++fd) count += ::fcntl(fd, F_GETFD) >= 0;
  return count;
}

}  // namespace

TYPE_TO_STRING(in_memory);
TYPE_TO_STRING(in_redis);

TEST_CASE_TEMPLATE("what every store does", Setting, in_memory, in_redis) {
  test::check_store_behaviour<Setting>();
}

TEST_CASE("redis: nothing is sent until something is asked for, and bad options are refused at once") {
  raw_server server([](raw_connection& peer) { peer.wait_until_closed(); });
  const redis_store kept(options_for(server.port()));
  const redis_store copy = kept;
  CHECK(server.connections() == 0);
  CHECK_THROWS_AS(redis_store(redis_options{}), std::invalid_argument);
  CHECK_THROWS_AS(redis_store({.key = key, .timeout = 0ms}), std::invalid_argument);
}

TEST_CASE("redis: by a name, by a Unix socket, in another database, under another prefix") {
  redis_server server;
  redis_store plain(options_for(server.port()));
  CHECK_FALSE(plain.put("k", "plain", 1h));

  auto options = options_for(server.port());
  options.host = "localhost";
  CHECK(value_of(*std::make_unique<redis_store>(options), "k") == "plain");

  options = options_for(1);
  options.unix_socket = server.unix_socket();
  redis_store by_socket(options);
  CHECK(value_of(by_socket, "k") == "plain");

  options = options_for(server.port());
  options.database = 3;
  redis_store elsewhere(options);
  CHECK_FALSE(value_of(elsewhere, "k"));
  CHECK_FALSE(elsewhere.put("k", "elsewhere", 1h));
  CHECK(value_of(plain, "k") == "plain");

  options = options_for(server.port());
  options.prefix = "other:";
  redis_store other(options);
  CHECK_FALSE(value_of(other, "k"));
  CHECK_FALSE(other.put("k", "other", 1h));
  const auto names = server.keys();
  CHECK(std::count_if(names.begin(), names.end(), [](const auto& n) { return n.starts_with("other:"); }) ==
        1);
}

TEST_CASE("redis: stores with one key share, stores with another see nothing and change nothing") {
  redis_server server;
  redis_store one(options_for(server.port()));
  redis_store two(options_for(server.port()));
  auto options = options_for(server.port());
  options.key = std::string(32, 'x');
  redis_store stranger(options);
  CHECK_FALSE(one.put("k", "v", 1h));
  CHECK(value_of(two, "k") == "v");
  CHECK_FALSE(value_of(stranger, "k"));
  CHECK_FALSE(stranger.erase("k"));
  CHECK(value_of(one, "k") == "v");
  CHECK(test::claims(one, "k", "me", 1h));
  CHECK_FALSE(test::claims(two, "k", "you", 1h));
}

TEST_CASE("redis: a login that is right, wrong or missing") {
  const std::string password = "canary-of-a-password %s%n";
  redis_server server(
      {"--requirepass", password, "--user", "worker", "on", ">worker " + password, "~*", "+@all"}, password);
  auto options = options_for(server.port());
  SUBCASE("right") {
    options.password = password;
    redis_store kept(options);
    CHECK_FALSE(kept.put("k", "v", 1h));
    CHECK(value_of(kept, "k") == "v");
  }
  SUBCASE("wrong, missing, or of nobody") {
    options.password = "canary of something else";
    std::string expected = "refused the login";
    SUBCASE("wrong") {}
    SUBCASE("missing") {
      options.password = {};
      expected = "wants a login";
    }
    SUBCASE("of nobody") {
      options.username = "canary-of-a-user";
      options.password = password;
    }
    redis_store kept(options);
    for (const auto& operate : operations) {
      const auto failed = operate(kept);
      REQUIRE(failed);
      CHECK(failed->category == error_category::transport);
      CHECK(failed->message.find(expected) != std::string::npos);
      CHECK(failed->message.find("canary") == std::string::npos);
      CHECK(failed->service_message.empty());
    }
  }
}

TEST_CASE("redis: a user of an access control list") {
  redis_server server;
  server.command(
      {"ACL", "SETUSER", "worker", "on", ">pass word", "~t3api:*", "+get", "+pttl", "+set", "+del", "+eval"});
  server.command({"ACL", "SETUSER", "reader", "on", ">pass word", "~t3api:*", "+get", "+pttl"});
  auto options = options_for(server.port());
  options.password = "pass word";
  options.username = "worker";
  redis_store worker(options);
  for (const auto& operate : operations) CHECK(message_of(operate(worker)) == "");
  options.username = "reader";
  redis_store reader(options);
  CHECK_FALSE(value_of(reader, "k"));
  CHECK(message_of(reader.put("k", "v", 1h)).find("does not let this user") != std::string::npos);
}

TEST_CASE("redis: a server that goes between two calls is found again without a failure") {
  redis_server server;
  redis_store kept(options_for(server.port()));
  CHECK_FALSE(kept.put("k", "v", 1h));
  server.kill();
  server.start();
  CHECK_FALSE(value_of(kept, "k"));
  CHECK_FALSE(kept.put("k", "v", 1h));
  server.command({"CLIENT", "KILL", "TYPE", "normal"});
  CHECK(value_of(kept, "k") == "v");
}

TEST_CASE(
    "redis: one that is down fails at once, is left alone for the pause, and is found when it is back") {
  redis_server server;
  auto options = options_for(server.port());
  const auto clock = std::make_shared<manual_clock>();
  options.clock = clock;
  redis_store kept(options);
  CHECK_FALSE(kept.put("k", "v", 1h));
  server.kill();
  for (const auto& operate : operations) {
    const auto failed = operate(kept);
    REQUIRE(failed);
    CHECK(failed->category == error_category::transport);
    CHECK(failed->retryable);
    CHECK(failed->message.find("127.0.0.1:" + std::to_string(server.port())) != std::string::npos);
  }
  server.start();
  clock->advance(options.pause_after_failure - 1ms);
  CHECK(kept.put("k", "v", 1h));
  clock->advance(1ms);
  for (const auto& operate : operations) CHECK(message_of(operate(kept)) == "");
}

TEST_CASE("redis: each operation on one that stands still ends, and the pause spares the next ones") {
  redis_server server;
  auto options = impatient_options_for(server.port());
  const auto clock = std::make_shared<manual_clock>();
  options.clock = clock;
  redis_store kept(options);
  CHECK_FALSE(kept.put("k", "v", 1h));
  server.stand_still();
  for (const auto& operate : operations) {
    const auto start = steady::now();
    const auto failed = operate(kept);
    const auto took = steady::now() - start;
    REQUIRE(failed);
    CHECK(failed->category == error_category::timeout);
    CHECK(took < longest);
    for (int i = 0; i < 100; ++i) {
      const auto spared = operate(kept);
      REQUIRE(spared);
      CHECK(spared->message.find("not asked again for 5000 ms") != std::string::npos);
    }
    CHECK(steady::now() - start < took + options.timeout * 50);
    clock->advance(options.pause_after_failure);
  }
  server.go_on();
  CHECK(eventually([&] {
    clock->advance(options.pause_after_failure);
    const auto found = kept.get("k");
    return found.has_value();
  }));
}

TEST_CASE("redis: threads that find the connection busy do not wait for longer than the timeout") {
  redis_server server;
  auto options = impatient_options_for(server.port());
  options.pause_after_failure = 0ms;
  redis_store kept(options);
  CHECK_FALSE(kept.put("k", "v", 1h));
  server.stand_still();
  std::atomic<int> failures = 0;
  const auto start = steady::now();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 16; ++t) {
      threads.emplace_back([&] {
        if (!kept.get("k")) ++failures;
      });
    }
  }
  CHECK(failures == 16);
  CHECK(steady::now() - start < 16 * options.timeout);
  server.go_on();
}

TEST_CASE("redis: one that evicts has lost the value, and that is no failure") {
  redis_server server({"--maxmemory", "3mb", "--maxmemory-policy", "allkeys-lru"});
  redis_store kept(options_for(server.port()));
  for (int i = 0; i < 100; ++i) {
    CHECK(message_of(kept.put(std::to_string(i), std::string(50'000, 'v'), 1h)) == "");
  }
  int lost = 0;
  for (int i = 0; i < 100; ++i) lost += !value_of(kept, std::to_string(i));
  CHECK(lost > 0);
}

TEST_CASE("redis: one that takes no writes says why") {
  redis_server server;
  std::string expected;
  SUBCASE("out of memory") {
    server.command({"CONFIG", "SET", "maxmemory", "1"});
    expected = "is out of memory";
  }
  SUBCASE("a replica") {
    server.command({"REPLICAOF", "127.0.0.1", "1"});
    expected = "is a replica";
  }
  redis_store kept(options_for(server.port()));
  const auto failed = kept.put("k", "v", 1h);
  REQUIRE(failed);
  CHECK(failed->category == error_category::transport);
  CHECK(failed->message.find(expected) != std::string::npos);
}

TEST_CASE("redis: a value that somebody changed, moved, replaced or made immortal is not there") {
  redis_server server;
  redis_store kept(options_for(server.port()));
  CHECK_FALSE(kept.put("k", "v", 1h));
  const auto names = server.keys();
  REQUIRE(names.size() == 1);
  const std::string name = names[0];
  SUBCASE("changed") { server.command({"SETRANGE", name, "20", "x"}); }
  SUBCASE("cut") { server.command({"SET", name, server.raw_value(name).substr(0, 20), "PX", "100000"}); }
  SUBCASE("poisoned") { server.command({"SET", name, "a token of mine", "PX", "100000"}); }
  SUBCASE("emptied") { server.command({"SET", name, "", "PX", "100000"}); }
  SUBCASE("moved") {
    CHECK_FALSE(kept.put("other", "w", 1h));
    const auto both = server.keys();
    const auto& other = both[0] == name ? both[1] : both[0];
    server.command({"COPY", other, name, "REPLACE"});
  }
  SUBCASE("of another type") {
    server.command({"DEL", name});
    server.command({"RPUSH", name, "v"});
  }
  SUBCASE("immortal") { server.command({"PERSIST", name}); }
  CHECK_FALSE(value_of(kept, "k"));
  CHECK_FALSE(kept.put("k", "new", 1h));
  CHECK(value_of(kept, "k") == "new");
}

TEST_CASE("redis: neither names nor values nor passwords can be read in it, and all of it expires") {
  redis_server server({}, {});
  auto options = options_for(server.port());
  redis_store kept(options);
  const std::string token = "canary.of-a.token";
  const std::string user = "canary of a user";
  for (int i = 0; i < 20; ++i) {
    CHECK_FALSE(kept.put(user + std::to_string(i), token, 1h));
    CHECK(test::claims(kept, user + std::to_string(i), "5dd9-random-owner", 1h));
  }
  const auto names = server.keys();
  CHECK(names.size() == 40);
  std::string everything;
  for (const auto& name : names) {
    everything += name + "\n" + server.raw_value(name) + "\n" + server.command({"DUMP", name}) + "\n";
    CHECK(server.command({"PTTL", name}).substr(0, 2) != ":-");
  }
  CHECK(everything.find("random-owner") != std::string::npos);
  CHECK(everything.find("canary") == std::string::npos);
  CHECK(everything.find(key) == std::string::npos);
}

TEST_CASE("redis: a value that is too long is an argument error and no failure of Redis") {
  redis_server server;
  redis_store kept(options_for(server.port()));
  CHECK_FALSE(kept.put("k", std::string(redis_store::max_value_bytes, 'v'), 1h));
  CHECK(value_of(kept, "k").value_or("").size() == redis_store::max_value_bytes);
  const auto failed = kept.put("k", std::string(redis_store::max_value_bytes + 1, 'v'), 1h);
  REQUIRE(failed);
  CHECK(failed->category == error_category::argument);
  CHECK(value_of(kept, "k"));
}

TEST_CASE("redis: what is no Redis gives an error, soon, and is not asked for more") {
  const auto reply = [](std::string bytes) {
    return [bytes](raw_connection& peer) {
      wait_for_command(peer);
      peer.write(bytes);
      peer.wait_until_closed();
    };
  };
  const auto flood = [](std::string head, std::string again) {
    return [head, again](raw_connection& peer) {
      wait_for_command(peer);
      peer.write(head);
      while (peer.write(again)) {
      }
    };
  };
  raw_server::conversation talk;
  bool late = false;
  SUBCASE("closes at once") {
    talk = [](raw_connection&) {};
  }
  SUBCASE("resets") {
    talk = [](raw_connection& peer) { peer.reset_at_end(); };
  }
  SUBCASE("closes in the middle") {
    talk = [](raw_connection& peer) {
      wait_for_command(peer);
      peer.write("$100\r\nabc");
    };
  }
  SUBCASE("nonsense") { talk = reply("HTTP/1.1 400 Bad Request\r\n\r\n"); }
  SUBCASE("zeros") { talk = reply(std::string(1000, '\0')); }
  SUBCASE("lines of nothing") { talk = reply("\r\n\r\n\r\n"); }
  SUBCASE("a list of two thousand million") { talk = reply("*2147483647\r\n*2147483647\r\n"); }
  SUBCASE("a list of more than there are") { talk = reply("*99999999999999999999\r\n"); }
  SUBCASE("lists in lists") {
    talk = reply("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n");
  }
  SUBCASE("an empty list") { talk = reply("*0\r\n*0\r\n"); }
  SUBCASE("a map") { talk = reply("%1\r\n+a\r\n+b\r\n%1\r\n+a\r\n+b\r\n"); }
  SUBCASE("a text of a negative size") { talk = reply("$-7\r\nabc\r\n"); }
  SUBCASE("the wrong type") { talk = reply("+PONG\r\n+PONG\r\n"); }
  SUBCASE("an unknown refusal") { talk = reply("-canary\r\n-canary\r\n"); }
  SUBCASE("more than was asked for") { talk = reply(":1\r\n$-1\r\n+OK\r\n+OK\r\n"); }
  SUBCASE("a text without an end") { talk = flood("$536870911\r\n", std::string(65536, 'x')); }
  SUBCASE("a line without an end") { talk = flood("+", std::string(65536, 'x')); }
  SUBCASE("answers without an end") { talk = flood("", "+PONG\r\n"); }
  SUBCASE("one byte after the other") {
    late = true;
    talk = [](raw_connection& peer) {
      peer.write("+");
      while (peer.write("x")) std::this_thread::sleep_for(100us);
    };
  }
  SUBCASE("silence") {
    late = true;
    talk = [](raw_connection& peer) { peer.wait_until_closed(); };
  }
  raw_server server(talk);
  // So long that it ends by what came, and not by the time.
  const auto options = late ? impatient_options_for(server.port()) : options_for(server.port());
  int asked = 0;
  for (const auto& operate : operations) {
    redis_store kept(options);
    const auto start = steady::now();
    const auto failed = operate(kept);
    REQUIRE(failed);
    CHECK(steady::now() - start < 10 * options.timeout);
    CHECK(failed->category == (late ? error_category::timeout : error_category::transport));
    CHECK(failed->message.find("canary") == std::string::npos);
    CHECK(operate(kept));
    ++asked;
  }
  CHECK(eventually([&] { return server.connections() >= asked; }));
  CHECK(server.connections() == asked);
}

TEST_CASE("redis: a password is not told by a server that repeats what it is sent") {
  raw_server server([](raw_connection& peer) {
    char bytes[4096];
    const auto got = ::recv(peer.socket(), bytes, sizeof bytes, 0);
    std::string said(bytes, got > 0 ? static_cast<std::size_t>(got) : 0);
    std::replace_if(
        said.begin(), said.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
    CHECK(said.find("canary %n") != std::string::npos);
    peer.write("-" + said + "\r\n");
    peer.wait_until_closed();
  });
  auto options = options_for(server.port());
  options.username = "a user";
  options.password = "canary %n";
  redis_store kept(options);
  const auto failed = kept.put("k", "v", 1h);
  REQUIRE(failed);
  CHECK(failed->message.find("refused the login") != std::string::npos);
  CHECK(failed->message.find("canary") == std::string::npos);
}

TEST_CASE("redis: a peer that resets while it is written to raises no signal") {
  // A reset behind a farewell is what makes a write fail with EPIPE.
  raw_server server([](raw_connection& peer) {
    wait_for_command(peer);
    ::shutdown(peer.socket(), SHUT_WR);
    peer.reset_at_end();
  });
  for (int i = 0; i < 50; ++i) {
    redis_store kept(options_for(server.port()));
    CHECK(kept.put("k", std::string(900'000, 'v'), 1h));
  }
}

TEST_CASE("redis: no connection is left open by failures, and none goes to another program") {
  redis_server server;
  const int before = open_descriptors();
  {
    auto options = options_for(server.port());
    options.pause_after_failure = 0ms;
    redis_store kept(options);
    for (int i = 0; i < 20; ++i) {
      CHECK_FALSE(kept.put("k", "v", 1h));
      server.command({"CLIENT", "KILL", "TYPE", "normal"});
    }
    for (int fd = 3; fd < 1024; ++fd) {
      sockaddr_storage peer{};
      socklen_t size = sizeof peer;
      if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
      CAPTURE(fd);
      CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    }
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("redis: a forked child makes a connection of its own") {
  redis_server server;
  redis_store kept(options_for(server.port()));
  CHECK_FALSE(kept.put("k", "parent's", 1h));
  std::vector<pid_t> children;
  for (int c = 0; c < 4; ++c) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      int wrong = 0;
      const std::string mine = "child " + std::to_string(c);
      for (int i = 0; i < 200; ++i) {
        const std::string value = mine + " " + std::to_string(i);
        if (kept.put(mine, value, 1h)) ++wrong;
        const auto found = kept.get(mine);
        if (!found || !*found || (*found)->value != value) ++wrong;
      }
      ::_exit(wrong == 0 ? 0 : 1);
    }
    children.push_back(child);
  }
  int wrong = 0;
  for (int i = 0; i < 200; ++i) {
    const auto found = kept.get("k");
    if (!found || !*found || (*found)->value != "parent's") ++wrong;
  }
  CHECK(wrong == 0);
  for (const pid_t child : children) {
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  CHECK(value_of(kept, "k") == "parent's");
}
