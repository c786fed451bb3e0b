#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

#include <t3api/core/result.hpp>

using t3api::error;
using t3api::error_category;
using t3api::result;

TEST_CASE("a result with a value gives it in every way") {
  result<std::string> good = std::string("text");
  CHECK(good);
  CHECK(good.has_value());
  CHECK(good.value() == "text");
  CHECK(*good == "text");
  CHECK(good->size() == 4);
  good.value() += "!";
  CHECK(std::as_const(good).value() == "text!");
  CHECK(*std::as_const(good) == "text!");
  CHECK(std::as_const(good)->size() == 5);
  const std::string taken = std::move(good).value();
  CHECK(taken == "text!");
}

TEST_CASE("a value that can only be moved is moved out") {
  result<std::unique_ptr<int>> good = std::make_unique<int>(7);
  CHECK(**good == 7);
  const std::unique_ptr<int> taken = *std::move(good);
  CHECK(*taken == 7);
}

TEST_CASE("a result with an error gives it, and throws it where a value is demanded") {
  result<int> bad = error{.category = error_category::timeout, .message = "too late", .attempts = 2};
  CHECK_FALSE(bad);
  CHECK_FALSE(bad.has_value());
  CHECK(bad.error().message == "too late");
  CHECK(std::as_const(bad).error().attempts == 2);
  CHECK_THROWS_WITH_AS(bad.value(), "too late", t3api::timeout_error);
  CHECK_THROWS_AS(std::as_const(bad).value(), t3api::timeout_error);
  CHECK_THROWS_AS(std::move(bad).value(), t3api::timeout_error);
}

TEST_CASE("an error survives being demanded and can be moved out") {
  result<int> bad = error{.message = "no"};
  CHECK_THROWS(bad.value());
  CHECK(bad.error().message == "no");
  const error taken = std::move(bad).error();
  CHECK(taken.message == "no");
}

TEST_CASE("an argument error is thrown as std::invalid_argument") {
  const result<int> bad = t3api::argument_error("empty");
  CHECK_THROWS_WITH_AS(bad.value(), "empty", std::invalid_argument);
}
