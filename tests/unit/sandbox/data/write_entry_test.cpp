#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <t3api/sandbox/data/write_entry.hpp>

using nlohmann::json;
using namespace t3api::sandbox;

namespace {

template <class F>
std::string refused(F&& f) {
  try {
    f();
  } catch (const refusal& why) {
    CHECK(why.status == 400);
    return why.message;
  }
  return "";
}

}  // namespace

TEST_CASE("members are read in their types") {
  const json given = {
      {"id", 7U}, {"quantity", 2.5}, {"date", "2024-05-17T23:00:00Z"}, {"text", ""}, {"none", nullptr}};
  const write_entry entry(given, "entry 1", {"id", "quantity", "date", "text", "none"});
  CHECK(entry.id("id") == 7);
  CHECK(entry.quantity("quantity") == 2.5);
  CHECK(entry.date("date") == "2024-05-17");
  CHECK(entry.text("text") == "");
  CHECK(entry.has("text"));
  CHECK_FALSE(entry.has("none"));
}

TEST_CASE("what is wrong is named with its place, and its value is not shown") {
  for (const json& value :
       {json("canary"), json(-1), json(1.5e300), json(json::array()), json(true), json()}) {
    const json given = {{"m", value}};
    const write_entry entry(given, "entry 3", {"m"});
    CAPTURE(given.dump());
    for (const auto& message : {refused([&] { entry.id("m"); }), refused([&] { entry.quantity("m"); }),
                                refused([&] { entry.date("m"); })}) {
      CHECK(message.starts_with("entry 3: the member 'm' "));
      CHECK(message.find("canary") == message.npos);
    }
  }
  const json zero = {{"m", 0}};
  CHECK(refused([&] { write_entry(zero, "entry 3", {"m"}).quantity("m"); }) != "");
  CHECK(refused([&] { write_entry(zero, "entry 3", {"n"}); }) ==
        "entry 3: the member 'm' is not known: the members are n");
  const json list = json::array();
  CHECK(refused([&] { write_entry(list, "entry 3", {"n"}); }).starts_with("entry 3: it must be"));
}
