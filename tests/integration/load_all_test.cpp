#include <t3api/t3api.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <future>
#include <set>
#include <string>
#include <vector>

#include "tests/support/sandbox_server.hpp"

#include <t3api/api/load_all.hpp>

using namespace t3api;
using namespace std::chrono_literals;

// Whole collections, both wings, over real HTTP.

namespace {

const std::string active = "/v2/packages/active";
const page_request in_sevens{.license_number = "LIC-00001", .page_size = 7};

default_client<credentials_auth> client_of(const test::sandbox_server& box, std::size_t batch_size,
                                           std::size_t threads = 4) {
  return default_client<credentials_auth>(
      credentials_auth({.hostname = "ca.metrc.com", .username = "demo-ca", .password = "demo-ca-password"}),
      {.host = box.url(), .async_threads = threads, .batch_size = batch_size});
}

std::vector<std::string> labels_of(const nlohmann::json::array_t& rows) {
  std::vector<std::string> labels;
  for (const auto& row : rows) labels.push_back(row.at("label").get<std::string>());
  return labels;
}

/// The labels of all packages, page by page.
std::vector<std::string> labels_by_page(const default_client<credentials_auth>& via) {
  const auto page = load_page(via, active, {.license_number = "LIC-00001", .page_size = 500}).value();
  REQUIRE(page.data.size() == 250);
  return labels_of(page.data);
}

}  // namespace

TEST_CASE("250 packages in pages of 7 come whole and in order, with every batch size") {
  const test::sandbox_server box;
  for (const std::size_t batch_size : {1U, 4U, 64U}) {
    CAPTURE(batch_size);
    const auto via = client_of(box, batch_size, /*threads=*/batch_size);
    const auto before = box.server.count(active);
    const auto loaded = load_all(via, active, in_sevens);
    if (!loaded) FAIL(loaded.error().message);
    CHECK(box.server.count(active) - before == 36);
    const auto labels = labels_of(*loaded);
    CHECK(std::set<std::string>(labels.begin(), labels.end()).size() == 250);
    CHECK(labels == labels_by_page(via));
  }
}

TEST_CASE("all threads of a client may load collections at once") {
  const test::sandbox_server box;
  const auto via = client_of(box, 4, /*threads=*/2);
  const auto expected = labels_by_page(via);
  std::vector<std::future<result<nlohmann::json::array_t>>> loading;
  for (int i = 0; i < 6; ++i) loading.push_back(via.async([&] { return load_all(via, active, in_sevens); }));
  for (auto& each : loading) {
    REQUIRE(each.wait_for(60s) == std::future_status::ready);
    CHECK(labels_of(each.get().value()) == expected);
  }
}

TEST_CASE("a licence of someone else is refused with the first page") {
  const test::sandbox_server box;
  const auto loaded = load_all(client_of(box, 4), active, {.license_number = "LIC-99999"});
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().status == 403);
  CHECK(loaded.error().message.starts_with("page 1 of /v2/packages/active: "));
  CHECK(box.server.count(active) == 1);
}

TEST_CASE("a collection without rows is no error") {
  const test::sandbox_server box({.packages = 0});
  CHECK(load_all(client_of(box, 4), active, in_sevens).value().empty());
}
