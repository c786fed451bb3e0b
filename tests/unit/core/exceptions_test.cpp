#include <doctest/doctest.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <typeindex>
#include <typeinfo>

#include <t3api/core/exceptions.hpp>

using t3api::error;
using t3api::error_category;

namespace {

std::type_index type_thrown_for(error_category category) {
  try {
    t3api::throw_error({.category = category, .message = "what went wrong"});
  } catch (const std::exception& thrown) {
    CHECK(thrown.what() == std::string("what went wrong"));
    return typeid(thrown);
  }
}

}  // namespace

TEST_CASE("each category throws the exception type of its own") {
  CHECK(type_thrown_for(error_category::argument) == typeid(std::invalid_argument));
  CHECK(type_thrown_for(error_category::authentication) == typeid(t3api::authentication_error));
  CHECK(type_thrown_for(error_category::http) == typeid(t3api::http_error));
  CHECK(type_thrown_for(error_category::transport) == typeid(t3api::transport_error));
  CHECK(type_thrown_for(error_category::timeout) == typeid(t3api::timeout_error));
  CHECK(type_thrown_for(error_category::cancelled) == typeid(t3api::cancelled_error));
  CHECK(type_thrown_for(error_category::protocol) == typeid(t3api::protocol_error));
}

TEST_CASE("everything but a bad argument is a t3api exception, and a timeout is a transport error too") {
  CHECK_THROWS_AS(t3api::throw_error({.category = error_category::timeout}), t3api::transport_error);
  for (const auto category : {error_category::authentication, error_category::http, error_category::transport,
                              error_category::timeout, error_category::cancelled, error_category::protocol}) {
    CHECK_THROWS_AS(t3api::throw_error({.category = category}), t3api::exception);
  }
}

TEST_CASE("a category from outside the list is thrown as the base") {
  CHECK_THROWS_AS(t3api::throw_error({.category = static_cast<error_category>(99)}), t3api::exception);
}

TEST_CASE("the details travel with the exception") {
  const error cause{.category = error_category::http,
                    .message = "GET /x was answered with status 503",
                    .status = 503,
                    .service_message = "down",
                    .request_id = "r-1",
                    .attempts = 3,
                    .retryable = true,
                    .sent = true,
                    .retry_after = std::chrono::seconds(7)};
  try {
    t3api::throw_error(cause);
  } catch (const t3api::http_error& thrown) {
    CHECK(thrown.details().category == error_category::http);
    CHECK(thrown.details().message == cause.message);
    CHECK(thrown.details().status == 503);
    CHECK(thrown.details().service_message == "down");
    CHECK(thrown.details().request_id == "r-1");
    CHECK(thrown.details().attempts == 3);
    CHECK(thrown.details().retryable);
    CHECK(thrown.details().sent);
    CHECK(thrown.details().retry_after == std::chrono::seconds(7));
  }
}

TEST_CASE("exceptions are copied without throwing, and the copies say the same") {
  static_assert(std::is_nothrow_copy_constructible_v<t3api::exception>);
  static_assert(std::is_nothrow_copy_constructible_v<t3api::timeout_error>);
  static_assert(std::is_nothrow_copy_assignable_v<t3api::exception>);
  const t3api::authentication_error original({.message = "refused", .status = 401});
  const auto copy = original;
  CHECK(std::string(copy.what()) == "refused");
  CHECK(copy.details().status == 401);
  CHECK(&copy.details() == &original.details());
}
