// What docs/faults.md shows is what these tests run: its curl lines word for word, its C++ as it stands here.

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <t3api/core/http_date.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/sandbox/http/target.hpp>
#include <tests/unit/sandbox/support.hpp>

using sandbox_test::body_of;
using sandbox_test::method;
using sandbox_test::sandbox;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(std::string(T3API_SOURCE_DIR) + "/" + path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The blocks of one language below one heading of the document.
std::vector<std::string> blocks(const std::string& heading, const std::string& language) {
  const std::string text = text_of("docs/faults.md");
  const auto start = text.find("\n## " + heading + "\n");
  REQUIRE(start != text.npos);
  const std::string part = text.substr(start + 1, text.find("\n## ", start + 1) - start);
  std::vector<std::string> found;
  const std::string opening = "\n```" + language + "\n";
  for (auto at = part.find(opening); at != part.npos; at = part.find(opening, at + 1)) {
    const auto first = at + opening.size();
    found.push_back(part.substr(first, part.find("\n```", first) - first));
  }
  return found;
}

/// The words of a shell command whose quotes are single ones.
std::vector<std::string> words(std::string_view command) {
  std::vector<std::string> found(1);
  bool quoted = false, in_word = false;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (c == '\'') {
      quoted = !quoted;
      in_word = true;
    } else if (!quoted && c == '\\' && i + 1 < command.size() && command[i + 1] == '\n') {
      ++i;
    } else if (!quoted && c == ' ') {
      if (in_word) found.emplace_back();
      in_word = false;
    } else {
      found.back() += c;
      in_word = true;
    }
  }
  return found;
}

t3api::request request_of(const std::string& command) {
  t3api::request made;
  const auto all = words(command);
  for (std::size_t i = 1; i < all.size(); ++i) {
    const auto& word = all[i];
    if (word == "-s") continue;
    if (word == "-X") {
      made.method = t3api::sandbox::parse_method(all.at(++i)).value();
    } else if (word == "-H") {
      const auto& field = all.at(++i);
      made.headers.add(field.substr(0, field.find(": ")), field.substr(field.find(": ") + 2));
    } else if (word == "-d") {
      made.body = all.at(++i);
      if (made.method == method::get) made.method = method::post;
    } else {
      REQUIRE(word.starts_with("$base/"));
      made.path = word.substr(5);
    }
  }
  return made;
}

struct documented : sandbox {
  documented() : sandbox({.admin = true}) {}

  /// Runs the curl commands below a heading, each of which must succeed; gives the last answer.
  t3api::response run(const std::string& heading) {
    t3api::response last;
    for (const auto& block : blocks(heading, "sh")) {
      for (std::size_t at = 0; at < block.size();) {
        REQUIRE(block.compare(at, 5, "curl ") == 0);
        const auto end = (std::min)(block.size(), block.find("\ncurl ", at));
        last = service.handle(request_of(block.substr(at, end - at)));
        CAPTURE(block);
        CHECK(last.status / 100 == 2);
        at = end + 1;
      }
    }
    return last;
  }

  std::string statuses(const std::string& path, const t3api::headers& fields, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += std::to_string(get(path, fields).status) + " ";
    return text;
  }

  std::string page(int number) {
    return "/v2/packages/active?licenseNumber=LIC-00001&page=" + std::to_string(number);
  }
};

/// Runs a check once with the faults of the curl lines and once with those of the C++.
template <class Cpp, class Check>
void both_ways(const std::string& heading, Cpp cpp, Check check) {
  SUBCASE("curl") {
    documented s;
    s.run(heading);
    check(s);
  }
  SUBCASE("C++") {
    documented s;
    cpp(s.service);
    check(s);
  }
}

/// Source without what a formatter may change.
std::string squeezed(std::string_view source) {
  std::string text;
  for (const char c : source) {
    if (!t3api::detail::ascii_space(c) && c != '\n') text += c;
  }
  return text;
}

}  // namespace

TEST_CASE("documented: the third page fails twice") {
  const auto cpp = [](t3api::sandbox::service& service) {
    service.faults().add(
        {.path = "/v2/packages/active", .query = {{"page", "3"}}, .times = 2, .status = 500});
  };
  both_ways("The third page fails twice", cpp, [](documented& s) {
    const t3api::headers token = {{"Authorization", "Bearer " + s.token()}};
    CHECK(s.statuses(s.page(2), token, 1) == "200 ");
    CHECK(s.statuses(s.page(3), token, 3) == "500 500 200 ");
  });
}

TEST_CASE("documented: every Retry-After") {
  const auto cpp = [](t3api::sandbox::service& service) {
    using t3api::sandbox::retry_after_form;
    for (const auto form : {retry_after_form::seconds, retry_after_form::http_date, retry_after_form::garbage,
                            retry_after_form::zero, retry_after_form::negative, retry_after_form::hour}) {
      service.faults().add({.path = "/v2/states", .status = 429, .retry_after = form});
    }
  };
  both_ways("Every Retry-After", cpp, [](documented& s) {
    std::string last;
    auto answer = s.get("/v2/states");
    for (; answer.status == 429; answer = s.get("/v2/states")) last = *answer.headers.get("Retry-After");
    CHECK(answer.status == 200);
    CHECK(last == "3600");
  });
}

TEST_CASE("documented: cut at byte 100") {
  const auto cpp = [](t3api::sandbox::service& service) {
    service.faults().add({.path = "/v2/licenses", .wire = t3api::sandbox::wire_fault{.cut_after = 100}});
  };
  both_ways("Cut at byte 100", cpp, [](documented& s) {
    const auto made = s.service.serve({.path = "/v2/licenses"}, {});
    REQUIRE(made.wire);
    CHECK(made.wire->cut_after == 100);
  });
}

TEST_CASE("documented: the session ends in the middle of a nightly export") {
  const auto cpp = [](t3api::sandbox::service& service) {
    service.faults().add({.path = "/v2/packages/active",
                          .query = {{"page", "2"}},
                          .account = {{.hostname = "ca.metrc.com", .username = "demo-ca"}},
                          .end_sessions = true});
  };
  both_ways("The session ends in the middle of a nightly export", cpp, [](documented& s) {
    const t3api::headers token = {{"Authorization", "Bearer " + s.token()}},
                         key = {{"X-T3-API-Key", s.secret_key()}};
    CHECK(s.statuses(s.page(1), token, 1) == "200 ");
    CHECK(s.statuses(s.page(2), token, 1) == "401 ");
    CHECK(s.statuses(s.page(2), key, 1) == "200 ");
  });
}

TEST_CASE("documented: a slow login, then none") {
  const auto cpp = [](t3api::sandbox::service& service) {
    service.faults().add(
        {.method = t3api::method::post, .path = "/v2/auth/*", .delay = std::chrono::seconds(5)});
    service.faults().add({.method = t3api::method::post,
                          .path = "/v2/auth/*",
                          .times = 0,
                          .status = 503,
                          .wire = t3api::sandbox::wire_fault{.reset = true}});
  };
  both_ways("A slow login, then none", cpp, [](documented& s) {
    CHECK(s.post("/v2/auth/credentials", sandbox::california()).status == 200);
    CHECK(s.clock->waits() == std::vector<t3api::manual_clock::duration>{std::chrono::seconds(5)});
    const auto lost = s.service.serve({.method = method::post, .path = "/v2/auth/credentials"}, {});
    CHECK(lost.wire.value().reset);
    CHECK(s.service.metrc().attempts() == 1);
  });
}

TEST_CASE("documented: see and remove, Metrc, what was written") {
  documented s;
  s.run("The third page fails twice");
  s.run("Cut at byte 100");
  s.run("See and remove");
  CHECK(s.service.faults().list().empty());
  const auto counts = s.run("Metrc");
  CHECK(body_of(counts) == nlohmann::json({{"attempts", 0}, {"logins", 0}}));
  s.run("What was written");
}

TEST_CASE("the C++ of the document is that of these tests") {
  const std::string source = squeezed(text_of("tests/unit/sandbox/faults/documentation_test.cpp"));
  std::size_t count = 0;
  for (const char* heading :
       {"The third page fails twice", "Every Retry-After", "Cut at byte 100",
        "The session ends in the middle of a nightly export", "A slow login, then none"}) {
    for (const auto& block : blocks(heading, "cpp")) {
      CAPTURE(block);
      CHECK(source.find(squeezed(block)) != source.npos);
      ++count;
    }
  }
  const std::string document = text_of("docs/faults.md");
  std::size_t all = 0;
  for (auto at = document.find("```cpp"); at != document.npos; at = document.find("```cpp", at + 1)) ++all;
  CHECK(count == all);
}

TEST_CASE("the document lists every member of a fault") {
  const std::string text = text_of("docs/faults.md");
  for (const char* member : {"method", "path", "query", "skip", "times", "delayMs", "account", "endSessions",
                             "newPassword", "status", "headers", "retryAfter", "body", "reset", "garbage",
                             "cutAfter", "lengthError", "dripBytes", "dripPauseMs"}) {
    CAPTURE(member);
    CHECK(text.find("`" + std::string(member) + "`") != text.npos);
  }
}
