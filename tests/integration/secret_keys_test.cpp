#include <t3api/t3api.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>

#include <httplib.h>

#include <t3api/api/secret_key_url.hpp>
#include <t3api/api/secret_keys.hpp>
#include <t3api/sandbox.hpp>

#include "tests/support/unlimited.hpp"

using namespace t3api;
using namespace std::chrono_literals;

// The life of a secret key, both wings, over real HTTP.

namespace {

const credentials key_maker{
    .hostname = "ca.metrc.com", .username = "demo-ca", .password = "demo-ca-password"};
const credentials colorado{.hostname = "co.metrc.com",
                           .username = "demo-co",
                           .password = "demo-co-password",
                           .email = "demo@example.com"};

/// A sandbox whose time stands still, on a free port.
struct served_sandbox {
  std::shared_ptr<manual_clock> clock =
      std::make_shared<manual_clock>(std::chrono::sys_days(std::chrono::year(2024) / 5 / 17));
  sandbox::service service{test::unlimited(), sandbox::demo_directory(), clock};
  sandbox::http_server server{[this](const request& r) { return service.handle(r); }};

  served_sandbox() { server.start(); }

  utc_milliseconds now() const { return std::chrono::floor<std::chrono::milliseconds>(clock->wall_now()); }

  template <class Auth>
  auto client_with(Auth auth) const {
    return client{std::move(auth), {.host = server.url()}};
  }
};

const query_params one_package = {{"licenseNumber", "LIC-00001"}, {"pageSize", "1"}};

/// What a spreadsheet gets from a URL: the status, with nothing of this library in between.
int fetch(const served_sandbox& box, const secret& url) {
  const std::string text(url.reveal());
  REQUIRE(text.starts_with(box.server.url() + "/"));
  const auto answer = httplib::Client(box.server.url()).Get(text.substr(box.server.url().size()));
  REQUIRE(answer);
  return answer->status;
}

}  // namespace

TEST_CASE("a secret key is made, listed, used by header and by URL, listed again, deleted and refused") {
  const served_sandbox box;
  const auto owner = box.client_with(credentials_auth(key_maker));
  const auto key = create_secret_key(box.client_with(no_auth()), key_maker).value();
  const auto created_at = box.now();

  auto keys = list_secret_keys(owner).value();
  REQUIRE(keys.size() == 1);
  CHECK(keys[0].id != key.reveal());
  CHECK(keys[0].created_at == created_at);
  CHECK_FALSE(keys[0].last_used_at);
  CHECK(keys[0].is_enabled);

  box.clock->advance(1500ms);
  const auto by_header = box.client_with(secret_key_auth(key));
  CHECK(whoami(by_header).value().username == "demo-ca");
  CHECK(list_secret_keys(owner).value()[0].last_used_at == box.now());

  box.clock->advance(1500ms);
  const auto url = secret_key_url(box.server.url(), "/v2/packages/active", one_package, key);
  CHECK(fetch(box, url) == 200);
  keys = list_secret_keys(owner).value();
  CHECK(keys[0].last_used_at == box.now());
  CHECK(keys[0].created_at == created_at);

  CHECK(delete_secret_key(owner, keys[0].id));
  const auto refused = whoami(by_header);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().category == error_category::authentication);
  CHECK(refused.error().status == 401);
  CHECK(fetch(box, url) == 401);
  CHECK(list_secret_keys(owner).value().empty());
  const auto again = delete_secret_key(owner, keys[0].id);
  REQUIRE_FALSE(again);
  CHECK(again.error().status == 404);
}

TEST_CASE("one user neither sees nor deletes the keys of another") {
  const served_sandbox box;
  const auto key = create_secret_key(box.client_with(no_auth()), key_maker).value();
  const auto id = list_secret_keys(box.client_with(credentials_auth(key_maker))).value().at(0).id;
  const auto stranger = box.client_with(credentials_auth(colorado));
  CHECK(list_secret_keys(stranger).value().empty());
  const auto refused = delete_secret_key(stranger, id);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().category == error_category::http);
  CHECK(refused.error().status == 404);
  CHECK(whoami(box.client_with(secret_key_auth(key))));
}

TEST_CASE("of two keys for two spreadsheets one is deleted alone, by a client that comes in with the other") {
  const served_sandbox box;
  const auto open = box.client_with(no_auth());
  const auto leaked = create_secret_key(open, key_maker).value();
  box.clock->advance(1s);
  const auto kept = create_secret_key(open, key_maker).value();
  const auto by_kept = box.client_with(secret_key_auth(kept, secret_key_place::query));
  const auto keys = list_secret_keys(by_kept).value();
  REQUIRE(keys.size() == 2);
  CHECK_FALSE(keys[0].last_used_at);
  CHECK(keys[1].last_used_at == box.now());
  CHECK(delete_secret_key(by_kept, keys[0].id));
  CHECK(fetch(box, secret_key_url(box.server.url(), "/v2/packages/active", one_package, leaked)) == 401);
  CHECK(fetch(box, secret_key_url(box.server.url(), "/v2/packages/active", one_package, kept)) == 200);
}

TEST_CASE("without a way in there is no list and no deleting") {
  const served_sandbox box;
  const auto key = create_secret_key(box.client_with(no_auth()), key_maker).value();
  const auto id = list_secret_keys(box.client_with(credentials_auth(key_maker))).value().at(0).id;
  CHECK(list_secret_keys(box.client_with(no_auth())).error().status == 401);
  CHECK(delete_secret_key(box.client_with(no_auth()), id).error().status == 401);
  CHECK(whoami(box.client_with(secret_key_auth(key))));
}
