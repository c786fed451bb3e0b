#include <doctest/doctest.h>

#include <string>

#include "tests/support/api_bench.hpp"

#include <t3api/api/collections.hpp>

using t3api::error_category;
using t3api::load_page;
using test::api_bench;

TEST_CASE("a page is asked for and read as T3 documents it") {
  api_bench b;
  b.script.reply(test::answer(
      200, R"({"data":[{"id":1,"label":"A"},{"id":2}],"page":3,"pageSize":2,"totalPages":9,"total":17})"));
  const auto page =
      load_page(b.client, "/v2/packages/active",
                {.license_number = "LIC-00001",
                 .page = 3,
                 .page_size = 2,
                 .query = {{"sort", "label:asc"}, {"filter", "a__eq:1"}, {"filter", "b__eq:2"}}});
  REQUIRE(page);
  CHECK(page->data.size() == 2);
  CHECK(page->data[0]["label"] == "A");
  CHECK(page->page == 3);
  CHECK(page->page_size == 2);
  CHECK(page->total_pages == 9);
  CHECK(page->total == 17);
  const auto sent = b.script.requests()[0];
  CHECK(sent.method == t3api::method::get);
  CHECK(
      t3api::request_target(sent) ==
      "/v2/packages/"
      "active?licenseNumber=LIC-00001&page=3&pageSize=2&sort=label%3Aasc&filter=a__eq%3A1&filter=b__eq%3A2");
}

TEST_CASE("a page of nothing is no error") {
  api_bench b;
  b.script.reply(test::answer(200, R"({"data":[],"page":1,"pageSize":100,"totalPages":0,"total":0})"));
  const auto page = load_page(b.client, "/v2/items", {.license_number = "LIC-00001"});
  REQUIRE(page);
  CHECK(page->data.empty());
  CHECK(t3api::request_target(b.script.requests()[0]) ==
        "/v2/items?licenseNumber=LIC-00001&page=1&pageSize=100");
}

TEST_CASE("a page that cannot be asked for sends nothing") {
  api_bench b;
  for (const t3api::page_request& wanted :
       {t3api::page_request{}, t3api::page_request{.license_number = " \t"},
        t3api::page_request{.license_number = "L", .page = 0},
        t3api::page_request{.license_number = "L", .page = -1},
        t3api::page_request{.license_number = "L", .page_size = 0},
        t3api::page_request{.license_number = "L", .page_size = 501},
        t3api::page_request{.license_number = "L\r\nX: y"}}) {
    CHECK(load_page(b.client, "/v2/items", wanted).error().category == error_category::argument);
  }
  CHECK(b.script.requests().empty());
}

TEST_CASE("a page of another shape is a protocol error") {
  for (const char* body :
       {"[]", "null", "{}", R"({"data":{},"page":1,"pageSize":1,"totalPages":1,"total":1})",
        R"({"data":null,"page":1,"pageSize":1,"totalPages":1,"total":1})",
        R"({"data":[],"pageSize":1,"totalPages":1,"total":1})",
        R"({"data":[],"page":"1","pageSize":1,"totalPages":1,"total":1})",
        R"({"data":[],"page":1,"pageSize":-1,"totalPages":1,"total":1})",
        R"({"data":[],"page":1,"pageSize":1,"totalPages":1.5,"total":1})",
        R"({"data":[],"page":1,"pageSize":1,"totalPages":1,"total":null})",
        R"({"data":[1],"page":1,"pageSize":1,"totalPages":1,"total":1})",
        R"({"data":[{},null],"page":1,"pageSize":1,"totalPages":1,"total":1})",
        R"({"data":[[]],"page":1,"pageSize":1,"totalPages":1,"total":1})", "", "<html>",
        R"({"data":[{"id":1})"}) {
    CAPTURE(body);
    api_bench b;
    b.script.reply(test::answer(200, body));
    const auto page = load_page(b.client, "/v2/items", {.license_number = "L"});
    REQUIRE_FALSE(page);
    CHECK(page.error().category == error_category::protocol);
  }
}

TEST_CASE("an error of the call for a page comes through") {
  api_bench b;
  b.script.reply(test::answer(400, R"({"error":{"message":"past the last page"}})"));
  CHECK(load_page(b.client, "/v2/items", {.license_number = "L"}).error().service_message ==
        "past the last page");
}

TEST_CASE("the query of the path stays out of the messages") {
  api_bench b;
  b.script.reply(test::answer(200, "{}"));
  const auto page = load_page(b.client, "/v2/items?secretKey=canary", {.license_number = "L"});
  REQUIRE_FALSE(page);
  CHECK(page.error().message.find("/v2/items ") != std::string::npos);
  CHECK(page.error().message.find("canary") == std::string::npos);
}
