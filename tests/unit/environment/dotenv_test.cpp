#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/environment/dotenv.hpp>

#include "tests/support/temporary_folder.hpp"

using t3api::parse_dotenv;
using t3api::read_dotenv;

TEST_CASE("a text is read under the name that its errors have") {
  CHECK(parse_dotenv("A=1\n# x\nB='2'", ".t3.env").value().find("B")->value.reveal() == "2");
  const auto bad = parse_dotenv("A=1\nhunter2", "some file");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message.starts_with("some file line 2 is no KEY=VALUE"));
}

TEST_CASE("a missing file is an empty one") {
  const t3api::test::temporary_folder folder;
  CHECK(read_dotenv(folder.path() + "/.t3.env").value().size() == 0);
}

TEST_CASE("a file is read as its text is") {
  const t3api::test::temporary_folder folder;
  const auto path = folder.write(".t3.env",
                                 "\xEF\xBB\xBF"
                                 "A=1\r\nB=\"x\r\ny\"\r\n");
  const auto file = read_dotenv(path).value();
  CHECK(file.name() == path);
  CHECK(file.find("A")->value.reveal() == "1");
  CHECK(file.find("B")->value.reveal() == "x\ny");
  const auto bad = read_dotenv(folder.write("bad", "A=1\nhunter2"));
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message.starts_with(folder.path() + "/bad line 2 is no KEY=VALUE"));
}

TEST_CASE("a file of 1 MiB is read, a larger one refused") {
  const t3api::test::temporary_folder folder;
  std::string text = "# ";
  text.resize(t3api::max_dotenv_bytes - 4, 'x');
  text += "\nA=";
  CHECK(read_dotenv(folder.write("full", text)).value().find("A"));
  for (const std::size_t size : {t3api::max_dotenv_bytes + 1, std::size_t{10} << 20U}) {
    text.resize(size, 'x');
    const auto refused = read_dotenv(folder.write("over", text));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().category == t3api::error_category::argument);
    CHECK(refused.error().message == folder.path() +
                                         "/over is larger than 1048576 bytes: leave only settings "
                                         "in it, one KEY=VALUE a line");
  }
}

TEST_CASE("what cannot be read in the place of a file is an error") {
  const t3api::test::temporary_folder folder;
  CHECK(read_dotenv(folder.path()).error().message.find("is a directory") != std::string::npos);
  const auto loop = folder.path() + "/loop";
  REQUIRE(::symlink("loop", loop.c_str()) == 0);
  const auto refused = read_dotenv(loop);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().category == t3api::error_category::argument);
  CHECK(refused.error().message.find("cannot be read") != std::string::npos);
}

#if defined(__linux__)
namespace {

// How often a text stands in the memory that this process can write, itself not counted: it is sought by its
// bytes turned round.
int copies_in_memory(const std::string& reversed) {
  std::vector<char> page(std::size_t{1} << 16U);
  const auto own = reinterpret_cast<std::uintptr_t>(page.data());
  std::vector<std::pair<std::uintptr_t, std::uintptr_t>> areas;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long from = 0;
    unsigned long to = 0;
    char rights[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &from, &to, rights) != 3) continue;
    if (!std::string_view(rights).starts_with("rw") || line.find("[v") != line.npos) continue;
    const bool holds_page = from <= own && own + page.size() <= to;
    areas.emplace_back(from, holds_page ? own : to);
    if (holds_page) areas.emplace_back(own + page.size(), to);
  }
  const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  REQUIRE(memory >= 0);
  int found = 0;
  for (const auto& [from, to] : areas) {
    for (auto at = from; at < to; at += page.size()) {
      const auto count =
          ::pread(memory, page.data(), (std::min)(page.size(), static_cast<std::size_t>(to - at)),
                  static_cast<off_t>(at));
      if (count <= 0) break;
      const std::string_view bytes(page.data(), static_cast<std::size_t>(count));
      for (auto start = bytes.find(reversed.back()); start != bytes.npos;
           start = bytes.find(reversed.back(), start + 1)) {
        const auto there = bytes.substr(start, reversed.size());
        if (std::equal(there.begin(), there.end(), reversed.rbegin(), reversed.rend())) ++found;
      }
    }
  }
  ::close(memory);
  t3api::detail::wipe(page.data(), page.size());
  return found;
}

}  // namespace

TEST_CASE("no copy of a value stays in memory when the settings of a file are gone") {
  // "VALUE-OF-…" written backwards, so that only the file under test has it forwards.
  const std::string reversed = "4cf19e27db80-FO-EULAV";
  for (const char* quote : {"", "'", "\""}) {
    CAPTURE(quote);
    for (const std::size_t before : {std::size_t{0}, std::size_t{10'000}}) {
      CAPTURE(before);
      const t3api::test::temporary_folder folder;
      const auto path = folder.path() + "/.t3.env";
      const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
      REQUIRE(file >= 0);
      const std::string head = "# " + std::string(before, 'x') + "\nK=" + quote;
      REQUIRE(::write(file, head.data(), head.size()) == static_cast<ssize_t>(head.size()));
      for (auto c = reversed.rbegin(); c != reversed.rend(); ++c) REQUIRE(::write(file, &*c, 1) == 1);
      REQUIRE(::write(file, quote, *quote == '\0' ? 0 : 1) >= 0);
      // Room behind the value, so that a buffer that is freed but not wiped keeps it.
      const std::string tail = "\n# " + std::string(1'000, 'y');
      REQUIRE(::write(file, tail.data(), tail.size()) == static_cast<ssize_t>(tail.size()));
      ::close(file);
      {
        const auto parsed = read_dotenv(path).value();
        CHECK(parsed.find("K")->value.size() == reversed.size());
        CHECK(copies_in_memory(reversed) == 1);
      }
      CHECK(copies_in_memory(reversed) == 0);
    }
  }
}
#endif
