#include <t3api/sandbox/limits/trouble_report.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using t3api::sandbox::trouble_report;

TEST_CASE("the same sentence is told once a minute, another at once") {
  const t3api::steady_time first{};
  std::vector<std::string> told;
  trouble_report report([&](const std::string& sentence) { told.push_back(sentence); });
  for (const auto later : {0s, 1s, 59s}) {
    report("fire", first + later);
    report("flood", first + later);
  }
  CHECK(told == std::vector<std::string>{"fire", "flood"});
  report("fire", first + 60s);
  report("fire", first + 61s);
  CHECK(told.size() == 3);
}

TEST_CASE("nobody to tell, or one who throws, is no trouble") {
  trouble_report({})("fire", {});
  trouble_report thrower([](const std::string&) { throw std::runtime_error("deaf"); });
  thrower("fire", {});
}
