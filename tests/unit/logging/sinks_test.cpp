#include <doctest/doctest.h>

#include <sys/stat.h>

#include <fstream>
#include <ostream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <thread>
#include <vector>

#include <t3api/logging/sinks.hpp>
#include <tests/support/temporary_folder.hpp>

namespace {

std::vector<std::string> lines_of(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string refusal_of(const std::string& path) {
  try {
    static_cast<void>(t3api::log_to_file(path));
  } catch (const std::runtime_error& failure) {
    return failure.what();
  }
  return "accepted";
}

/// Throws at each attempt to write.
struct broken_buffer : std::streambuf {
  int_type overflow(int_type) override { throw std::runtime_error("broken"); }
};

/// Counts how often it is flushed.
struct counting_buffer : std::stringbuf {
  int sync() override { return ++flushes, 0; }
  int flushes = 0;
};

}  // namespace

TEST_CASE("a log has one line for each event") {
  std::ostringstream out;
  const auto hooks = t3api::log_to(out);
  hooks.on_request({.url = "https://h/x"});
  hooks.on_response({.status = 200});
  hooks.on_retry({.reason = "busy"});
  hooks.on_renewal({.generation = 1});
  hooks.on_notice("all is well");
  std::istringstream lines(out.str());
  for (const char* part : {" -> GET https://h/x (attempt 1)", " <- 200 in ", " retry in 0 ms: busy",
                           " token obtained (generation 1) in ", " -- all is well"}) {
    std::string line;
    REQUIRE(std::getline(lines, line));
    CHECK(line.find(part) == std::string("2026-11-22T04:10:11.123Z").size());
  }
  CHECK(lines.peek() == std::char_traits<char>::eof());
}

TEST_CASE("each line is flushed, so that a crash does not lose it") {
  counting_buffer buffer;
  std::ostream out(&buffer);
  const auto hooks = t3api::log_to(out);
  hooks.on_notice("one");
  CHECK(buffer.flushes == 1);
  hooks.on_notice("two");
  CHECK(buffer.flushes == 2);
}

TEST_CASE("the options say whether events have headers and bodies") {
  std::ostringstream out;
  CHECK_FALSE(t3api::log_to(out).with_headers);
  CHECK_FALSE(t3api::log_to(out).with_body);
  CHECK(t3api::log_to(out, {.headers = true}).with_headers);
  CHECK(t3api::log_to(out, {.body = true}).with_body);
}

TEST_CASE("a stream that fails or throws loses lines, never calls") {
  broken_buffer buffer;
  std::ostream broken(&buffer);
  std::ostream nowhere(nullptr);
  for (std::ostream* out : {&broken, &nowhere}) {
    const auto hooks = t3api::log_to(*out);
    hooks.on_notice("lost");
    CHECK_FALSE(out->good());
    hooks.on_notice("lost too");
  }
  broken.clear();
  broken.exceptions(std::ios::badbit | std::ios::failbit);
  const auto hooks = t3api::log_to(broken);
  CHECK_NOTHROW(hooks.on_notice("lost"));
}

TEST_CASE("a log file is made for its owner alone, and appended to") {
  const t3api::test::temporary_folder folder;
  const std::string path = folder.path() + "/t3.log";
  const auto old_mask = ::umask(0);
  const auto hooks = t3api::log_to_file(path);
  ::umask(old_mask);
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777U) == 0600);
  hooks.on_notice("one");
  t3api::log_to_file(path).on_notice("two");
  const auto lines = lines_of(path);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].ends_with(" -- one"));
  CHECK(lines[1].ends_with(" -- two"));
}

TEST_CASE("a file that cannot be a log is refused with its path and the reason") {
  const t3api::test::temporary_folder folder;
  CHECK(refusal_of(folder.path()) == "the log file '" + folder.path() + "' cannot be used: Is a directory");
  CHECK(refusal_of(folder.path() + "/none/x") ==
        "the log file '" + folder.path() + "/none/x' cannot be used: No such file or directory");
  CHECK(refusal_of("a\nb/x") == "the log file 'a\\u000Ab/x' cannot be used: No such file or directory");
  const auto open_to_all = folder.write("open.log", "before\n");
  REQUIRE(::chmod(open_to_all.c_str(), 0644) == 0);
  CHECK(refusal_of(open_to_all) == "the log file '" + open_to_all +
                                       "' cannot be used: others than its owner may use it (mode 0644): run "
                                       "chmod 600 on it, or name a new file");
  CHECK(lines_of(open_to_all) == std::vector<std::string>{"before"});
}

TEST_CASE("many threads write whole lines into one file") {
  const t3api::test::temporary_folder folder;
  const std::string path = folder.path() + "/t3.log";
  constexpr int threads = 8;
  constexpr int events = 1000;
  {
    const auto hooks = t3api::log_to_file(path);
    std::vector<std::jthread> writers;
    for (int t = 0; t < threads; ++t) {
      writers.emplace_back([&hooks, t] {
        for (int i = 0; i < events; ++i) {
          hooks.on_notice("<" + std::to_string(t) + "." + std::to_string(i) + std::string(200, '.') + ">");
        }
      });
    }
  }
  const auto lines = lines_of(path);
  CHECK(lines.size() == threads * events);
  std::set<std::string> distinct;
  for (const auto& line : lines) {
    const auto text = line.find(" -- <");
    if (text == 24 && line.ends_with(".>") && line.find('<', 30) == line.npos)
      distinct.insert(line.substr(text));
  }
  CHECK(distinct.size() == threads * events);
}

TEST_CASE("many threads write whole lines into one stream") {
  std::ostringstream out;
  {
    const auto hooks = t3api::log_to(out);
    std::vector<std::jthread> writers;
    for (int t = 0; t < 4; ++t) {
      writers.emplace_back([&hooks] {
        for (int i = 0; i < 500; ++i) hooks.on_notice(std::string(50, 'x'));
      });
    }
  }
  std::istringstream lines(out.str());
  int whole = 0;
  for (std::string line; std::getline(lines, line);)
    whole += line.substr(24) == " -- " + std::string(50, 'x');
  CHECK(whole == 2000);
}
