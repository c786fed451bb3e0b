#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <tests/unit/sandbox/support.hpp>

using nlohmann::json;
using sandbox_test::body_of;
using sandbox_test::message_of;
using sandbox_test::sandbox;

namespace {

struct report_reader : sandbox {
  explicit report_reader(t3api::sandbox::settings settings = {})
      : sandbox(std::move(settings)), key(secret_key()) {}

  /// As a spreadsheet asks: with the key in the address.
  t3api::response report(const std::string& query, const std::string& of = "packages/active") {
    return get("/v2/" + of + "/report?licenseNumber=LIC-00001&secretKey=" + key + query);
  }

  std::string key;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find("\r\n", at);
    REQUIRE(end != text.npos);
    lines.push_back(text.substr(at, end - at));
    at = end + 2;
  }
  return lines;
}

}  // namespace

TEST_CASE("a JSON report has all rows, with the fields that were named") {
  report_reader s({.packages = 730});
  const auto answer = s.report("&fieldnames=label,item.name,%20item.id&sort=label:desc");
  CHECK(answer.status == 200);
  CHECK(answer.headers.get("Content-Type") == "application/json");
  CHECK(answer.headers.get("Cache-Control") == "no-store");
  const auto body = body_of(answer);
  CHECK(body["generatedAt"] == "2024-05-17T12:00:10.000Z");
  CHECK(body["filters"] == json::array());
  CHECK(body["filterLogic"] == "and");
  CHECK(body["sort"] == "label:desc");
  CHECK(body["licenseNumber"] == "LIC-00001");
  CHECK(body["data"].size() == 730);
  CHECK(body["data"][0].size() == 2);
  CHECK(body["data"][0]["item"].size() == 2);
  CHECK(body["data"][0]["label"] > body["data"][729]["label"]);
}

TEST_CASE("a report repeats its filters and keeps to them") {
  report_reader s({.packages = 200});
  const auto body = body_of(s.report("&filter=isOnHold__eq:true&filter=quantity__gt:1&filterLogic=or"));
  CHECK(body["filters"] == json::array({"isOnHold__eq:true", "quantity__gt:1"}));
  CHECK(body["filterLogic"] == "or");
  CHECK(body["sort"] == nullptr);
  CHECK(body["data"][0].size() == 5);  // T3's columns for packages.
  const auto held = body_of(s.report("&filter=isOnHold__eq:true&fieldnames=isOnHold"));
  CHECK(held["data"].size() < 200);
  for (const auto& row : held["data"]) CHECK(row == json({{"isOnHold", true}}));
}

TEST_CASE("a report without rows is one") {
  report_reader s({.packages = 0});
  CHECK(body_of(s.report(""))["data"] == json::array());
  CHECK(s.report("&contentType=csv&prependCsvMetadata=false").body ==
        "label,locationName,item.name,quantity,unitOfMeasureAbbreviation\r\n");
}

TEST_CASE("a CSV report is a file of lines") {
  report_reader s({.packages = 12});
  const auto answer =
      s.report("&contentType=csv&prependCsvMetadata=false&fieldnames=label,item.strainName,isOnHold");
  CHECK(answer.status == 200);
  CHECK(answer.headers.get("Content-Type") == "text/csv; charset=utf-8");
  CHECK(answer.headers.get("Content-Disposition") ==
        "attachment; filename=\"packages-active-LIC-00001-2024-05-17.csv\"");
  CHECK(answer.headers.get("Cache-Control") == "no-store");
  const auto lines = lines_of(answer.body);
  CHECK(lines.size() == 13);
  CHECK(lines[0] == "label,item.strainName,isOnHold");
  const auto first = body_of(s.report("&fieldnames=label"))["data"][0]["label"].get<std::string>();
  CHECK(lines[1].starts_with(first + ","));
}

TEST_CASE("metadata stands above the CSV unless it is left out") {
  report_reader s({.packages = 3});
  for (const char* given : {"", "&prependCsvMetadata=true"}) {
    const auto lines = lines_of(s.report("&contentType=csv&sort=label:asc" + std::string(given)).body);
    CHECK(lines[0] == "dataModel,ACTIVE_PACKAGE");
    CHECK(lines[1] == "generatedAt,2024-05-17T12:00:10.000Z");
    CHECK(lines[2] == "licenseNumber,LIC-00001");
    CHECK(lines[3] == "sort,label:asc");
    CHECK(lines.size() == 8);
  }
  CHECK(s.report("&contentType=csv&prependCsvMetadata=no").status == 400);
}

TEST_CASE("the header Content-Type can ask for CSV too") {
  report_reader s({.packages = 3});
  const auto answer = s.get("/v2/items/report?licenseNumber=LIC-00001",
                            {{"X-T3-API-Key", s.key}, {"Content-Type", "text/csv; charset=utf-8"}});
  CHECK(answer.headers.get("Content-Type") == "text/csv; charset=utf-8");
  CHECK(s.get("/v2/items/report?contentType=json&licenseNumber=LIC-00001",
              {{"X-T3-API-Key", s.key}, {"Content-Type", "text/csv"}})
            .headers.get("Content-Type") == "application/json");
}

TEST_CASE("wrong report parameters are refused, by name") {
  report_reader s;
  for (const char* wrong : {"contentType=xml", "fieldnames=label,colour", "fieldnames=label,label",
                            "fieldnames=", "fieldnames=item", "filter=colour__eq:1", "sort=label"}) {
    CAPTURE(wrong);
    const auto answer = s.report("&" + std::string(wrong));
    CHECK(answer.status == 400);
    const std::string name = std::string(wrong).substr(0, std::string(wrong).find('='));
    CHECK(message_of(answer).find("'" + name + "'") != std::string::npos);
    CHECK(answer.body.find(s.key) == answer.body.npos);
  }
}

TEST_CASE("a report with too many rows is refused, and can be narrowed") {
  report_reader s({.packages = 100'001});
  const auto answer = s.report("&fieldnames=label");
  CHECK(answer.status == 400);
  CHECK(message_of(answer).find("100001 rows") != std::string::npos);
  CHECK(message_of(answer).find("'fieldnames'") == std::string::npos);
  CHECK(body_of(s.report("&fieldnames=label&filter=label__endswith:00001"))["data"].size() == 2);
}

TEST_CASE("every collection has a report, for keys in the address alone") {
  report_reader s({.packages = 100});
  for (const char* of :
       {"packages/active", "packages/inactive", "packages/onhold", "packages/intransit", "items",
        "plants/vegetative", "plants/flowering", "plants/onhold", "plants/inactive"}) {
    CAPTURE(of);
    const auto body = body_of(s.report("", of));
    const auto page = body_of(s.get_with_key("/v2/" + std::string(of) + "?licenseNumber=LIC-00001", s.key));
    CHECK(body["data"].size() == page["total"]);
    CHECK(s.get("/v2/" + std::string(of) + "/report?licenseNumber=LIC-00001").status == 401);
  }
  CHECK(s.get("/v2/report").status == 404);
}
