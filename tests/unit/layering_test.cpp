// The floors of include/t3api: a file includes its own room and the rooms below, never one beside or above
// it.
#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct room {
  int floor;
  std::string name;
};

const std::map<std::string, int> folder_floors = {
    {"native", 0}, {"detail", 1},      {"core", 2},         {"http1", 3}, {"transport", 4},
    {"retry", 4},  {"store", 4},       {"logging", 4},      {"auth", 4},  {"client", 5},
    {"api", 6},    {"environment", 6}, {"authenticate", 8},
};
const std::map<std::string, int> file_floors = {
    {"any_client.hpp", 5},
    {"coroutine.hpp", 6},
    {"default_client.hpp", 7},
    {"t3api.hpp", 9},
};
const std::set<std::string> known_to_all = {"version.hpp", "fwd.hpp"};
const std::set<std::string> rooms_under_sandbox = {"native", "detail", "core", "http1", "store"};
// If both wings wrote by the same code, a mistake on the wire would cancel itself out.
const std::set<std::string> not_for_sandbox = {"http1/answer_reader.hpp", "http1/request_head.hpp"};

// Auth methods keep tokens in stores; no other policies know of each other.
const std::set<std::pair<std::string, std::string>> sideways = {{"auth", "store"}};

bool starts_with(const std::string& text, const std::string& start) { return text.rfind(start, 0) == 0; }

bool is_sandbox(const std::string& path) { return path == "sandbox.hpp" || starts_with(path, "sandbox/"); }

// Paths are relative to include/t3api. A file that is called like a folder belongs to that room; files that
// stand alone on a floor share that floor's room.
std::optional<room> room_of(const std::string& path) {
  const auto name = path.substr(0, path.find_first_of("/."));
  if (const auto folder = folder_floors.find(name); folder != folder_floors.end())
    return room{folder->second, name};
  const auto file = file_floors.find(path);
  if (file == file_floors.end()) return std::nullopt;
  return room{file->second, ""};
}

bool may_include(const std::string& from, const std::string& to) {
  if (known_to_all.count(to) != 0) return true;
  if (known_to_all.count(from) != 0) return false;
  if (is_sandbox(from)) {
    return is_sandbox(to) ||
           (rooms_under_sandbox.count(to.substr(0, to.find('/'))) != 0 && not_for_sandbox.count(to) == 0);
  }
  const auto source = room_of(from);
  const auto target = room_of(to);
  if (!source || !target) return false;
  if (target->floor < source->floor || sideways.contains({source->name, target->name})) return true;
  return target->floor == source->floor && target->name == source->name;
}

bool may_include_system(const std::string& from, const std::string& header) {
  if (header == "httplib.h") return from == "detail/httplib.hpp";
  if (header == "zlib.h") return from == "http1/content_coding.hpp";
  if (header == "sqlite3.h") return from == "sandbox/keys/sqlite_connection.hpp";
  if (starts_with(header, "hiredis/")) return from == "store/redis_connection.hpp";
  if (starts_with(header, "openssl/")) {
    return from == "detail/crypto.hpp" || from == "detail/require_openssl.hpp" ||
           from == "transport/tls.hpp" || from == "transport/stream.hpp" ||
           from == "sandbox/http/certificate.hpp" || from == "sandbox/http/tls_context.hpp" ||
           from == "sandbox/http/connection.hpp";
  }
  const bool heavy = header == "iostream" || header == "regex" || header == "filesystem";
  return !heavy || is_sandbox(from);
}

struct source_file {
  std::string path;
  std::vector<std::string> directives;  // lines that begin with '#', without its blanks
};

std::vector<source_file> read_headers() {
  const fs::path root = fs::path(T3API_SOURCE_DIR) / "include" / "t3api";
  std::vector<source_file> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".hpp") continue;
    source_file file{entry.path().lexically_relative(root).generic_string(), {}};
    std::ifstream stream(entry.path());
    for (std::string line; std::getline(stream, line);) {
      const auto hash = line.find_first_not_of(" \t");
      if (hash == std::string::npos || line[hash] != '#') continue;
      const auto word = line.find_first_not_of(" \t", hash + 1);
      if (word != std::string::npos) file.directives.push_back(line.substr(word));
    }
    files.push_back(std::move(file));
  }
  return files;
}

// What stands between the brackets or quotes of every #include, quotes kept so that they can be refused.
std::vector<std::string> includes_of(const source_file& file) {
  std::vector<std::string> names;
  for (const auto& directive : file.directives) {
    if (!starts_with(directive, "include")) continue;
    const auto open = directive.find_first_of("<\"");
    const auto close = directive.find_last_of(">\"");
    if (open == std::string::npos || close <= open) continue;
    const bool quoted = directive[open] == '"';
    names.push_back(quoted ? directive.substr(open, close - open + 1)
                           : directive.substr(open + 1, close - open - 1));
  }
  return names;
}

std::string guard_of(const std::string& path) {
  std::string guard = "T3API_" + path;
  std::transform(guard.begin(), guard.end(), guard.begin(), [](unsigned char c) {
    return std::isalnum(c) != 0 ? static_cast<char>(std::toupper(c)) : '_';
  });
  return guard;
}

}  // namespace

TEST_CASE("the floors refuse a step upwards, a step sideways, and a room nobody placed") {
  CHECK(may_include("core/url.hpp", "core/error.hpp"));
  CHECK(may_include("core/url.hpp", "detail/ascii.hpp"));
  CHECK(may_include("core/url.hpp", "version.hpp"));
  CHECK(may_include("default_client.hpp", "transport/httplib.hpp"));
  CHECK(may_include("sandbox/service.hpp", "store/memory.hpp"));
  CHECK_FALSE(may_include("core/url.hpp", "transport/httplib.hpp"));
  CHECK_FALSE(may_include("auth/bearer.hpp", "retry/none.hpp"));
  CHECK_FALSE(may_include("client.hpp", "api/auth.hpp"));
  CHECK_FALSE(may_include("environment.hpp", "api/auth.hpp"));
  CHECK_FALSE(may_include("version.hpp", "core/url.hpp"));
  CHECK_FALSE(may_include("sandbox/service.hpp", "auth/token.hpp"));
  CHECK_FALSE(may_include("sandbox.hpp", "client.hpp"));
  CHECK_FALSE(may_include("t3api.hpp", "sandbox.hpp"));
  CHECK_FALSE(may_include("attic/old.hpp", "core/url.hpp"));
}

TEST_CASE("every include of the library stays on its floor or below") {
  for (const auto& file : read_headers()) {
    for (const auto& name : includes_of(file)) {
      INFO(file.path, " includes ", name);
      if (starts_with(name, "t3api/")) {
        CHECK(may_include(file.path, name.substr(std::string("t3api/").size())));
      } else {
        CHECK_FALSE(starts_with(name, "\""));
        CHECK(may_include_system(file.path, name));
      }
    }
  }
}

TEST_CASE("only the connector knows the HTTP library") {
  const std::set<std::string> allowed = {"transport/impl/httplib.hpp"};
  for (const auto& file : read_headers()) {
    const auto names = includes_of(file);
    if (std::find(names.begin(), names.end(), "t3api/detail/httplib.hpp") == names.end()) continue;
    INFO(file.path);
    CHECK(allowed.contains(file.path));
  }
}

TEST_CASE("every include guard is the path of its file") {
  for (const auto& file : read_headers()) {
    INFO(file.path);
    REQUIRE(file.directives.size() >= 3);
    const auto guard = guard_of(file.path);
    // In front of it a header may only make sure that no other version of the library is about.
    const auto* first = file.directives.data();
    if (starts_with(*first, "include <t3api/version.hpp>")) ++first;
    CHECK(first[0] == "ifndef " + guard);
    CHECK(first[1] == "define " + guard);
    CHECK(starts_with(file.directives.back(), "endif"));
  }
}
