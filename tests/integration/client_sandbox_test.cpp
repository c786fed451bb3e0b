#include <t3api/t3api.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <barrier>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <t3api/sandbox.hpp>

#include "tests/support/unlimited.hpp"

using namespace t3api;
using namespace std::chrono_literals;

// The whole stack, both wings, over real HTTP and HTTPS.

namespace {

const credentials californian{
    .hostname = "ca.metrc.com", .username = "demo-ca", .password = "demo-ca-password"};

/// A sandbox that counts what it is asked, over HTTP or HTTPS.
class counting_sandbox {
 public:
  explicit counting_sandbox(bool tls = false, sandbox::settings settings = test::unlimited())
      : service(std::move(settings)),
        certificate_(sandbox::make_certificate()),
        server_(
            [this](const request& r) {
              if (r.path == "/v2/auth/credentials" || r.path == "/v2/auth/apikey") ++exchanges;
              return service.handle(r);
            },
            {.tls = tls ? std::optional(certificate_) : std::nullopt}) {
    server_.start();
  }

  client_config config() const {
    return {.host = server_.url(), .tls = {.ca_pem = certificate_.certificate_pem}};
  }

  sandbox::service service;
  std::atomic<int> exchanges = 0;

 private:
  sandbox::certificate certificate_;
  sandbox::http_server server_;
};

template <class Auth>
void look_around(const Auth& auth, const client_config& config, const std::string& username) {
  const client via{auth, config};
  CHECK(whoami(via).value().username == username);
  const auto licenses = list_licenses(via).value();
  REQUIRE(licenses.size() == 2);
  CHECK(licenses[0].number == "LIC-00001");
  const auto page =
      load_page(via, "/v2/packages/active", {.license_number = licenses[0].number, .page_size = 20}).value();
  CHECK(page.data.size() == 20);
  CHECK(page.total == 250);
  CHECK(page.total_pages == 13);
}

}  // namespace

TEST_CASE("every way in works over HTTP and HTTPS") {
  for (const bool tls : {false, true}) {
    CAPTURE(tls);
    const counting_sandbox box(tls);
    const auto config = box.config();
    SUBCASE("credentials for California") { look_around(credentials_auth(californian), config, "demo-ca"); }
    SUBCASE("credentials for Colorado, with the e-mail") {
      look_around(credentials_auth({.hostname = "co.metrc.com",
                                    .username = "demo-co",
                                    .password = "demo-co-password",
                                    .email = "demo@example.com"}),
                  config, "demo-co");
    }
    SUBCASE("credentials for Michigan, with one-time passwords") {
      look_around(credentials_auth({.hostname = "mi.metrc.com",
                                    .username = "demo-mi",
                                    .password = "demo-mi-password",
                                    .otp_seed = "JBSWY3DPEHPK3PXP"}),
                  config, "demo-mi");
    }
    SUBCASE("API key") { look_around(api_key_auth("demo-api-key", "CA"), config, "demo-ca"); }
    SUBCASE("secret key") {
      const auto key = create_secret_key(client{no_auth{}, config}, californian).value();
      look_around(secret_key_auth(key), config, "demo-ca");
      look_around(secret_key_auth(key, secret_key_place::query), config, "demo-ca");
    }
    SUBCASE("a ready JWT") {
      const auto answer = client{no_auth{}, config}.post("/v2/auth/apikey",
                                                         {{"apiKey", "demo-api-key"}, {"stateCode", "CA"}});
      look_around(bearer_auth(answer.value().json().value().at("accessToken").get<std::string>()), config,
                  "demo-ca");
    }
  }
}

TEST_CASE("32 threads share one client for a few thousand calls on one token") {
  counting_sandbox box;
  const client via{credentials_auth(californian), box.config()};
  constexpr int threads = 32, calls = 100;
  std::barrier start(threads);
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> workers;
    for (int t = 0; t < threads; ++t) {
      workers.emplace_back([&] {
        start.arrive_and_wait();
        for (int i = 0; i < calls; ++i) {
          const auto me = whoami(via);
          if (me && me->username == "demo-ca") ++good;
        }
      });
    }
  }
  CHECK(good == threads * calls);
  CHECK(box.exchanges == 1);
}

TEST_CASE("when Metrc ends the session under a token, one exchange serves all threads and no call fails") {
  counting_sandbox box;
  const client via{credentials_auth(californian), box.config()};
  REQUIRE(whoami(via));
  constexpr int rounds = 5, threads = 16;
  for (int round = 1; round <= rounds; ++round) {
    box.service.metrc().end_sessions("ca.metrc.com", "demo-ca");
    std::barrier start(threads);
    std::atomic<int> good = 0;
    {
      std::vector<std::jthread> workers;
      for (int t = 0; t < threads; ++t) {
        workers.emplace_back([&] {
          start.arrive_and_wait();
          if (whoami(via)) ++good;
        });
      }
    }
    CHECK(good == threads);
    CHECK(box.exchanges == 1 + round);
  }
}

TEST_CASE("a wrong password is posted exactly once, whatever the program does") {
  counting_sandbox box;
  const client via{
      credentials_auth({.hostname = "ca.metrc.com", .username = "demo-ca", .password = "canary-password"}),
      box.config()};
  {
    std::vector<std::jthread> workers;
    for (int t = 0; t < 8; ++t) {
      workers.emplace_back([&] {
        for (int i = 0; i < 10; ++i) {
          const auto answer = via.get("/v2/licenses");
          if (answer || answer.error().category != error_category::authentication) std::abort();
        }
      });
    }
  }
  CHECK(box.exchanges == 1);
  CHECK_THROWS_AS(via.get("/v2/licenses").value(), authentication_error);
  CHECK(via.get("/v2/licenses").error().message.find("canary-password") == std::string::npos);
}
