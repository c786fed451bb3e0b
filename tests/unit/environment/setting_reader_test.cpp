#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <t3api/environment/setting_reader.hpp>

#include "tests/unit/environment/support.hpp"

using namespace std::chrono_literals;
using t3api::environment;
using t3api::detail::setting_reader;
using t3api::test::options_of;

namespace {

environment with(std::string value) {
  return environment::load(options_of({{"KEY", std::move(value)}})).value();
}

}  // namespace

TEST_CASE("seconds are rounded up to milliseconds, without the noise of binary fractions") {
  const auto read = [](const std::string& value) {
    const auto from = with(value);
    setting_reader reader(from);
    auto target = -1ms;
    CHECK(reader.seconds("KEY", target, 10, true));
    CHECK_FALSE(reader.problem());
    return target;
  };
  CHECK(read("2") == 2s);
  CHECK(read(" 0.07 ") == 70ms);
  CHECK(read("0.0001") == 1ms);
  CHECK(read("1.0001") == 1001ms);
  CHECK(read("10") == 10s);
  CHECK(read("0") == 0ms);
}

TEST_CASE("a target keeps its value when the setting is not set or malformed") {
  const auto from = environment::load(options_of({{"BAD", "x"}})).value();
  setting_reader reader(from);
  auto target = 7ms;
  CHECK_FALSE(reader.seconds("NONE", target, 10, true));
  CHECK_FALSE(reader.problem());
  CHECK_FALSE(reader.seconds("BAD", target, 10, true));
  CHECK(reader.problem());
  CHECK(target == 7ms);
}

TEST_CASE("the first malformed value is the one that is told") {
  const auto from = environment::load(options_of({{"A", "1"}, {"B", "x"}, {"C", "y"}, {"D", "5"}})).value();
  setting_reader reader(from);
  int a = 0;
  int d = 0;
  reader.count("A", a, 9);
  reader.count("B", d, 9);
  reader.count("C", d, 9);
  reader.count("D", d, 9);
  CHECK(a == 1);
  CHECK(d == 0);
  CHECK(reader.problem()->message == "B in the environment is 'x': give a whole number from 1 to 9");
}

TEST_CASE("a value is shown short and clean, and not when a key or password may be in it") {
  const auto told = [](std::string value) {
    const auto from = with(std::move(value));
    setting_reader reader(from);
    bool target = false;
    reader.flag("KEY", target);
    return reader.problem().value().message;
  };
  const std::string advice = ": give true or false (or 1/0, yes/no, on/off)";
  CHECK(told(std::string(100, 'x')) ==
        "KEY in the environment is '" + std::string(40, 'x') + "...'" + advice);
  CHECK(told("a\x1B\nb\xFF") == "KEY in the environment is 'a  b?'" + advice);
  for (const char* value :
       {"https://u:hunter2@h", "https://h/?secretKey=hunter2", "hunter2#", "a\\hunter2"}) {
    CHECK(told(value) == "KEY in the environment is malformed" + advice);
  }
}

TEST_CASE("a list of hosts is in small letters, without the blanks between") {
  const auto read = [](const std::string& value) {
    const auto from = with(value);
    setting_reader reader(from);
    std::vector<std::string> target{"default"};
    reader.hosts("KEY", target);
    CHECK_FALSE(reader.problem());
    return target;
  };
  CHECK(read("MI.Metrc.com") == std::vector<std::string>{"mi.metrc.com"});
  CHECK(read(" a.b ,, api-ca,") == std::vector<std::string>{"a.b", "api-ca"});
  CHECK(read(",").empty());
}
