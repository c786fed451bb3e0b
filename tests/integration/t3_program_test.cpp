#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/integration/programs/child_process.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/temporary_folder.hpp"

namespace test = t3api::test;

namespace {

/// Runs `t3 get` against a service that gives this answer. `shell` says where output goes: `> /dev/full`.
test::child_process::ended get(const std::string& answer, const std::string& shell = "") {
  test::raw_server service([&](test::raw_connection& peer) {
    while (!peer.read_request().empty() && peer.write(answer)) {
    }
  });
  const char* bin = std::getenv("T3API_BIN_DIR");
  const auto program = std::filesystem::absolute(std::filesystem::path(bin ? bin : "build/bin") / "t3");
  REQUIRE_MESSAGE(std::filesystem::exists(program), "build the program first, or set T3API_BIN_DIR");
  const test::temporary_folder folder;
  return test::child_process(
             {.command = {"/bin/sh", "-c", "exec '" + program.string() + "' get /v2/labels " + shell},
              .environment = {"T3_API_HOST=" + service.url(),
                              "T3_SECRET_KEY=0b1f2d3c-0000-4000-8000-00000000cafe"},
              .folder = folder.path()})
      .wait();
}

std::string file_answer(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 256 * 40; ++i) bytes += static_cast<char>(i);
  return bytes;
}

}  // namespace

TEST_CASE("t3 get writes a file as it came, every byte of it") {
  for (const auto& body : {"%PDF-1.4\n" + all_bytes(), std::string("\0abc", 4), std::string("a\r\nb\n"),
                           std::string("no newline"), std::string()}) {
    const auto end = get(file_answer(body));
    CHECK(end.code == 0);
    CHECK(end.output == body);
  }
}

TEST_CASE("t3 get ends JSON with a newline, and no more than one") {
  CHECK(get(test::http_answer(R"({"a":1})")).output == "{\"a\":1}\n");
  CHECK(get(test::http_answer("{\"a\":1}\n")).output == "{\"a\":1}\n");
}

TEST_CASE("t3 says when standard output does not take the answer") {
  for (const auto& body : {std::string("x"), all_bytes() + all_bytes()}) {
    const auto full = get(file_answer(body), "> /dev/full");
    CHECK(full.code == 1);
    CHECK(full.errors.find("standard output did not take the whole answer") != std::string::npos);
  }
  const auto closed = get(file_answer("x"), ">&-");
  CHECK(closed.code == 1);
  CHECK(closed.errors.find("standard output is closed") != std::string::npos);
}

TEST_CASE("t3 writes to no connection what is for a closed standard error") {
  for (const char* closed : {"2>&-", "2>&- <&-"}) {
    const auto end = get(test::http_answer("{}"), closed);
    CHECK(end.code == 0);
    CHECK(end.output == "{}\n");
  }
}
