#include <doctest/doctest.h>

#include <t3api/sandbox/accounts.hpp>

using namespace t3api::sandbox;

namespace {

std::string complaint(const std::string& text) {
  try {
    (void)parse_accounts(text);
    return "none";
  } catch (const std::invalid_argument& wrong) {
    return wrong.what();
  }
}

std::string with_account(const std::string& members) { return R"({"accounts":[{)" + members + "}]}"; }

const std::string whole = R"("hostname":"ca.metrc.com","username":"u","password":"p-canary")";

void says(const std::string& text, const std::string& start) {
  const std::string heard = complaint(text);
  CAPTURE(text);
  CAPTURE(heard);
  CHECK(heard.substr(0, start.size()) == start);
  CHECK(heard.find("canary") == heard.npos);
}

}  // namespace

TEST_CASE("an accounts file gives accounts and API keys") {
  const auto known = parse_accounts(R"({
    "accounts": [{"hostname": "MI.metrc.com", "username": "u", "password": "p", "email": "e@example.com",
                  "otpSeed": "JBSW Y3DP EHPK 3PXP", "licenses": ["A", "B"]},
                 {"hostname": "ca.metrc.com", "username": "u", "password": "p", "email": null}],
    "apiKeys": [{"key": "k", "stateCode": "mi", "username": "u"}]})");
  REQUIRE(known.accounts.size() == 2);
  CHECK(known.accounts[0].hostname == "mi.metrc.com");
  CHECK(known.accounts[0].licenses == std::vector<std::string>{"A", "B"});
  CHECK(known.accounts[1].email.empty());
  CHECK(known.accounts[1].password.reveal() == "p");
  REQUIRE(known.api_keys.size() == 1);
  CHECK(known.api_keys[0].key.reveal() == "k");
}

TEST_CASE("each mistake is named with its entry and member, and no secret") {
  says("", "the text is not valid JSON");
  says("[]", "the text is not a JSON object");
  says("{}", "accounts is missing or empty");
  says(R"({"accounts":{}})", "accounts must be a list");
  says(R"({"accounts":[],"users":[]})", "users is not known");
  says(R"({"accounts":["canary"]})", "accounts[0] must be a JSON object");
  says(with_account(R"("hostname":"ca.metrc.com","username":"u")"), "accounts[0].password is missing");
  says(with_account(R"("hostname":"ca.metrc.com","username":"","password":"canary")"),
       "accounts[0].username must not be empty");
  says(with_account(R"("hostname":"ca.metrc.com","username":"u","password":7)"),
       "accounts[0].password must be a text");
  says(with_account(R"("hostname":"example.com","username":"u","password":"canary")"),
       "accounts[0].hostname names no state");
  says(with_account(whole + R"(,"pasword":"canary")"), "accounts[0].pasword is not known");
  says(with_account(whole + R"(,"otpSeed":"canary-0189")"), "accounts[0].otpSeed is not Base32");
  says(with_account(whole + R"(,"licenses":"A")"), "accounts[0].licenses must be a list");
  says(with_account(whole + R"(,"licenses":["A",1])"), "accounts[0].licenses[1] must be a licence number");
  says(with_account(whole + R"(,"licenses":["A","A"])"), "accounts[0].licenses[1] is a licence that");
  says(with_account(whole + R"(,"password":"canary")"), "the member 'password' is there twice");
  says(R"({"accounts":[{)" + whole + "},{" + whole + "}]}", "accounts[1] has the hostname and username");
}

TEST_CASE("API keys must fit the accounts") {
  const std::string start = R"({"accounts":[{)" + whole + R"(}],"apiKeys":[)";
  says(start + R"({"key":"canary","stateCode":"XX","username":"u"}]})",
       "apiKeys[0].stateCode names no state");
  says(start + R"({"key":"canary","stateCode":"CO","username":"u"}]})",
       "apiKeys[0].username belongs to no account");
  says(start + R"({"key":"canary","stateCode":"CA"}]})", "apiKeys[0].username is missing");
  const std::string key = R"({"key":"canary","stateCode":"CA","username":"u"})";
  says(start + key + "," + key + "]}", "apiKeys[1] has the key and state code");
}

TEST_CASE("a file that is not there is named") {
  try {
    (void)load_accounts("/nowhere/accounts.json");
    FAIL("a file that is not there was read");
  } catch (const std::invalid_argument& wrong) {
    CHECK(std::string(wrong.what()) ==
          "the accounts file '/nowhere/accounts.json' cannot be read: check its name and rights");
  }
}
