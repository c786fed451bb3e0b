// What a user asks the sandbox's server to do to its answers arrives byte by byte, over TCP and TLS.
#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <t3api/sandbox/http/server.hpp>

#include <tests/support/raw_client.hpp>

namespace sandbox = t3api::sandbox;
using t3api::test::raw_client;
using t3api::test::stream_end;

namespace {

const std::string question = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/// A server that gives the same answer always, with one fault.
struct faulty_server {
  explicit faulty_server(bool tls_, std::size_t body_size = 10)
      : tls(tls_),
        server(
            [this, body_size](const t3api::request&) {
              const std::scoped_lock lock(mutex);
              return sandbox::served{.answer = {.status = 200, .body = std::string(body_size, 'b')},
                                     .wire = fault};
            },
            {.tls = tls_ ? std::optional(sandbox::make_certificate()) : std::nullopt}) {
    server.start();
  }

  void set(std::optional<sandbox::wire_fault> wanted) {
    const std::scoped_lock lock(mutex);
    fault = std::move(wanted);
  }

  /// What a client reads until the end, and how it ends.
  std::pair<std::string, stream_end> read() const {
    raw_client client(server.port(), tls);
    client.send(question);
    auto all = client.read_to_end();
    return {std::move(all), client.end()};
  }

  std::string flawless() {
    set(std::nullopt);
    raw_client client(server.port(), tls);
    client.send(question);
    return client.read_answer();
  }

  bool tls;
  std::mutex mutex;
  std::optional<sandbox::wire_fault> fault;
  sandbox::http_server server;
};

}  // namespace

TEST_CASE("a fault without any member set changes nothing, and the connection stays") {
  for (const bool tls : {false, true}) {
    faulty_server s(tls);
    const auto whole = s.flawless();
    s.set(sandbox::wire_fault{});
    raw_client client(s.server.port(), tls);
    for (int i = 0; i < 3; ++i) {
      client.send(question);
      CHECK(client.read_answer() == whole);
    }
  }
}

TEST_CASE("reset: the connection is reset in place of an answer") {
  for (const bool tls : {false, true}) {
    faulty_server s(tls);
    s.set(sandbox::wire_fault{.reset = true});
    CHECK(s.read() == std::pair(std::string(), stream_end::reset));
  }
}

TEST_CASE("garbage: these bytes and no others, then a farewell") {
  for (const bool tls : {false, true}) {
    faulty_server s(tls);
    const std::string bytes("\x16\x03\0 no HTTP\r\n", 13);
    s.set(sandbox::wire_fault{.garbage = bytes});
    CHECK(s.read() == std::pair(bytes, stream_end::farewell));
    s.set(sandbox::wire_fault{.garbage = bytes, .cut_after = 2});
    CHECK(s.read().first == bytes.substr(0, 2));
  }
}

TEST_CASE("cut: the connection ends after any number of bytes, over TLS without close_notify") {
  for (const bool tls : {false, true}) {
    faulty_server s(tls);
    const auto whole = s.flawless();
    REQUIRE(whole.size() > 60);
    for (std::size_t size = 0; size <= whole.size() + 1; size += tls ? 7 : 1) {
      s.set(sandbox::wire_fault{.cut_after = size});
      const auto [bytes, end] = s.read();
      CHECK(bytes == whole.substr(0, size));
      CHECK(end == (tls ? stream_end::cut : stream_end::farewell));
    }
  }
}

TEST_CASE("wrong length: the header lies, the body does not") {
  for (const bool tls : {false, true}) {
    faulty_server s(tls);
    const auto whole = s.flawless();
    const auto with_length = [&](const std::string& length) {
      auto changed = whole;
      const auto at = changed.find("Content-Length: 10\r\n");
      REQUIRE(at != changed.npos);
      return changed.replace(at + 16, 2, length);
    };
    for (const auto& [error, length] :
         {std::pair(5, "15"), std::pair(-3, "7"), std::pair(-10, "0"), std::pair(-11, "0")}) {
      s.set(sandbox::wire_fault{.length_error = error});
      CHECK(s.read() == std::pair(with_length(length), stream_end::farewell));
    }
  }
}

TEST_CASE("drip: the answer comes in pieces, whole, and the connection stays") {
  for (const bool tls : {false, true}) {
    faulty_server s(tls);
    const auto whole = s.flawless();
    s.set(sandbox::wire_fault{.drip_bytes = 20, .drip_pause = std::chrono::milliseconds(2)});
    raw_client client(s.server.port(), tls);
    const auto pauses = (whole.size() - 1) / 20;
    for (int i = 0; i < 2; ++i) {
      const auto start = std::chrono::steady_clock::now();
      client.send(question);
      CHECK(client.read_answer() == whole);
      CHECK(std::chrono::steady_clock::now() - start >= pauses * std::chrono::milliseconds(2));
    }
    s.set(sandbox::wire_fault{.cut_after = 3, .drip_bytes = 1});
    CHECK(s.read().first == whole.substr(0, 3));
  }
}

TEST_CASE("a stop cuts a drip short") {
  faulty_server s(false);
  s.set(sandbox::wire_fault{.drip_bytes = 5, .drip_pause = std::chrono::hours(1)});
  raw_client client(s.server.port());
  client.send(question);
  while (!client.has_input()) {
  }
  s.server.stop();
  CHECK(client.read_to_end().size() == 5);
}

TEST_CASE("a large answer is sent whole, and cut where it was asked") {
  for (const bool tls : {false, true}) {
    faulty_server s(tls, 1'000'000);
    const auto whole = s.flawless();
    CHECK(whole.size() > 1'000'000);
    s.set(sandbox::wire_fault{.cut_after = 700'000});
    CHECK(s.read().first == whole.substr(0, 700'000));
  }
}
