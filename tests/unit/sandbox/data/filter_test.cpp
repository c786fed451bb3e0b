#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <t3api/sandbox/data/catalogue.hpp>
#include <t3api/sandbox/data/filter.hpp>

using namespace t3api::sandbox;

namespace {

bool passes(const std::string& given, const cell& value) {
  return parse_filter(active_packages, given).matches(value);
}

cell text(const char* value) { return std::string(value); }

cell time_of(const char* value) { return *parse_moment(value); }

}  // namespace

TEST_CASE("texts are compared without case, by every operator") {
  const auto value = text("Blue Dream: a__b");
  const std::vector<std::pair<std::string, bool>> cases = {{"eq:BLUE dream: A__b", true},
                                                           {"eq:Blue", false},
                                                           {"neq:blue", true},
                                                           {"neq:blue DREAM: a__b", false},
                                                           {"contains:E d", true},
                                                           {"contains:x", false},
                                                           {"contains:", true},
                                                           {"contains:: a__", true},
                                                           {"doesnotcontain:x", true},
                                                           {"doesnotcontain:DREAM", false},
                                                           {"startswith:bLUE", true},
                                                           {"startswith:dream", false},
                                                           {"endswith:A__B", true},
                                                           {"endswith:a", false},
                                                           {"eq:", false}};
  for (const auto& one : cases) {
    const auto& rest = one.first;
    const bool expected = one.second;
    CAPTURE(rest);
    CHECK(passes("note__" + rest, value) == expected);
  }
  CHECK(passes("note__eq:ÄÖÉ Žluťoučký ΣΩ ПРИВЕТ Ёж", text("äöé žLUŤOUČKÝ σω привет ёЖ")));
  CHECK(passes("note__contains:ß×÷日本", text("xß×÷日本x")));
  CHECK_FALSE(passes("note__eq:÷", text("×")));
}

TEST_CASE("datetimes are compared as moments, whatever their offset") {
  const auto value = time_of("2024-05-17T12:00:00.500Z");
  const std::vector<std::pair<std::string, bool>> cases = {{"eq:2024-05-17T14:00:00.5+02:00", true},
                                                           {"eq:2024-05-17T12:00:00Z", false},
                                                           {"neq:2024-05-17", true},
                                                           {"lt:2024-05-18", true},
                                                           {"lt:2024-05-17T12:00:00.500Z", false},
                                                           {"lte:2024-05-17T12:00:00.500", true},
                                                           {"gt:2024-05-17", true},
                                                           {"gt:2024-05-17T12:00Z", true},
                                                           {"gte:2024-05-17T12:00:00.500Z", true},
                                                           {"gte:2024-05-17T12:01", false}};
  for (const auto& one : cases) {
    const auto& rest = one.first;
    const bool expected = one.second;
    CAPTURE(rest);
    CHECK(passes("lastModified__" + rest, value) == expected);
  }
  CHECK(passes("packagedDate__eq:2024-05-17", time_of("2024-05-17")));
}

TEST_CASE("booleans and numbers are compared as such") {
  CHECK(passes("isOnHold__eq:TRUE", true));
  CHECK_FALSE(passes("isOnHold__eq:false", true));
  CHECK(passes("quantity__gt:9.5", 10.0));
  CHECK(passes("quantity__lte:1e1", 10.0));
  CHECK(passes("quantity__neq:-1", 10.0));
  CHECK(passes("id__eq:895535000000001", std::uint64_t{895535000000001}));
  CHECK_FALSE(passes("id__lt:895535000000001", std::uint64_t{895535000000001}));
}

TEST_CASE("null passes what says not, and nothing else") {
  CHECK(passes("item.strainName__neq:x", {}));
  CHECK(passes("item.strainName__doesnotcontain:x", {}));
  CHECK_FALSE(passes("item.strainName__eq:", {}));
  CHECK_FALSE(passes("item.strainName__contains:", {}));
  CHECK_FALSE(passes("lastModified__lt:2024-01-01", {}));
}

TEST_CASE("a wrong filter is refused with what would be right") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "field__operator:value"},
      {"label", "field__operator:value"},
      {"label:x", "field__operator:value"},
      {"__eq:x", "field__operator:value"},
      {"label_eq:x", "field__operator:value"},
      {"item__eq:x", "the fields are"},
      {"retrievedAt__lt:2024-01-01", "the fields are"},
      {"LABEL__eq:x", "the fields are"},
      {"label__:x", "contains, doesnotcontain, eq, neq, startswith, endswith"},
      {"label__EQ:x", "contains, doesnotcontain"},
      {"label__gt:x", "contains, doesnotcontain"},
      {"label__eq, neq:x", "contains, doesnotcontain"},
      {"isOnHold__neq:true", "whose operators are: eq"},
      {"quantity__contains:1", "lt, lte, eq, neq, gt, gte"},
      {"isOnHold__eq:yes", "true or false"},
      {"quantity__eq:ten", "no number"},
      {"quantity__eq:", "no number"},
      {"quantity__eq:[1]", "no number"},
      {"lastModified__lt:2024-13-01", "ISO 8601"},
      {"lastModified__lt:2024-05-17T12:00:00 02:00", "%2B"},
      {"lastModified__lt:", "ISO 8601"},
      {"note__eq:\xFF", "UTF-8"},
      {"note__eq:" + std::string(1000, 'x'), "longer than"}};
  for (const auto& one : cases) {
    const auto& given = one.first;
    const auto& says = one.second;
    CAPTURE(given);
    std::string message;
    try {
      parse_filter(active_packages, given);
    } catch (const refusal& why) {
      CHECK(why.status == 400);
      message = why.message;
    }
    CHECK(message.find("'filter'") != std::string::npos);
    CHECK(message.find(says) != std::string::npos);
  }
}
