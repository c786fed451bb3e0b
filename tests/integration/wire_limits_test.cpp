// What hostile peers send to the sandbox's server: each attack gets an answer in T3's error form or the end
// of its connection, costs little memory, and holds up nobody else.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <future>
#include <list>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <t3api/sandbox/http/server.hpp>
#include <t3api/sandbox/service.hpp>

#include <tests/support/memory_growth.hpp>
#include <tests/support/raw_client.hpp>

namespace sandbox = t3api::sandbox;
using namespace std::chrono_literals;
using t3api::test::memory_growth;
using t3api::test::raw_client;
using t3api::test::stream_end;

namespace {

const std::string plain_question = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string last_question = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";

t3api::response echo_size(const t3api::request& asked) {
  return {.status = 200, .body = std::to_string(asked.body.size())};
}

/// A server that tells how large a body was.
struct running {
  explicit running(sandbox::http_server_options options = {}, sandbox::http_handler handler = &echo_size)
      : server(std::move(handler), std::move(options)) {
    server.start();
  }
  ~running() { CHECK(answers()); }

  /// Whether somebody with an honest request gets an answer, if need be after being asked to try again.
  bool answers() const {
    for (int tries = 0; tries < 1000; ++tries) {
      raw_client honest(server.port());
      if (honest.try_send(last_question)) {
        const auto answer = honest.read_to_end();
        if (!answer.starts_with("HTTP/1.1 503 ") && !answer.empty())
          return answer.starts_with("HTTP/1.1 200 ");
      }
      std::this_thread::sleep_for(1ms);
    }
    return false;
  }

  sandbox::http_server server;
};

constexpr std::size_t most_growth = std::size_t{16} << 20U;

/// The status of an error answer in T3's form; 0 for anything else.
int refused_with(const std::string& answer) {
  const auto body = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 ") || body == answer.npos) return 0;
  const int status = std::atoi(answer.c_str() + 9);
  const auto error = nlohmann::json::parse(answer.substr(body + 4), nullptr, false);
  if (!error.is_object() || error["error"]["status_code"] != status) return 0;
  return answer.find("\r\nConnection: close\r\n") == answer.npos ? 0 : status;
}

/// Whether this machine lets a server listen on `::`, and for IPv4 as well.
bool has_ipv6() {
  std::string only_v6;
  std::getline(std::ifstream("/proc/sys/net/ipv6/bindv6only"), only_v6);
  return only_v6 == "0";
}

/// Sends `start`, and `more` again and again up to `size` bytes or until there is an answer; gives the
/// answer.
std::string flood(const running& s, const std::string& start, std::string more, std::size_t size) {
  raw_client attacker(s.server.port());
  attacker.send(start);
  const auto unit = more;
  while (more.size() < 64 * 1024) more += unit;
  for (std::size_t sent = 0; sent < size; sent += more.size()) {
    if (!attacker.try_send(more)) break;
  }
  return attacker.read_to_end();
}

/// Sends a byte every few milliseconds until there is an answer or the end, which is given; ten seconds long.
std::string trickle(const running& s, const std::string& start, char byte) {
  raw_client attacker(s.server.port());
  attacker.send(start);
  const auto give_up = std::chrono::steady_clock::now() + 10s;
  while (!attacker.has_input() && attacker.try_send(std::string(1, byte))) {
    if (std::chrono::steady_clock::now() > give_up) return {};
    std::this_thread::sleep_for(2ms);
  }
  return attacker.read_to_end();
}

}  // namespace

TEST_CASE("a million header fields") {
  running s;
  const memory_growth memory;
  CHECK(refused_with(flood(s, "GET / HTTP/1.1\r\nHost: x\r\n", "X-A: b\r\n", 8'000'000)) == 431);
  CHECK(memory.bytes() < most_growth);
  std::string fields;
  for (int i = 0; i < 99; ++i) fields += "X-A: b\r\n";
  raw_client fine(s.server.port());
  fine.send("GET / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n");
  CHECK(fine.read_answer().starts_with("HTTP/1.1 200 "));
  raw_client one_too_many(s.server.port());
  one_too_many.send("GET / HTTP/1.1\r\nHost: x\r\n" + fields + "X-A: b\r\n\r\n");
  CHECK(refused_with(one_too_many.read_to_end()) == 431);
}

TEST_CASE("200 MB of one header line, of a request line, of empty space") {
  running s;
  const memory_growth memory;
  CHECK(refused_with(flood(s, "GET / HTTP/1.1\r\nHost: x\r\nX-Long: ", "x", 200'000'000)) == 431);
  CHECK(refused_with(flood(s, "GET /", "x", 200'000'000)) == 414);
  CHECK(refused_with(flood(s, "", "\r\n", 200'000'000)) == 400);
  CHECK(refused_with(flood(s, "", std::string(1, '\0'), 200'000'000)) == 414);
  CHECK(memory.bytes() < most_growth);
}

TEST_CASE("a head of many long fields") {
  running s({.max_fields = 1'000'000});
  const memory_growth memory;
  CHECK(refused_with(flood(s, "GET / HTTP/1.1\r\nHost: x\r\n", "X: " + std::string(5000, 'x') + "\r\n",
                           200'000'000)) == 431);
  CHECK(memory.bytes() < most_growth);
}

TEST_CASE("bodies whose length is in doubt, or is none") {
  running s;
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  for (const auto& attack : std::vector<std::pair<std::string, int>>{
           {post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400},
           {post + "Content-Length: 1\r\nContent-Length: 99\r\n\r\na", 400},
           {post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
           {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 400},
           {post + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 501},
           {post + "Content-Length: -2\r\n\r\n", 400},
           {post + "Content-Length: 18446744073709551616\r\n\r\n", 400},
           {chunked + "-2\r\nab\r\n0\r\n\r\n", 400},
           {chunked + "ffffffffffffffff\r\n", 400},
           {chunked + "fffffffffffffff\r\n", 413},
           {chunked + "2\nab\r\n0\r\n\r\n", 400},
           {chunked + "2\r\nabGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
           {post + "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", 400},
           {post + "Content-Length: 7\v\r\n\r\n", 400},
           {post + "Content-Length: 7\r\r\n\r\n", 400},
           {"POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
           {chunked + "2 99\r\nab\r\n0\r\n\r\n", 400},
           {"GET / HTTP/1.1\nHost: x\n\n", 400},
           {"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n", 400},
           {"GET / HTTP/1.1\r\nHost: x\r\nX : a\r\n\r\n", 400},
           {std::string("GET / HTTP/1.1\r\nHost: x\r\nX: \0\r\n\r\n", 33), 400},
       }) {
    CAPTURE(attack.first);
    raw_client attacker(s.server.port());
    attacker.send(attack.first + plain_question);
    CHECK(refused_with(attacker.read_to_end()) == attack.second);
  }
}

TEST_CASE("a Range of many parts is not looked at") {
  running s;
  std::string ranges = "0-0";
  while (ranges.size() < 8000) ranges += ",0-0";
  raw_client attacker(s.server.port());
  attacker.send("GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=" + ranges + "\r\n\r\n");
  CHECK(attacker.read_answer().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("500 MB of zeros behind gzip are not unpacked, whatever the type") {
  running s;
  const memory_growth memory;
  for (const std::string coding : {"gzip", "br", "deflate, gzip", "zstd"}) {
    CHECK(refused_with(
              flood(s, post + "Content-Encoding: " + coding + "\r\nContent-Length: 485000\r\n\r\n\x1f\x8b",
                    "\xb4", 485'000)) == 415);
  }
  CHECK(memory.bytes() < most_growth);
}

TEST_CASE("bodies without end") {
  running s;
  const memory_growth memory;
  CHECK(refused_with(flood(s, post + "Content-Length: 99999999999\r\n\r\n", "x", 200'000'000)) == 413);
  CHECK(refused_with(flood(s, post + "Transfer-Encoding: chunked\r\n\r\n",
                           "10000\r\n" + std::string(0x10000, 'x') + "\r\n", 200'000'000)) == 413);
  CHECK(refused_with(flood(s, post + "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n", 200'000'000)) ==
        400);
  CHECK(refused_with(flood(s, post + "Transfer-Encoding: chunked\r\n\r\n1;", "x", 200'000'000)) == 400);
  CHECK(memory.bytes() < most_growth);
}

TEST_CASE("the limit of a path holds before its body comes") {
  running s;
  for (const std::string path :
       {"/v2/auth/credentials", "/v2/auth/x", "/sandbox/faults", "/v2%2E/../v2/auth/x"}) {
    CAPTURE(path);
    const bool small = path.find("..") == path.npos;
    raw_client client(s.server.port());
    client.send("POST " + path +
                " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 16385\r\n\r\n");
    while (!client.has_input()) std::this_thread::yield();
    client.end_sending();
    CHECK(client.read_to_end().starts_with(small ? "HTTP/1.1 413 " : "HTTP/1.1 100 "));
  }
}

TEST_CASE("all bodies together have one budget, and small ones get through") {
  running s({.max_memory_bytes = 1'000'000});
  const std::string large = post + "Content-Length: 600000\r\n";
  raw_client first(s.server.port());
  first.send(large + "Expect: 100-continue\r\n\r\n");
  while (!first.has_input()) std::this_thread::yield();  // By now it is let in.
  raw_client second(s.server.port());
  second.send(large + "\r\nx");
  const auto answer = second.read_to_end();
  CHECK(refused_with(answer) == 503);
  CHECK(answer.find("\r\nRetry-After: 1\r\n") != answer.npos);
  raw_client small(s.server.port());
  small.send(post + "Content-Length: 20000\r\n\r\n" + std::string(20'000, 'x'));
  CHECK(small.read_answer().ends_with("20000"));
  raw_client chunked(s.server.port());
  chunked.send(post + "Transfer-Encoding: chunked\r\n\r\n");
  chunked.try_send("927C0\r\n" + std::string(600'000, 'x') + "\r\n0\r\n\r\n");
  CHECK(refused_with(chunked.read_to_end()) == 503);
  first.send(std::string(600'000, 'x'));
  first.end_sending();
  CHECK(first.read_to_end().ends_with("600000"));
  raw_client next(s.server.port());
  next.send(large + "\r\n" + std::string(600'000, 'x'));
  CHECK(next.read_answer().ends_with("600000"));
}

TEST_CASE("what JSON takes counts before it is read") {
  sandbox::service service;
  sandbox::http_server server(
      [&](const t3api::request& asked, const sandbox::caller& from) { return service.serve(asked, from); },
      {.max_memory_bytes = 5'000'000});
  server.start();
  const auto send = [&](const std::string& path, const std::string& more, const std::string& body) {
    raw_client client(server.port());
    client.send("POST " + path +
                " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n" + more +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.read_to_end();
  };
  const auto made = send("/v2/auth/secretkey", "",
                         R"({"hostname":"ca.metrc.com","username":"demo-ca","password":"demo-ca-password"})");
  const std::string key = nlohmann::json::parse(made.substr(made.find("\r\n\r\n") + 4))["secretKey"];
  const auto create = [&](std::size_t values) {
    std::string body = "[0";
    for (std::size_t i = 1; i < values; ++i) body += ",0";
    return send("/v2/packages/create?licenseNumber=LIC-00001", "X-T3-API-Key: " + key + "\r\n", body + "]");
  };
  CHECK(refused_with(create(20'000)) == 400);  // 2.6 MB, and too many entries.
  CHECK(refused_with(create(90'000)) == 503);  // 11.6 MB.
  CHECK(refused_with(create(20'000)) == 400);
}

TEST_CASE("a head has its time, however it comes") {
  running s({.head_timeout = 100ms, .request_timeout = 1h});
  CHECK(refused_with(trickle(s, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", 'x')) == 408);
  for (const std::string start : {"G", "GET / HTTP/1.1\r\nHost: x\r\n"}) {
    raw_client silent(s.server.port());
    silent.send(start);
    CHECK(refused_with(silent.read_to_end()) == 408);
  }
}

TEST_CASE("a body may not pause for long") {
  running s({.head_timeout = 100ms, .request_timeout = 1h});
  for (const std::string start : {"Content-Length: 5\r\n\r\nab", "Transfer-Encoding: chunked\r\n\r\n5"}) {
    raw_client silent(s.server.port());
    silent.send(post + start);
    CHECK(refused_with(silent.read_to_end()) == 408);
  }
}

TEST_CASE("a request has its time, even when it goes on and on") {
  running s({.head_timeout = 1h, .request_timeout = 100ms});
  CHECK(refused_with(trickle(s, post + "Content-Length: 1000000\r\n\r\n", 'x')) == 408);
  CHECK(refused_with(trickle(s, post + "Transfer-Encoding: chunked\r\n\r\nF4240\r\n", 'x')) == 408);
}

TEST_CASE("a request has its time, even when more of it is always there") {
  std::string chunks = "1\r\nx\r\n";
  while (chunks.size() < 5'000'000) chunks += chunks;
  for (const bool tls : {false, true}) {
    sandbox::http_server server(
        &echo_size,
        {.tls = tls ? std::optional(sandbox::make_certificate()) : std::nullopt, .request_timeout = 5ms});
    server.start();
    raw_client attacker(server.port(), tls);
    attacker.try_send(post + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n");
    CHECK(refused_with(attacker.read_to_end()) == 408);
  }
}

TEST_CASE("TLS messages without data prolong no deadline, even when more of them are always there") {
  for (const std::string start :
       {"", "GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"}) {
    CAPTURE(start);
    sandbox::http_server server(&echo_size, {.tls = sandbox::make_certificate(),
                                             .idle_timeout = 300ms,
                                             .head_timeout = 300ms,
                                             .request_timeout = 300ms});
    server.start();
    raw_client attacker(server.port(), true);
    if (!start.empty()) attacker.send(start);
    CHECK(attacker.flood_key_updates(10s));
  }
}

TEST_CASE("a connection that says nothing is closed without a word") {
  running s({.idle_timeout = 100ms});
  raw_client idle(s.server.port());
  CHECK(idle.read_to_end().empty());
}

TEST_CASE("a TLS handshake that does not go on ends") {
  sandbox::http_server server(&echo_size, {.tls = sandbox::make_certificate(), .head_timeout = 100ms});
  server.start();
  for (const std::string start : {"", "\x16\x03\x01", "GET / HTTP/1.1\r\n\r\n"}) {
    raw_client attacker(server.port());
    attacker.send(start);
    attacker.read_to_end();
    CHECK(attacker.end() != stream_end::open);
  }
  raw_client honest(server.port(), true);
  honest.send(plain_question);
  CHECK(honest.read_answer().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("who does not take its answer loses it") {
  running s({.head_timeout = 100ms}, [](const t3api::request& asked) {
    return t3api::response{.status = 200, .body = std::string(asked.path == "/large" ? 20'000'000 : 1, 'x')};
  });
  raw_client attacker(s.server.port());
  attacker.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  while (!attacker.has_input()) std::this_thread::yield();
  s.server.stop();  // Lets answers finish that are on their way; this one never does.
  s.server.start();
  CHECK(attacker.read_to_end().size() < 20'000'000);
}

TEST_CASE("hundreds of slow connections leave room for an honest one") {
  const char* scale = std::getenv("T3API_TEST_SCALE");
  const std::size_t count = scale ? 500 * static_cast<std::size_t>((std::max)(1, std::atoi(scale))) : 500;
  running s({.max_connections = 64});
  const memory_growth memory;
  std::list<raw_client> attackers;
  const std::vector<std::string> starts = {
      "", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", post + "Content-Length: 1000\r\n\r\nx"};
  for (std::size_t i = 0; i < count; ++i) {
    attackers.emplace_back(s.server.port()).send(starts[i % starts.size()]);
    if (i % 100 == 0) CHECK(s.answers());
  }
  for (int i = 0; i < 20; ++i) CHECK(s.answers());
  CHECK(memory.bytes() < most_growth);
}

TEST_CASE("when all threads are at work, one more connection gets 503 at once") {
  std::promise<void> go_on;
  auto held = go_on.get_future().share();
  std::atomic<int> inside = 0;
  running s({.max_connections = 2}, [&](const t3api::request& asked) {
    if (asked.path == "/slow") {
      ++inside;
      held.wait();
    }
    return t3api::response{.status = 200, .body = "done"};
  });
  std::list<raw_client> busy;
  for (int i = 0; i < 2; ++i) {
    busy.emplace_back(s.server.port()).send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    while (inside <= i) std::this_thread::yield();
  }
  for (int i = 0; i < 5; ++i) {
    raw_client refused(s.server.port());
    const auto answer = refused.read_to_end();
    CHECK(refused_with(answer) == 503);
    CHECK(answer.find("\r\nRetry-After: ") != answer.npos);
  }
  go_on.set_value();
  for (auto& client : busy) CHECK(client.read_answer().ends_with("done"));
}

TEST_CASE("an idle connection makes room for a new one") {
  running s({.max_connections = 1, .idle_timeout = 1h});
  raw_client first(s.server.port());
  first.send(plain_question);
  CHECK(first.read_answer().starts_with("HTTP/1.1 200 "));
  CHECK(s.answers());
  CHECK(first.read_to_end().empty());
}

TEST_CASE("requests that come together are answered in order, whatever the pieces") {
  running s;
  std::string all;
  for (int size = 0; size < 4; ++size) {
    all +=
        post + "Content-Length: " + std::to_string(size) + "\r\n\r\n" + std::string(std::size_t(size), 'x');
  }
  all += post + "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n";
  for (const std::size_t piece : {all.size(), std::size_t(1), std::size_t(7)}) {
    raw_client client(s.server.port());
    for (std::size_t at = 0; at < all.size(); at += piece) client.send(all.substr(at, piece));
    for (const char size : {'0', '1', '2', '3', '4'}) CHECK(client.read_answer().back() == size);
  }
}

TEST_CASE("who waits to be asked for a body is asked, unless it is too large") {
  running s({.max_body_bytes = 100});
  raw_client client(s.server.port());
  client.send(post + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  while (!client.has_input()) std::this_thread::yield();
  client.send("abc");
  const auto answer = (client.end_sending(), client.read_to_end());
  CHECK(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "));
  raw_client large(s.server.port());
  large.send(post + "Expect: 100-continue\r\nContent-Length: 300\r\n\r\n");
  CHECK(refused_with(large.read_to_end()) == 413);
}

TEST_CASE("only a proxy that was named speaks for its callers") {
  const auto seen_by = [](sandbox::http_server_options options, const std::string& fields) {
    sandbox::http_server server(
        [](const t3api::request&, const sandbox::caller& from) {
          return t3api::response{.status = 200, .body = "[" + from.address + "]"};
        },
        std::move(options));
    server.start();
    raw_client client(server.port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n");
    const auto answer = client.read_answer();
    return answer.substr(answer.find('['));
  };
  const std::string forwarded = "X-Forwarded-For: 203.0.113.9, 198.51.100.7\r\n";
  CHECK(seen_by({}, forwarded) == "[127.0.0.1]");
  CHECK(seen_by({.proxy_address = "192.0.2.1"}, forwarded) == "[127.0.0.1]");
  CHECK(seen_by({.proxy_address = "127.0.0.1"}, forwarded) == "[198.51.100.7]");
  CHECK(seen_by({.proxy_address = "127.0.0.1"}, forwarded + "X-Forwarded-For: 2001:db8::1\r\n") ==
        "[2001:db8::1]");
  CHECK(seen_by({.proxy_address = "127.0.0.1"}, "X-Forwarded-For: unknown\r\n") == "[127.0.0.1]");
  CHECK(seen_by({.proxy_address = "127.0.0.1"}, "") == "[127.0.0.1]");
  CHECK(seen_by({.proxy_address = "127.0.0.1"}, "X-Forwarded-For: ::ffff:203.0.113.9\r\n") ==
        "[203.0.113.9]");
  CHECK(seen_by({.proxy_address = "::ffff:127.0.0.1"}, forwarded) == "[198.51.100.7]");
  if (!has_ipv6()) return;
  CHECK(seen_by({.host = "::"}, forwarded) == "[127.0.0.1]");
  CHECK(seen_by({.host = "::", .proxy_address = "127.0.0.1"}, forwarded) == "[198.51.100.7]");
}

TEST_CASE("whatever is refused before the handler is told to who wants to know") {
  std::mutex mutex;
  std::string told;
  const sandbox::http_server_options options{.max_connections = 1,
                                             .head_timeout = 100ms,
                                             .proxy_address = "127.0.0.1",
                                             .on_refused = [&](const sandbox::caller& from, int status) {
                                               const std::scoped_lock lock(mutex);
                                               told += from.address + " " + std::to_string(status) + "\n";
                                               throw std::runtime_error("nobody may see this");
                                             }};
  const auto told_of = [&](const std::string& bytes) {
    sandbox::http_server server([](const t3api::request&) { return t3api::response{.status = 404}; },
                                options);
    server.start();
    raw_client client(server.port());
    client.send(bytes);
    CHECK(client.read_to_end().starts_with("HTTP/1.1 4"));
    server.stop();
    return std::exchange(told, {});
  };
  CHECK(told_of("NONSENSE\r\n\r\n") == "127.0.0.1 400\n");
  CHECK(told_of("GET /") == "127.0.0.1 408\n");
  CHECK(told_of("BREW / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n") ==
        "203.0.113.9 405\n");
  CHECK(told_of(last_question).empty());

  std::promise<void> asked, go_on;
  auto held = go_on.get_future().share();
  sandbox::http_server busy(
      [&](const t3api::request&) {
        asked.set_value();
        held.wait();
        return t3api::response{.status = 200};
      },
      options);
  busy.start();
  raw_client first(busy.port());
  first.send(plain_question);
  asked.get_future().wait();
  raw_client second(busy.port());
  CHECK(refused_with(second.read_to_end()) == 503);
  go_on.set_value();
  busy.stop();
  CHECK(told == "127.0.0.1 503\n");
}
