#include <t3api/sandbox/faults/fault.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using t3api::method;
using t3api::sandbox::fault;
using t3api::sandbox::retry_after_form;
using t3api::sandbox::wire_fault;

namespace {

bool strikes(const fault& f, method m, const char* path, const t3api::query_params& query = {}) {
  return t3api::sandbox::matches(f, m, path, query);
}

}  // namespace

TEST_CASE("a fault picks requests by method, path and query") {
  CHECK(strikes({}, method::get, "/v2/states"));
  CHECK(strikes({.method = method::get}, method::get, "/"));
  CHECK_FALSE(strikes({.method = method::post}, method::get, "/"));
  CHECK(strikes({.path = "/v2/items"}, method::get, "/v2/items"));
  for (const char* other : {"/v2/items/", "/v2/item", "/v2/itemsx", "/V2/items", "/"}) {
    CHECK_FALSE(strikes({.path = "/v2/items"}, method::get, other));
  }
  CHECK(strikes({.path = "/v2/packages/*"}, method::get, "/v2/packages/active/report"));
  CHECK_FALSE(strikes({.path = "/v2/packages/*"}, method::get, "/v2/packages"));
  const fault third_page{.query = {{"page", "3"}}};
  CHECK(strikes(third_page, method::get, "/x", {{"licenseNumber", "L"}, {"page", "3"}}));
  CHECK_FALSE(strikes(third_page, method::get, "/x", {{"page", "33"}}));
  CHECK_FALSE(strikes(third_page, method::get, "/x", {{"other", "3"}}));
  CHECK_FALSE(strikes(third_page, method::get, "/x"));
  CHECK_FALSE(strikes({.query = {{"page", "3"}, {"pageSize", "5"}}}, method::get, "/x", {{"page", "3"}}));
}

TEST_CASE("faults that make sense") {
  for (const fault& f : {fault{.status = 500}, fault{.delay = 1h}, fault{.status = 204, .body = ""},
                         fault{.status = 429, .retry_after = retry_after_form::hour},
                         fault{.account = {{"ca.metrc.com", "ann"}}, .end_sessions = true},
                         fault{.account = {{"ca.metrc.com", "ann"}}, .new_password = "x"},
                         fault{.wire = wire_fault{.cut_after = 0}},
                         fault{.wire = wire_fault{.cut_after = 50, .length_error = -5}},
                         fault{.status = 503, .wire = wire_fault{.cut_after = 9, .drip_bytes = 1}}}) {
    CHECK_NOTHROW(t3api::sandbox::check_fault(f));
  }
}

TEST_CASE("what makes no sense is refused with a sentence of its own, which tells no password") {
  std::set<std::string> sentences;
  const std::vector<fault> senseless = {
      {},
      {.path = "v2/states", .status = 500},
      {.path = "/v2/*/active", .status = 500},
      {.path = "/v2/states?page=1", .status = 500},
      {.path = "/sandbox/faults", .status = 500},
      {.status = 199},
      {.retry_after = retry_after_form::zero},
      {.status = 500, .headers = {{"Content-Length", "5"}}},
      {.delay = -1ms},
      {.new_password = "canary"},
      {.account = {{"ca.metrc.com", "ann"}}, .status = 500},
      {.wire = wire_fault{.reset = true, .cut_after = 5}},
      {.wire = wire_fault{.garbage = "x", .length_error = 1}},
      {.wire = wire_fault{.drip_bytes = 1, .drip_pause = -1ms}},
      {.wire = wire_fault{.drip_pause = 1ms}},
  };
  for (const auto& f : senseless) {
    try {
      t3api::sandbox::check_fault(f);
      FAIL_CHECK("accepted number " << sentences.size());
    } catch (const std::invalid_argument& wrong) {
      CHECK(std::string(wrong.what()).find("canary") == std::string::npos);
      sentences.insert(wrong.what());
    }
  }
  CHECK(sentences.size() == senseless.size());
  for (const fault& f : {fault{.path = "", .status = 500}, fault{.status = 600}, fault{.status = -1},
                         fault{.delay = 1ms, .headers = {{"A", "b"}}}, fault{.delay = 1ms, .body = "x"}}) {
    CHECK_THROWS_AS(t3api::sandbox::check_fault(f), std::invalid_argument);
  }
}
