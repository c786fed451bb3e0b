#include <set>

#include <doctest/doctest.h>

#include <t3api/sandbox/data/packages.hpp>

using namespace t3api::sandbox;

namespace {

nlohmann::json package(std::uint64_t index, std::uint64_t seed = 1, const char* license = "LIC-00001") {
  return make_package({.seed = seed, .hostname = "ca.metrc.com", .license = license, .index = index},
                      t3api::wall_time{});
}

}  // namespace

TEST_CASE("a package is the same every time, and another elsewhere") {
  CHECK(package(7) == package(7));
  CHECK(package(7)["label"] != package(8)["label"]);
  CHECK(package(7)["label"] != package(7, 2)["label"]);
  CHECK(package(7)["label"] != package(7, 1, "LIC-00002")["label"]);
}

TEST_CASE("labels and ids do not repeat") {
  std::set<std::string> labels;
  std::set<std::uint64_t> ids;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const auto p = package(i * 499);
    CHECK(labels.insert(p["label"].get<std::string>()).second);
    CHECK(ids.insert(p["id"].get<std::uint64_t>()).second);
    CHECK(p["label"].get<std::string>().size() == 24);
  }
}

TEST_CASE("a package has T3's members in their types") {
  for (std::uint64_t i = 0; i < 50; ++i) {
    const auto p = package(i);
    for (const char* name :
         {"hostname", "dataModel", "retrievedAt", "licenseNumber", "label", "unitOfMeasureAbbreviation",
          "packagedDate", "labTestingStateName", "locationName", "lastModified", "note"}) {
      CAPTURE(name);
      CHECK(p.at(name).is_string());
    }
    for (const char* name : {"isOnHold", "isFinished", "isArchived"}) CHECK(p.at(name).is_boolean());
    CHECK(p.at("id").is_number_unsigned());
    CHECK(p.at("quantity").is_number());
    CHECK(p.at("sourcePackageLabels").is_array());
    for (const char* name :
         {"id", "name", "productCategoryName", "quantityTypeName", "unitOfMeasureName", "strainName"}) {
      CHECK(p.at("item").contains(name));
    }
  }
}
