#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <tests/support/memory_growth.hpp>
#include <tests/unit/sandbox/support.hpp>

using nlohmann::json;
using sandbox_test::body_of;
using sandbox_test::message_of;
using sandbox_test::sandbox;
using t3api::test::memory_growth;

namespace {

struct reader : sandbox {
  explicit reader(t3api::sandbox::settings settings = {})
      : sandbox(std::move(settings)), token_text(token()) {}

  t3api::response packages(const std::string& query) {
    return get_with_token("/v2/packages/active?licenseNumber=LIC-00001" + query, token_text);
  }

  std::string token_text;
};

/// Less than objects of 20'000 rows take.
constexpr std::size_t most_growth = std::size_t{64} << 20U;

}  // namespace

TEST_CASE("pages give every package once") {
  reader s({.packages = 25});
  std::set<std::string> labels;
  for (int page = 1; page <= 3; ++page) {
    const auto body = body_of(s.packages("&pageSize=10&page=" + std::to_string(page)));
    CHECK(body["page"] == page);
    CHECK(body["pageSize"] == 10);
    CHECK(body["totalPages"] == 3);
    CHECK(body["total"] == 25);
    CHECK(body["data"].size() == (page < 3 ? 10 : 5));
    for (const auto& package : body["data"]) CHECK(labels.insert(package["label"]).second);
  }
  CHECK(labels.size() == 25);
  const auto defaults = body_of(s.packages(""));
  CHECK(defaults["page"] == 1);
  CHECK(defaults["pageSize"] == 100);
  CHECK(defaults["totalPages"] == 1);
}

TEST_CASE("the same seed gives the same data, another seed other data") {
  reader a, b, c({.seed = 2});
  CHECK(body_of(a.packages("")) == body_of(b.packages("")));
  CHECK(body_of(a.packages(""))["data"][0]["label"] != body_of(c.packages(""))["data"][0]["label"]);
}

TEST_CASE("past the last page there is nothing, or an error when that is asked for") {
  reader s({.packages = 25});
  for (const char* page : {"2", "9223372036854775807"}) {
    const auto answer = s.packages("&page=" + std::string(page));
    CHECK(answer.status == 200);
    CHECK(body_of(answer)["data"].empty());
    CHECK(body_of(answer)["total"] == 25);
    CHECK(s.packages("&strictPagination=false&page=" + std::string(page)).status == 200);
    CHECK(s.packages("&strictPagination=true&page=" + std::string(page)).status == 400);
  }
  CHECK(s.packages("&strictPagination=true").status == 200);
}

TEST_CASE("a licence without packages has one empty page") {
  reader s({.packages = 0});
  const auto answer = s.packages("&strictPagination=true");
  CHECK(answer.status == 200);
  CHECK(body_of(answer)["data"].empty());
  CHECK(body_of(answer)["totalPages"] == 0);
}

TEST_CASE("a licence is required and must be the account's") {
  reader s;
  CHECK(s.get_with_token("/v2/packages/active", s.token_text).status == 400);
  CHECK(s.get_with_token("/v2/packages/active?licenseNumber=", s.token_text).status == 400);
  CHECK(s.get_with_token("/v2/packages/active?licenseNumber=LIC-99999", s.token_text).status == 403);
  CHECK(s.get("/v2/packages/active?licenseNumber=LIC-00001").status == 401);
}

TEST_CASE("bad parameters are refused, by name") {
  reader s;
  for (const char* wrong : {"page=0", "page=-1", "page=x", "page=", "page=1.5", "page=99999999999999999999",
                            "pageSize=0", "pageSize=501", "pageSize=1&pageSize=2"}) {
    CAPTURE(wrong);
    const auto answer = s.packages("&" + std::string(wrong));
    CHECK(answer.status == 400);
    const std::string name = std::string(wrong).substr(0, std::string(wrong).find('='));
    CHECK(message_of(answer).find("'" + name + "'") != std::string::npos);
  }
  CHECK(s.packages("&page=99&strictPagination=perhaps").status == 400);
  CHECK(s.packages("&licenseNumber=LIC-00002").status == 400);
  CHECK(s.packages("&unknown=1").status == 200);
}

TEST_CASE("filters and sort choose and order the rows of all pages") {
  reader s({.packages = 300});
  const std::string query =
      "&pageSize=50&sort=locationName:asc,quantity:desc&filter=isOnHold__eq:false"
      "&filter=item.name__contains:blue%20dream";
  json all = json::array();
  const auto total = body_of(s.packages(query))["total"].get<std::size_t>();
  for (int page = 1; page <= 7; ++page) {
    const auto body = body_of(s.packages(query + "&page=" + std::to_string(page)));
    CHECK(body["total"] == total);
    for (const auto& row : body["data"]) all.push_back(row);
  }
  CHECK(all.size() == total);
  CHECK(total > 10);
  CHECK(total < 300);
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i]["isOnHold"] == false);
    CHECK(all[i]["item"]["strainName"] == "Blue Dream");
    if (i == 0) continue;
    const bool same_room = all[i - 1]["locationName"] == all[i]["locationName"];
    CHECK(all[i - 1]["locationName"] <= all[i]["locationName"]);
    if (same_room) CHECK(all[i - 1]["quantity"] >= all[i]["quantity"]);
  }
}

TEST_CASE("filterLogic=or takes what passes any filter") {
  reader s({.packages = 300});
  const auto count = [&](const std::string& query) { return body_of(s.packages(query))["total"].get<int>(); };
  const std::string vault = "&filter=locationName__eq:vault",
                    floor = "&filter=locationName__eq:Sales%20Floor";
  CHECK(count(vault) > 0);
  CHECK(count(vault + floor) == 0);
  CHECK(count(vault + floor + "&filterLogic=and") == 0);
  CHECK(count(vault + floor + "&filterLogic=or") == count(vault) + count(floor));
}

TEST_CASE("wrong filters and sorts are refused, by name and with what is allowed") {
  reader s;
  const auto refused = [&](const std::string& query, const std::string& says) {
    CAPTURE(query);
    const auto answer = s.packages("&" + query);
    CHECK(answer.status == 400);
    CHECK(message_of(answer).find("'" + query.substr(0, query.find('=')) + "'") != std::string::npos);
    CHECK(message_of(answer).find(says) != std::string::npos);
  };
  refused("filter=colour__eq:red", "the fields are");
  refused("filter=retrievedAt__eq:2024-01-01", "the fields are");
  refused("filter=label__lt:1", "contains, doesnotcontain");
  refused("filter=lastModified__lt:yesterday", "ISO 8601");
  refused("filter=label", "field__operator:value");
  refused("sort=label", "label:asc");
  refused("sort=label:up", "label:asc");
  refused("sort=colour:asc", "the fields are");
  refused("filterLogic=xor", "and, or or");
  refused("filterLogic=or&filterLogic=and", "once");
}

TEST_CASE("every collection answers with its own data model, and only below its own paths") {
  reader s({.packages = 250});
  const std::vector<std::pair<std::string, std::string>> models = {
      {"/v2/packages/active", "ACTIVE_PACKAGE"},
      {"/v2/packages/inactive", "INACTIVE_PACKAGE"},
      {"/v2/packages/onhold", "ONHOLD_PACKAGE"},
      {"/v2/packages/intransit", "INTRANSIT_PACKAGE"},
      {"/v2/items", "ACTIVE_ITEM"},
      {"/v2/plants/vegetative", "VEGETATIVE_PLANT"},
      {"/v2/plants/flowering", "FLOWERING_PLANT"},
      {"/v2/plants/onhold", "ONHOLD_PLANT"},
      {"/v2/plants/inactive", "INACTIVE_PLANT"},
  };
  for (const auto& one : models) {
    const auto& path = one.first;
    const auto& model = one.second;
    CAPTURE(path);
    const auto body = body_of(s.get_with_token(path + "?licenseNumber=LIC-00001", s.token_text));
    CHECK(body["total"] > 0);
    for (const auto& row : body["data"]) CHECK(row["dataModel"] == model);
    CHECK(s.get_with_token(path + "?licenseNumber=LIC-99999", s.token_text).status == 403);
    CHECK(s.get_with_token(path, s.token_text).status == 400);
    CHECK(s.get(path + "?licenseNumber=LIC-00001").status == 401);
    CHECK(s.get(path + "/").status == 404);
    CHECK(s.post(path, json::object()).status == 405);
  }
  for (const char* path : {"/v2/packages", "/v2/packages/finished", "/v2/plants", "/v2/items/active"}) {
    CHECK(s.get(path).status == 404);
  }
}

TEST_CASE("a million packages are in no memory, however they are asked for") {
  {
    // Whether memory can be measured here.
    const memory_growth seen;
    const std::vector<char> block(2 * most_growth, 'x');
    if (seen.bytes() < block.size() / 2) {
      MESSAGE("the growth of memory cannot be measured here");
      return;
    }
  }
  reader s({.packages = 1'000'000});
  const auto total_of = [&](const std::string& path, const std::string& query) {
    CAPTURE(path);
    CAPTURE(query);
    const memory_growth grown;
    const auto body =
        body_of(s.get_with_token(path + "?licenseNumber=LIC-00001&pageSize=500" + query, s.token_text));
    CHECK(body["data"].size() == 500);
    CHECK(grown.bytes() < most_growth);
    return body["total"].get<std::uint64_t>();
  };
  CHECK(total_of("/v2/packages/active", "") == 1'000'000);
  CHECK(total_of("/v2/packages/active", "&page=2000") == 1'000'000);
  // A selection looks at every row: the smaller collections make it quick.
  CHECK(total_of("/v2/packages/onhold", "&sort=locationName:asc,quantity:desc") == 50'000);
  CHECK(total_of("/v2/packages/intransit", "&filter=locationName__neq:x") == 20'000);
  if (std::getenv("T3API_TEST_SCALE") == nullptr) return;
  CHECK(total_of("/v2/packages/active", "&sort=quantity:desc") == 1'000'000);
  CHECK(total_of("/v2/packages/active", "&filter=locationName__neq:x") == 1'000'000);
}
