#include <doctest/doctest.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <t3api/native/key_file.hpp>
#include <tests/support/files.hpp>
#include <tests/support/temporary_folder.hpp>

using t3api::detail::key_file;
using t3api::test::content_of;
using t3api::test::mode_of;
using purpose = t3api::detail::key_file::purpose;

namespace {

template <class Step>
std::string failure_of(const Step& step) {
  try {
    step();
  } catch (const std::runtime_error& failure) {
    return failure.what();
  }
  return "accepted";
}

std::string refusal_to_open(const std::string& path, purpose why = purpose::read) {
  return failure_of([&] { const key_file opened(path, why); });
}

std::size_t entries_of(const std::string& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

}  // namespace

TEST_CASE("a new file is its owner's alone, whatever the umask, and is never made twice") {
  const t3api::test::temporary_folder folder;
  for (const mode_t mask : {0000U, 0777U}) {
    const std::string path = folder.path() + "/keys" + std::to_string(mask);
    const mode_t before = ::umask(mask);
    const auto refusal = failure_of([&] { key_file::create(path, "text"); });
    ::umask(before);
    CHECK(refusal == "accepted");
    CHECK(mode_of(path) == 0600);
    CHECK(key_file(path, purpose::read).read(4) == "text");
    CHECK(failure_of([&] { key_file::create(path, "other"); }) == "File exists");
    CHECK(content_of(path) == "text");
  }
  const std::string link = folder.path() + "/link";
  std::filesystem::create_symlink(folder.path() + "/nowhere", link);
  CHECK(failure_of([&] { key_file::create(link, "x"); }) == "File exists");
  CHECK_FALSE(std::filesystem::exists(folder.path() + "/nowhere"));
}

TEST_CASE("what others may use, or is no regular file, is refused for reading and for changing") {
  const t3api::test::temporary_folder folder;
  const auto path = folder.write("keys", "text");
  for (const auto why : {purpose::read, purpose::change}) {
    for (const mode_t mode : {0604U, 0602U, 0601U, 0640U, 0620U, 0610U, 0644U, 0777U}) {
      ::chmod(path.c_str(), mode);
      const auto refusal = refusal_to_open(path, why);
      CHECK(refusal.find("mode 0") != refusal.npos);
      CHECK(refusal.find("chmod 600") != refusal.npos);
    }
    ::chmod(path.c_str(), 0600);
    CHECK(refusal_to_open(path, why) == "accepted");
    const std::string link = folder.path() + "/link";
    if (!std::filesystem::is_symlink(link)) std::filesystem::create_symlink(path, link);
    CHECK(refusal_to_open(link, why).find("symbolic link") != std::string::npos);
    CHECK(refusal_to_open(folder.path() + "/none", why) == "No such file or directory");
    CHECK(refusal_to_open(folder.path(), why) != "accepted");
    CHECK(refusal_to_open("", why).find("empty") != std::string::npos);
    CHECK(refusal_to_open(path + std::string(1, '\0'), why).find("NUL") != std::string::npos);
  }
  CHECK(refusal_to_open(folder.path()) == "it is not a regular file");
  const std::string pipe = folder.path() + "/pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(refusal_to_open(pipe) == "it is not a regular file");
}

TEST_CASE("a file is read up to its limit, and not cut") {
  const t3api::test::temporary_folder folder;
  const auto path = folder.path() + "/keys";
  key_file::create(path, std::string(1000, 'x'));
  const key_file file(path, purpose::read);
  CHECK(file.read(1000) == std::string(1000, 'x'));
  CHECK(file.read(5000) == std::string(1000, 'x'));
  CHECK(failure_of([&] { file.read(999); }) == "it is larger than 999 bytes");
}

TEST_CASE("a replaced file has the new text, mode 0600 and another stamp, and nothing is left beside it") {
  const t3api::test::temporary_folder folder;
  const auto path = folder.path() + "/keys";
  key_file::create(path, "old");
  const key_file before(path, purpose::read);
  {
    std::ofstream(path + ".new") << "left by a run that was cut";
    ::chmod((path + ".new").c_str(), 0644);
    key_file file(path, purpose::change);
    CHECK(file.stamp() == before.stamp());
    file.replace("new");
  }
  CHECK(content_of(path) == "new");
  CHECK(mode_of(path) == 0600);
  CHECK(entries_of(folder.path()) == 1);
  CHECK(before.read(10) == "old");
  CHECK_FALSE(key_file(path, purpose::read).stamp() == before.stamp());
}

TEST_CASE("a full disk leaves the old file, and nothing else") {
  const t3api::test::temporary_folder folder;
  const auto path = folder.path() + "/keys";
  key_file::create(path, "old");
  // A process of its own: the limit holds for all of its files.
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{10, 10};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int wrong = 0;
    try {
      key_file(path, purpose::change).replace(std::string(100, 'n'));
      ++wrong;
    } catch (const std::runtime_error&) {
    }
    try {
      key_file::create(path + "2", std::string(100, 'n'));
      ++wrong;
    } catch (const std::runtime_error&) {
    }
    ::_exit(wrong);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(content_of(path) == "old");
  CHECK(entries_of(folder.path()) == 1);
}

TEST_CASE("of many changes at once none is lost, and every reader sees a whole text") {
  const t3api::test::temporary_folder folder;
  const auto path = folder.path() + "/keys";
  key_file::create(path, "");
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  std::thread reader([&] {
    while (!done) {
      const auto text = key_file(path, purpose::read).read(1000);
      if (text != std::string(text.size(), 'x')) ++torn;
    }
  });
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t) {
    writers.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        key_file file(path, purpose::change);
        file.replace(file.read(1000) + "x");
      }
    });
  }
  for (auto& writer : writers) writer.join();
  done = true;
  reader.join();
  CHECK(torn == 0);
  CHECK(content_of(path) == std::string(40, 'x'));
}
