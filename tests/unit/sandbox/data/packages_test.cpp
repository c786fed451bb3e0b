#include <set>
#include <string>

#include <doctest/doctest.h>

#include <t3api/sandbox/data/packages.hpp>

using namespace t3api::sandbox;
using nlohmann::json;

namespace {

json package(std::uint64_t index, std::uint64_t seed = 1, const char* license = "LIC-00001",
             const collection& of = active_packages) {
  return make_row(of, data_owner(seed, "ca.metrc.com", license), index, t3api::wall_time{});
}

}  // namespace

TEST_CASE("a package is the same every time, in this and every later version") {
  const auto expected = json::parse(R"json({"dataModel":"ACTIVE_PACKAGE","hostname":"ca.metrc.com",
      "id":895535000000001,"isArchived":false,"isFinished":false,"isOnHold":false,
      "item":{"id":895535122,"name":"Gelato Live Resin 0.5 g #2","productCategoryName":"Extract (weight - each)",
      "quantityTypeName":"CountBased","strainName":"Gelato","unitOfMeasureName":"Each"},
      "labTestingStateName":"NotSubmitted","label":"1A4692895535000000000001",
      "lastModified":"2024-05-09T08:39:00.000Z","licenseNumber":"LIC-00001","locationName":"Sales Floor",
      "note":"","packagedDate":"2024-04-21","quantity":193.0,"retrievedAt":"1970-01-01T00:00:00.000Z",
      "sourcePackageLabels":["1A4692895535900000000000"],"unitOfMeasureAbbreviation":"ea"})json");
  CHECK(package(0) == expected);
}

TEST_CASE("a package is another elsewhere") {
  CHECK(package(7) == package(7));
  CHECK(package(7)["label"] != package(8)["label"]);
  CHECK(package(7)["label"] != package(7, 2)["label"]);
  CHECK(package(7)["label"] != package(7, 1, "LIC-00002")["label"]);
}

TEST_CASE("labels and ids do not repeat, in any kind of packages") {
  std::set<std::string> labels;
  std::set<std::uint64_t> ids;
  for (const auto* of : {&active_packages, &inactive_packages, &on_hold_packages, &in_transit_packages}) {
    for (std::uint64_t i = 0; i < 1000; ++i) {
      const auto p = package(i * 499, 1, "LIC-00001", *of);
      CHECK(labels.insert(p["label"].get<std::string>()).second);
      CHECK(ids.insert(p["id"].get<std::uint64_t>()).second);
      CHECK(p["label"].get<std::string>().size() == 24);
    }
  }
}

TEST_CASE("kinds of packages differ in what they say of themselves") {
  for (std::uint64_t i = 0; i < 50; ++i) {
    const auto inactive = package(i, 1, "L", inactive_packages);
    CHECK(inactive["isFinished"] == true);
    CHECK(inactive["finishedDate"].is_string());
    CHECK(inactive["archivedDate"].is_string() == inactive["isArchived"].get<bool>());
    CHECK(package(i, 1, "L", on_hold_packages)["isOnHold"] == true);
    CHECK(package(i, 1, "L", in_transit_packages)["isInTransit"] == true);
    CHECK(package(i, 1, "L", in_transit_packages)["transferManifestNumber"].is_string());
  }
}
