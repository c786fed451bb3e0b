#include <set>

#include <doctest/doctest.h>

#include <tests/unit/sandbox/support.hpp>

using nlohmann::json;
using sandbox_test::body_of;
using sandbox_test::message_of;
using sandbox_test::sandbox;

namespace {

struct reader : sandbox {
  explicit reader(t3api::sandbox::settings settings = {})
      : sandbox(std::move(settings)), token_text(token()) {}

  t3api::response packages(const std::string& query) {
    return get_with_token("/v2/packages/active?licenseNumber=LIC-00001" + query, token_text);
  }

  std::string token_text;
};

}  // namespace

TEST_CASE("licences are the account's") {
  reader s;
  CHECK(body_of(s.get_with_token("/v2/licenses", s.token_text)) ==
        json::array({{{"licenseName", "Sandbox LIC-00001"}, {"licenseNumber", "LIC-00001"}},
                     {{"licenseName", "Sandbox LIC-00002"}, {"licenseNumber", "LIC-00002"}}}));
}

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

TEST_CASE("what would change the answer and is not built is refused, not ignored") {
  reader s;
  for (const char* name : {"sort", "filter", "filterLogic"})
    CHECK(s.packages("&" + std::string(name) + "=x").status == 501);
}

TEST_CASE("a million packages cost no more than one page") {
  reader s({.packages = 1'000'000});
  const auto body = body_of(s.packages("&pageSize=500&page=2000"));
  CHECK(body["totalPages"] == 2000);
  CHECK(body["data"].size() == 500);
}
