#include <doctest/doctest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include <t3api/native/private_file.hpp>
#include <tests/support/files.hpp>
#include <tests/support/temporary_folder.hpp>

using t3api::detail::private_file;
using t3api::test::content_of;
using t3api::test::mode_of;

namespace {

std::string refusal_of(const std::string& path) {
  try {
    const private_file opened(path);
  } catch (const std::runtime_error& failure) {
    return failure.what();
  }
  return "accepted";
}

/// While it lives, no file grows beyond `bytes`: a write that would is cut or refused, as on a full disk.
class size_limit {
 public:
  explicit size_limit(rlim_t bytes) : old_handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    set(bytes);
  }
  ~size_limit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    ::signal(SIGXFSZ, old_handler_);
  }
  size_limit(const size_limit&) = delete;
  size_limit& operator=(const size_limit&) = delete;

  void set(rlim_t bytes) const {
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

}  // namespace

TEST_CASE("a new file has mode 0600 whatever the umask allows, and lines are appended") {
  const t3api::test::temporary_folder folder;
  const std::string path = folder.path() + "/new";
  const auto old_mask = ::umask(0);
  {
    private_file file(path);
    CHECK(file.append("one\n"));
  }
  ::umask(old_mask);
  CHECK(mode_of(path) == 0600);
  CHECK(private_file(path).append("two\n"));
  CHECK(content_of(path) == "one\ntwo\n");
}

TEST_CASE("a file that others may use in any way is refused and left as it was") {
  const t3api::test::temporary_folder folder;
  const auto path = folder.write("old", "text");
  for (const mode_t mode : {0644U, 0640U, 0620U, 0602U, 0604U, 0610U}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    CHECK(refusal_of(path).starts_with("others than its owner may use it (mode 06"));
    CHECK(mode_of(path) == mode);
    CHECK(content_of(path) == "text");
  }
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  CHECK(refusal_of(path) == "accepted");
}

TEST_CASE("someone else's file is refused") {
  if (::geteuid() != 0) return;  // None other than root can make one.
  const t3api::test::temporary_folder folder;
  const auto path = folder.write("foreign", "");
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  REQUIRE(::chown(path.c_str(), 12345, 12345) == 0);
  CHECK(refusal_of(path) == "it belongs to another user: name a file of your own");
}

TEST_CASE("a symbolic link is not followed, not even to make a file") {
  const t3api::test::temporary_folder folder;
  const auto target = folder.write("target", "text");
  REQUIRE(::chmod(target.c_str(), 0600) == 0);
  const std::string link = folder.path() + "/link";
  REQUIRE(::symlink(target.c_str(), link.c_str()) == 0);
  CHECK(refusal_of(link) == "it is a symbolic link, which is not followed: name the file itself");
  const std::string dangling = folder.path() + "/dangling";
  REQUIRE(::symlink((folder.path() + "/none").c_str(), dangling.c_str()) == 0);
  CHECK(refusal_of(dangling) == "it is a symbolic link, which is not followed: name the file itself");
  CHECK(::access((folder.path() + "/none").c_str(), F_OK) != 0);
}

TEST_CASE("what is no regular file is refused at once") {
  const t3api::test::temporary_folder folder;
  CHECK(refusal_of(folder.path()) == "Is a directory");
  CHECK(refusal_of("/dev/null") == "it is not a regular file");
  const std::string fifo = folder.path() + "/fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(refusal_of(fifo) == "No such device or address");
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  CHECK(refusal_of(fifo) == "it is not a regular file");
  ::close(reader);
}

TEST_CASE("a path that names nothing is refused") {
  const t3api::test::temporary_folder folder;
  CHECK(refusal_of("") == "its path is empty or holds a NUL");
  CHECK(refusal_of(folder.path() + std::string("/a\0b", 4)) == "its path is empty or holds a NUL");
  CHECK(refusal_of(folder.path() + "/none/file") == "No such file or directory");
}

TEST_CASE("child processes do not inherit the file") {
  const t3api::test::temporary_folder folder;
  const private_file file(folder.path() + "/new");
  const int flags = ::fcntl(file.descriptor(), F_GETFD);
  REQUIRE(flags >= 0);
  CHECK((flags & FD_CLOEXEC) != 0);
}

TEST_CASE("a full disk refuses lines, and the one after a cut line begins on a line of its own") {
  const t3api::test::temporary_folder folder;
  const std::string path = folder.path() + "/new";
  private_file file(path);
  bool whole = false;
  bool cut = false;
  bool refused = false;
  bool later = false;
  {
    const size_limit limit(8);
    whole = file.append("123\n");
    cut = file.append("56789\n");
    refused = file.append("no\n");
    limit.set(100);
    later = file.append("later\n");
  }
  CHECK(whole);
  CHECK_FALSE(cut);
  CHECK_FALSE(refused);
  CHECK(later);
  CHECK(content_of(path) == "123\n5678\nlater\n");
}

TEST_CASE("what would be refused is told before it is opened") {
  const t3api::test::temporary_folder folder;
  const auto file = folder.write("log", "");
  CHECK(t3api::detail::private_path_fault(file).empty());
  CHECK(t3api::detail::private_path_fault(folder.path() + "/none").empty());
  CHECK(t3api::detail::private_path_fault(folder.path()).empty());
  REQUIRE(::symlink("log", (folder.path() + "/link").c_str()) == 0);
  CHECK(t3api::detail::private_path_fault(folder.path() + "/link").starts_with("it is a symbolic link"));
  CHECK(t3api::detail::private_path_fault("/dev/null") == "it is not a regular file");
  REQUIRE(::chmod(file.c_str(), 0644) == 0);
  CHECK(t3api::detail::private_path_fault(file) == refusal_of(file));
}

TEST_CASE("files are in one folder whatever way leads there") {
  const t3api::test::temporary_folder folder;
  const auto at = [&](const std::string& path) { return folder.path() + path; };
  REQUIRE(::symlink(".", at("/here").c_str()) == 0);
  CHECK(t3api::detail::in_same_folder(at("/a"), at("/here/b")));
  CHECK(t3api::detail::in_same_folder("a", "./b"));
  CHECK_FALSE(t3api::detail::in_same_folder(at("/a"), at("/../b")));
  CHECK_FALSE(t3api::detail::in_same_folder(at("/none/a"), at("/none/b")));
}
