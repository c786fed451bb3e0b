#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/environment/dotenv.hpp>

#include "tests/support/sanitizers.hpp"
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
                                 "\xEF\xBB\xBF# settings\r\n"
                                 "A=1\r\nB=\"x\r\ny\"\r\n");
  const auto file = read_dotenv(path).value();
  CHECK(file.name() == path);
  CHECK(file.find("A")->value.reveal() == "1");
  CHECK(file.find("B")->value.reveal() == "x\ny");
  CHECK(file.access == t3api::file_access::owner);
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  CHECK(read_dotenv(path).value().access == t3api::file_access::others_read);
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

// Seeks a text in the memory that this process can write. Has all its own memory from the start, so that it
// cannot cover what was freed before it looks.
class memory_search {
 public:
  // The text is given backwards, so that it is not found here.
  explicit memory_search(std::string reversed) : reversed_(std::move(reversed)) {}

  int count() {
    const int maps = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    std::size_t size = 0;
    for (ssize_t got = 1; got > 0; size += static_cast<std::size_t>(got)) {
      got = ::read(maps, maps_.data() + size, maps_.size() - 1 - size);
      if (got < 0) break;
    }
    maps_[size] = '\0';
    int found = 0;
    for (const char* line = maps_.data(); line != nullptr && *line != '\0'; line = std::strchr(line, '\n')) {
      if (*line == '\n') ++line;
      unsigned long from = 0;
      unsigned long to = 0;
      char rights[5] = {};
      if (std::sscanf(line, "%lx-%lx %4s", &from, &to, rights) == 3 && rights[0] == 'r' && rights[1] == 'w') {
        found += count_in(memory, from, to);
      }
    }
    ::close(maps);
    ::close(memory);
    t3api::detail::wipe(page_.data(), page_.size());
    return found;
  }

 private:
  int count_in(int memory, std::uintptr_t from, std::uintptr_t to) {
    const auto own = reinterpret_cast<std::uintptr_t>(page_.data());
    if (from <= own && own + page_.size() <= to) {
      return count_in(memory, from, own) + count_in(memory, own + page_.size(), to);
    }
    int found = 0;
    for (auto at = from; at < to; at += page_.size()) {
      const auto got =
          ::pread(memory, page_.data(), (std::min)(page_.size(), static_cast<std::size_t>(to - at)),
                  static_cast<off_t>(at));
      if (got <= 0) break;
      const std::string_view bytes(page_.data(), static_cast<std::size_t>(got));
      for (auto start = bytes.find(reversed_.back()); start != bytes.npos;
           start = bytes.find(reversed_.back(), start + 1)) {
        const auto there = bytes.substr(start, reversed_.size());
        if (std::equal(there.begin(), there.end(), reversed_.rbegin(), reversed_.rend())) ++found;
      }
    }
    return found;
  }

  std::string reversed_;
  std::vector<char> page_ = std::vector<char>(std::size_t{1} << 16U);
  std::vector<char> maps_ = std::vector<char>(std::size_t{1} << 18U);
};

#ifdef T3API_TEST_SANITIZED
constexpr bool shadowed = true;  // The shadow memory of sanitizers is too large to be searched.
#else
constexpr bool shadowed = false;
#endif

}  // namespace

TEST_CASE("no copy of a value stays in memory when the settings of a file are gone" *
          doctest::skip(shadowed)) {
  const std::string reversed = "4cf19e27db80-FO-EULAV";
  memory_search memory(reversed);
  // The allocator writes over the first bytes of what is freed.
  const std::string filler(100, 'p');
  for (const char* quote : {"", "'", "\""}) {
    CAPTURE(quote);
    for (const std::size_t before : {std::size_t{200}, std::size_t{3'000}, std::size_t{10'000}}) {
      CAPTURE(before);
      const t3api::test::temporary_folder folder;
      const auto path = folder.path() + "/.t3.env";
      const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
      REQUIRE(file >= 0);
      const std::string head = "# " + std::string(before, 'x') + "\nK=" + quote + filler;
      REQUIRE(::write(file, head.data(), head.size()) == static_cast<ssize_t>(head.size()));
      for (auto c = reversed.rbegin(); c != reversed.rend(); ++c) REQUIRE(::write(file, &*c, 1) == 1);
      REQUIRE(::write(file, quote, *quote == '\0' ? 0 : 1) >= 0);
      // Room behind the value, so that a buffer that is freed but not wiped keeps it.
      const std::string tail = "\n# " + std::string(1'000, 'y');
      REQUIRE(::write(file, tail.data(), tail.size()) == static_cast<ssize_t>(tail.size()));
      ::close(file);
      {
        const auto parsed = read_dotenv(path).value();
        CHECK(parsed.find("K")->value.size() == filler.size() + reversed.size());
        CHECK(memory.count() == 1);
      }
      CHECK(memory.count() == 0);
    }
  }
}
#endif
