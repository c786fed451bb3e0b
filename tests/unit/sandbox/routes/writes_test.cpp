#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <tests/unit/sandbox/support.hpp>

using nlohmann::json;
using sandbox_test::body_of;
using sandbox_test::message_of;
using sandbox_test::method;
using sandbox_test::sandbox;

namespace {

struct writer : sandbox {
  explicit writer(t3api::sandbox::settings settings = {.packages = 20})
      : sandbox(std::move(settings)), key(secret_key()) {}

  t3api::response write(const std::string& path, const json& body,
                        const std::string& submit = "&submit=true") {
    return service.handle({.method = method::post,
                           .path = path + "?licenseNumber=LIC-00001" + submit,
                           .headers = {{"Content-Type", "application/json"}, {"X-T3-API-Key", key}},
                           .body = body.dump()});
  }

  json read(const std::string& path, const std::string& query = "") {
    return body_of(get_with_key(path + "?pageSize=500&licenseNumber=LIC-00001" + query, key));
  }

  /// An entry that makes a package out of an active one, with the tag of that number.
  json creation(std::size_t tag = 0) {
    const auto inputs = read("/v2/packages/create/inputs");
    const auto source = read("/v2/packages/active", "&filter=unitOfMeasureAbbreviation__eq:ea")["data"][0];
    const auto item = read("/v2/items", "&filter=unitOfMeasureName__eq:Each")["data"][3];
    return {{"actualDate", "2024-05-16"},
            {"ingredients",
             json::array({{{"packageId", source["id"]}, {"quantity", 1}, {"unitOfMeasureId", 1}}})},
            {"itemId", item["id"]},
            {"locationId", inputs["locations"][1]["id"]},
            {"quantity", 2.5},
            {"tagId", inputs["tags"][tag]["id"]},
            {"unitOfMeasureId", 1}};
  }

  std::string key;
};

constexpr const char* create = "/v2/packages/create";

}  // namespace

TEST_CASE("a created package is among the active ones, and was taken from its source") {
  writer s;
  const auto entry = s.creation();
  const auto label = s.read("/v2/packages/create/inputs")["tags"][0]["label"];
  const auto source_id = entry["ingredients"][0]["packageId"].dump();
  const auto before = s.read("/v2/packages/active", "&filter=id__eq:" + source_id)["data"][0];

  const auto answer = s.write(create, json::array({entry}));
  CHECK(answer.status == 200);
  CHECK(body_of(answer) == json({{"message", "Success"}}));
  const auto list = s.read("/v2/packages/active");
  CHECK(list["total"] == 21);
  const auto made = list["data"][20];
  CHECK(made["label"] == label);
  CHECK(made["quantity"] == 2.5);
  CHECK(made["packagedDate"] == "2024-05-16");
  CHECK(made["locationName"] == "Packing Room");
  CHECK(made["lastModified"] == "2024-05-17T12:00:10.000Z");
  CHECK(made["retrievedAt"] == "2024-05-17T12:00:10.000Z");
  CHECK(made["item"]["id"] == entry["itemId"]);
  CHECK(made["sourcePackageLabels"] == json::array({before["label"]}));
  for (const auto& [name, value] : before.items()) CHECK(made.contains(name));
  const auto after = s.read("/v2/packages/active", "&filter=id__eq:" + source_id)["data"][0];
  CHECK(after["quantity"].get<double>() == before["quantity"].get<double>() - 1);
  CHECK(s.read("/v2/packages/active", "&filter=label__eq:" + label.get<std::string>())["total"] == 1);
  CHECK(s.read("/v2/packages/create/inputs")["tags"][0]["label"] != label);
}

TEST_CASE("a tag is used once") {
  writer s;
  const auto entry = s.creation();
  CHECK(s.write(create, json::array({entry, entry})).status == 400);
  CHECK(s.read("/v2/packages/active")["total"] == 20);
  CHECK(s.write(create, json::array({entry})).status == 200);
  const auto again = s.write(create, json::array({entry}));
  CHECK(again.status == 400);
  CHECK(message_of(again) == "entry 1: the member 'tagId' names a tag that a package has already");
  CHECK(s.read("/v2/packages/active")["total"] == 21);
}

TEST_CASE("only submit=true writes") {
  writer s;
  for (const char* submit : {"", "&submit=false", "&submit=False"}) {
    CAPTURE(submit);
    const auto answer = s.write(create, json::array({s.creation()}), submit);
    CHECK(answer.status == 200);
    CHECK(body_of(answer) == json({{"message", "Dry run"}}));
    CHECK(s.write(create, json::array({json::object()}), submit).status == 400);
  }
  CHECK(s.read("/v2/packages/active")["total"] == 20);
  CHECK(s.service.ledger().entries().size() == 3);
  for (const auto& one : s.service.ledger().entries()) CHECK_FALSE(one.submit);
  CHECK(body_of(s.write(create, json::array({s.creation()}), "&submit=True")) ==
        json({{"message", "Success"}}));
  CHECK(s.read("/v2/packages/active")["total"] == 21);
}

TEST_CASE("submit is true or false, and nothing that could be taken for one of them") {
  writer s;
  for (const char* submit :
       {"&submit=1", "&submit=maybe", "&submit=", "&submit=yes", "&submit=true&submit=true"}) {
    CAPTURE(submit);
    const auto answer = s.write(create, json::array({s.creation()}), submit);
    CHECK(answer.status == 400);
    CHECK(message_of(answer).find("'submit'") != std::string::npos);
  }
  CHECK(s.read("/v2/packages/active")["total"] == 20);
  CHECK(s.service.ledger().entries().empty());
}

TEST_CASE("the ledger has each accepted write once, and no refused one") {
  writer s;
  const auto body = json::array({s.creation()});
  const auto answer = s.write(create, body);
  CHECK(s.write(create, body).status == 400);
  const auto entries = s.service.ledger().entries();
  REQUIRE(entries.size() == 1);
  const auto& one = entries[0];
  CHECK(one.at == s.clock->wall_now());
  CHECK(one.hostname == "ca.metrc.com");
  CHECK(one.username == "demo-ca");
  CHECK(one.path == create);
  CHECK(one.license == "LIC-00001");
  CHECK(one.submit);
  CHECK(json::parse(one.body) == body);
  CHECK(one.request_id == answer.headers.get("X-Request-Id"));
  const auto shown = t3api::sandbox::to_json(s.service.ledger());
  CHECK(shown["entries"].size() == 1);
  CHECK(shown["entries"][0]["body"] == body);
  CHECK(shown.dump().find(s.key) == std::string::npos);
}

TEST_CASE("an ingredient that is used up can leave the active packages") {
  writer s;
  auto entry = s.creation();
  auto& from = entry["ingredients"][0];
  from["finishDate"] = "2024-05-17";
  CHECK(
      message_of(s.write(create, json::array({entry}))) ==
      "entry 1, ingredient 1: the member 'finishDate' is for a package that is used up, and this one is not");
  const auto id = from["packageId"].dump();
  const auto all = s.read("/v2/packages/active", "&filter=id__eq:" + id)["data"][0];
  from["quantity"] = all["quantity"];
  const auto inactive = s.read("/v2/packages/inactive")["total"].get<int>();
  CHECK(s.write(create, json::array({entry})).status == 200);
  CHECK(s.read("/v2/packages/active", "&filter=id__eq:" + id)["total"] == 0);
  const auto list = s.read("/v2/packages/active");
  CHECK(list["total"] == 20);
  CHECK(list["data"].size() == 20);
  for (const auto& row : list["data"]) CHECK(row["id"] != all["id"]);
  const auto done = s.read("/v2/packages/inactive", "&filter=id__eq:" + id)["data"][0];
  CHECK(done["dataModel"] == "INACTIVE_PACKAGE");
  CHECK(done["finishedDate"] == "2024-05-17");
  CHECK(done["quantity"] == 0);
  CHECK(s.read("/v2/packages/inactive")["total"] == inactive + 1);
}

TEST_CASE("a wrong creation is refused by entry and member, and nothing of the list is written") {
  writer s;
  const auto right = s.creation(0), other = s.creation(1);
  const auto refused = [&](const char* member, const json& value) {
    auto wrong = other;
    wrong[member] = value;
    if (value.is_null()) wrong.erase(member);
    CAPTURE(wrong.dump());
    const auto answer = s.write(create, json::array({right, wrong}));
    CHECK(answer.status == 400);
    CHECK(message_of(answer).starts_with("entry 2"));
    CHECK(message_of(answer).find("'" + std::string(member) + "'") != std::string::npos);
  };
  for (const char* member :
       {"actualDate", "ingredients", "itemId", "locationId", "quantity", "tagId", "unitOfMeasureId"}) {
    refused(member, nullptr);
    refused(member, "x");
    refused(member, -1);
  }
  refused("quantity", 0);
  refused("unitOfMeasureId", 2);
  refused("ingredients", json::array());
  refused("ingredients", json::array_t(101, json::object()));
  refused("note", std::string(1001, 'x'));
  refused("useByDate", "soon");
  refused("colour", "red");
  const json wrong_uses = {{"packageId", 7}, {"quantity", 1e6}, {"unitOfMeasureId", 2}};
  for (const auto& [member, value] : wrong_uses.items()) {
    auto wrong = right;
    wrong["ingredients"][0][member] = value;
    CHECK(message_of(s.write(create, json::array({wrong})))
              .starts_with("entry 1, ingredient 1: the member '" + member));
  }
  CHECK(s.read("/v2/packages/active")["total"] == 20);
  CHECK(s.service.ledger().entries().empty());
}

TEST_CASE("a write needs a list, JSON, a licence and a caller") {
  writer s;
  for (const auto& body :
       {json::array(), json::object(), json("x"), json(json::array_t(101, json::object()))}) {
    CHECK(s.write(create, body).status == 400);
  }
  t3api::request asked{
      .method = method::post, .path = std::string(create) + "?licenseNumber=LIC-00001", .body = "["};
  CHECK(s.service.handle(asked).status == 401);
  asked.headers.set("X-T3-API-Key", s.key);
  CHECK(s.service.handle(asked).status == 400);
  asked.headers.set("Content-Type", "text/plain");
  CHECK(s.service.handle(asked).status == 415);
  asked.path = std::string(create) + "?licenseNumber=LIC-99999";
  CHECK(s.service.handle(asked).status == 403);
  asked.path = create;
  CHECK(s.service.handle(asked).status == 400);
  CHECK(s.get(create).status == 405);
}

TEST_CASE("a note changes a package and its lastModified, in all answers") {
  writer s;
  const auto first = s.read("/v2/packages/active")["data"][4];
  CHECK(s.read("/v2/packages/active", "&filter=note__contains:canary")["total"] == 0);
  const json note = {{"id", first["id"]}, {"note", "Straße, a \"canary\""}};
  CHECK(s.write("/v2/packages/notes", json::array({note})).status == 200);
  const auto found = s.read("/v2/packages/active", "&filter=note__contains:CANARY")["data"];
  REQUIRE(found.size() == 1);
  CHECK(found[0]["note"] == note["note"]);
  CHECK(found[0]["lastModified"] == "2024-05-17T12:00:10.000Z");
  auto rest = found[0];
  rest["note"] = first["note"];
  rest["lastModified"] = first["lastModified"];
  CHECK(rest == first);
  CHECK(s.get_with_key("/v2/packages/active/report?contentType=csv&fieldnames=note&licenseNumber=LIC-00001",
                       s.key)
            .body.find("\"Straße, a \"\"canary\"\"\"\r\n") != std::string::npos);
  CHECK(s.read("/v2/packages/active")["total"] == 20);
  CHECK(s.write("/v2/packages/notes", json::array({{{"id", 7}, {"note", "x"}}})).status == 400);
  CHECK(s.write("/v2/packages/notes", json::array({{{"id", first["id"]}}})).status == 400);
}

TEST_CASE("a discontinued item leaves the list, and cannot be discontinued twice or used") {
  writer s;
  const auto creation = s.creation();
  const json item = {{"id", creation["itemId"]}};
  CHECK(s.write("/v2/items/discontinue", item).status == 200);
  CHECK(s.read("/v2/items")["total"] == 239);
  CHECK(s.read("/v2/items", "&filter=id__eq:" + item["id"].dump())["total"] == 0);
  CHECK(message_of(s.write("/v2/items/discontinue", item)).starts_with("the body: the member 'id'"));
  CHECK(s.write(create, json::array({creation})).status == 400);
  CHECK(s.write("/v2/items/discontinue", json::array({item})).status == 400);
  CHECK(s.service.ledger().entries().size() == 1);
}

TEST_CASE("licences and accounts are written apart") {
  writer s;
  CHECK(s.write(create, json::array({s.creation()})).status == 200);
  CHECK(body_of(s.get_with_key("/v2/packages/active?licenseNumber=LIC-00002", s.key))["total"] == 20);
  const auto other = s.secret_key(sandbox::colorado());
  CHECK(body_of(s.get_with_key("/v2/packages/active?licenseNumber=LIC-00001", other))["total"] == 20);
}
