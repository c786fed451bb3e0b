// What lies in the memory of a program that has logged in and let go of its password, seen from outside.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include <t3api/sandbox/http/certificate.hpp>

#include "tests/integration/programs/child_process.hpp"
#include "tests/integration/programs/masked_line.hpp"
#include "tests/integration/programs/secret_forms.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace t3api;
using nlohmann::json;
using test::child_process;

namespace {

namespace fs = std::filesystem;

// Both 24 bytes: written otherwise in JSON and in a URL, and long enough that a half tells.
const std::string password = R"(Kn0bbl"Th3\Frog/Jum%ps+9)";
const std::string api_key = R"(Ap1"Key\0f/Quiet%Herons+)";
const std::string username = "memory-canary";

std::string in_folder(const char* variable, const char* fallback, const char* name) {
  const char* folder = std::getenv(variable);
  const auto path = fs::absolute(fs::path(folder != nullptr ? folder : fallback) / name).string();
  REQUIRE_MESSAGE(fs::exists(path), path, " is missing: build it first, or set ", variable);
  return path;
}

/// The sandbox in a process of its own, with an account and an API key for this test.
class sandbox_process {
 public:
  explicit sandbox_process(bool tls) {
    const auto made = sandbox::make_certificate();
    ca_file = folder_.write("certificate.pem", made.certificate_pem);
    const json accounts{
        {"accounts", {{{"hostname", "ca.metrc.com"}, {"username", username}, {"password", password}}}},
        {"apiKeys", {{{"key", api_key}, {"stateCode", "CA"}, {"username", username}}}}};
    std::vector<std::string> command{in_folder("T3API_BIN_DIR", "build/bin", "t3api-sandbox"), "--accounts",
                                     folder_.write("accounts.json", accounts.dump())};
    if (tls) {
      command.insert(command.end(),
                     {"--tls-cert", ca_file, "--tls-key", folder_.write("key.pem", made.key_pem)});
    }
    process_.emplace(test::program_start{.command = command});
    url = json::parse(process_->read_line()).at("url");
  }

  std::string url, ca_file;

 private:
  test::temporary_folder folder_;
  std::optional<child_process> process_;
};

/// A process that waits, and all its memory that it can write to.
class memory_of {
 public:
  explicit memory_of(pid_t pid) : file_(::open(("/proc/" + std::to_string(pid) + "/mem").c_str(), O_RDONLY)) {
    REQUIRE_MESSAGE(file_ >= 0, "the system does not let a process look into its children");
    std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
    for (std::string line; std::getline(maps, line);) {
      std::istringstream words(line);
      std::uintptr_t start = 0, end = 0;
      char dash = 0;
      std::string rights;
      words >> std::hex >> start >> dash >> end >> rights;
      if (rights.starts_with("rw")) read(start, end);
    }
  }
  memory_of(const memory_of&) = delete;
  memory_of& operator=(const memory_of&) = delete;
  ~memory_of() { ::close(file_); }

  std::size_t count(std::string_view wanted) const {
    std::size_t hits = 0;
    for (const auto& region : regions_) {
      for (auto at = region.find(wanted); at != region.npos; at = region.find(wanted, at + 1)) ++hits;
    }
    return hits;
  }

  /// How often a secret is there in any form.
  std::size_t count_traces(const std::string& value) const {
    std::size_t hits = 0;
    for (const auto& form : test::secret_forms(value)) {
      const auto found = count(form);
      if (found > 0) MESSAGE(found << " times " << form);
      hits += found;
    }
    return hits;
  }

  std::size_t size() const {
    std::size_t bytes = 0;
    for (const auto& region : regions_) bytes += region.size();
    return bytes;
  }

 private:
  void read(std::uintptr_t start, std::uintptr_t end) {
    std::string region(end - start, '\0');
    std::size_t used = 0;
    while (used < region.size()) {
      const auto count =
          ::pread(file_, region.data() + used, region.size() - used, static_cast<off_t>(start + used));
      if (count <= 0) break;
      used += static_cast<std::size_t>(count);
    }
    region.resize(used);
    regions_.push_back(std::move(region));
  }

  int file_;
  std::vector<std::string> regions_;
};

/// A program that has logged in and waits.
class waiting_login {
 public:
  waiting_login(const sandbox_process& box, const std::string& way, const std::string& secret_text)
      : process_({.command = {in_folder("T3API_TEST_PROGRAM_DIR", "build/tests", "forgetful_login"), way,
                              box.url, box.ca_file, username},
                  .folder = folder_with_settings(secret_text)}) {
    process_.write(test::masked(secret_text) + "\n");
    const auto line = process_.read_line();
    if (!line.starts_with("ready ")) FAIL(process_.wait().errors);
    got = line.substr(6);
  }

  memory_of memory() const { return memory_of(process_.pid()); }

  std::string got;

 private:
  std::string folder_with_settings(const std::string& secret_text) {
    folder_.write(".t3.env", "METRC_HOSTNAME=ca.metrc.com\nMETRC_USERNAME=" + username +
                                 "\nMETRC_PASSWORD='" + secret_text + "'\n");
    return folder_.path();
  }

  test::temporary_folder folder_;
  child_process process_;
};

}  // namespace

TEST_CASE("a password is nowhere in memory once it was exchanged and let go") {
  for (const bool tls : {false, true}) {
    const sandbox_process box(tls);
    for (const std::string way : {"token", "client", "configured", "secret_key", "refused"}) {
      CAPTURE(tls);
      CAPTURE(way);
      const waiting_login program(box, way, password);
      const auto memory = program.memory();
      CHECK(memory.count_traces(password) == 0);
      CHECK(memory.count(username) > 0);  // The search works: this came in as an argument.
      if (program.got.size() > 20) {
        CHECK(memory.count(program.got) > 0);
        MESSAGE(way << (tls ? " over https" : " over http") << ": " << memory.count(program.got)
                    << " copies of what it was given, in " << memory.size() / 1024 << " KiB");
      }
    }
  }
}

TEST_CASE("an API key is nowhere in memory once it was exchanged and let go") {
  for (const bool tls : {false, true}) {
    const sandbox_process box(tls);
    CAPTURE(tls);
    const waiting_login program(box, "api_key", api_key);
    CHECK(program.memory().count_traces(api_key) == 0);
  }
}

TEST_CASE("a password that a program keeps is found") {
  const sandbox_process box(false);
  const waiting_login program(box, "kept_password", password);
  CHECK(program.memory().count(password) == 1);
}
