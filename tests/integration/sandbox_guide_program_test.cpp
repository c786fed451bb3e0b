// What docs/sandbox.md tells people to type: run as it stands there.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <t3api/core/clock.hpp>
#include <t3api/sandbox.hpp>

#include "tests/support/files.hpp"
#include "tests/support/sandbox_process.hpp"
#include "tests/support/temporary_folder.hpp"

using nlohmann::json;
using t3api::test::content_of;
using t3api::test::sandbox_process;

namespace {

/// The first block of a language in a section.
std::string block(const std::string& language, const std::string& section = "Use it") {
  const std::string page = content_of(std::string(T3API_SOURCE_DIR) + "/docs/sandbox.md");
  const std::string fence = "```" + language + "\n";
  const auto start = page.find(fence, page.find("\n## " + section + "\n"));
  REQUIRE(start != page.npos);
  return page.substr(start + fence.size(), page.find("```", start + fence.size()) - start - fence.size());
}

/// The block with the address of the page replaced by that of a sandbox.
std::string block_for(const std::string& language, sandbox_process& run,
                      const std::string& section = "Use it") {
  const std::string address = "http://127.0.0.1:8088";
  std::string text = block(language, section);
  const auto at = text.find(address);
  REQUIRE(at != text.npos);
  return text.replace(at, address.size(), run.ready().at("url").get<std::string>());
}

std::string output_of(const std::string& command) {
  std::string output;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) output += static_cast<char>(c);
  CHECK(::pclose(pipe) == 0);
  return output;
}

}  // namespace

TEST_CASE("the commands with curl") {
  const t3api::test::temporary_folder folder;
  sandbox_process run({});
  const auto output = output_of("sh -e " + folder.write("example.sh", block_for("sh", run)));
  CHECK(output.find("\"accessToken\"") != output.npos);
  CHECK(output.find("\"total\":250") != output.npos);
  CHECK(output.find("label,quantity\r\n") != output.npos);
}

TEST_CASE("a package is created with curl") {
  const t3api::test::temporary_folder folder;
  sandbox_process run({"--faults"});
  const auto output = output_of("sh -e " + folder.write("example.sh", block_for("sh", run, "Writes")));
  CHECK(output.find(R"({"message":"Success"})") != output.npos);
  CHECK(output.find("\"path\":\"/v2/packages/create\"") != output.npos);
}

TEST_CASE("the program in Python") {
  const t3api::test::temporary_folder folder;
  sandbox_process run({});
  const auto output = output_of("python3 " + folder.write("example.py", block_for("python", run)));
  CHECK(output.find("LIC-00001") != output.npos);
}

TEST_CASE("the code in C++, which is compiled here and is the same there") {
  const std::string shown = block("cpp");
  const std::string here =
      content_of(std::string(T3API_SOURCE_DIR) + "/tests/integration/sandbox_guide_program_test.cpp");
  const std::string code = shown.substr(shown.find("auto clock"));
  const auto squeeze = [](std::string_view text) {
    std::string all;
    for (const char c : text) {
      if (c != ' ' && c != '\n') all += c;
    }
    return all;
  };
  CHECK(squeeze(here).find(squeeze(code)) != std::string::npos);

  // clang-format off
auto clock = std::make_shared<t3api::manual_clock>();
t3api::sandbox::service service({.jwt_ttl = std::chrono::minutes(5)}, t3api::sandbox::demo_directory(), clock);
t3api::sandbox::http_server server(
    [&](const t3api::request& asked, const t3api::sandbox::caller& from) { return service.serve(asked, from); },
    {.tls = t3api::sandbox::make_certificate()});
server.start();                       // server.url() is https://127.0.0.1:<port>

clock->advance(std::chrono::minutes(5));                                   // tokens expire
service.metrc().end_sessions();                                            // Metrc forgets its sessions
service.metrc().change_password("ca.metrc.com", "demo-ca", "another");     // secret keys stop working
auto logins = service.metrc().logins();                                    // how many logins there were
service.faults().add({.path = "/v2/packages/active", .status = 500});      // the next page fails
  // clang-format on
  CHECK(logins == 0);
  CHECK(server.url().substr(0, 18) == "https://127.0.0.1:");
  CHECK(service.handle({.path = "/v2/packages/active"}).status == 500);
  CHECK(service.handle({.path = "/v2/packages/active"}).status == 401);
}
