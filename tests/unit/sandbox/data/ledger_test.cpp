#include <string>

#include <doctest/doctest.h>

#include <t3api/sandbox/data/ledger.hpp>

using t3api::sandbox::ledger;

TEST_CASE("the ledger keeps the newest entries and counts those that had to go") {
  ledger l;
  for (std::size_t i = 0; i < ledger::most_entries + 5; ++i) l.add({.request_id = std::to_string(i)});
  CHECK(l.entries().size() == ledger::most_entries);
  CHECK(l.entries().front().request_id == "5");
  CHECK(l.dropped() == 5);
  l.clear();
  CHECK(l.entries().empty());
  CHECK(l.dropped() == 0);
}

TEST_CASE("bodies together stay within a limit") {
  ledger l;
  for (int i = 0; i < 9; ++i) l.add({.body = std::string(8U << 20U, ' ')});
  CHECK(l.entries().size() == 8);
  CHECK(l.dropped() == 1);
}

TEST_CASE("as JSON the ledger shows bodies as they were sent") {
  ledger l;
  l.add({.hostname = "h",
         .username = "u",
         .path = "/p",
         .license = "L",
         .submit = true,
         .body = "[1]",
         .request_id = "r"});
  l.add({.body = "no JSON"});
  const auto shown = to_json(l);
  CHECK(shown["dropped"] == 0);
  CHECK(shown["entries"][0] == nlohmann::json({{"at", "1970-01-01T00:00:00.000Z"},
                                               {"hostname", "h"},
                                               {"username", "u"},
                                               {"path", "/p"},
                                               {"licenseNumber", "L"},
                                               {"submit", true},
                                               {"body", {1}},
                                               {"requestId", "r"}}));
  CHECK(shown["entries"][1]["body"] == nullptr);
}
