// run:
// Goes in by every way that T3 knows and makes the same few read-only calls each time: on a sandbox inside
// this process; or once against T3_API_HOST, with what the environment or .t3.env configures.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>
#include <utility>

#include <t3api/sandbox.hpp>
#include <t3api/t3api.hpp>

#include "support/report.hpp"

namespace {

using namespace std::chrono_literals;

const examples::report out;

/// Whether the auth method has had to renew its token; "-" for one that has none.
template <class Auth>
std::string renewed(const Auth& auth) {
  if constexpr (requires { auth.tokens_obtained(); }) {
    return auth.tokens_obtained() > 1 ? "yes" : "no";
  } else {
    return "-";
  }
}

/// Who am I, which licences have I, what is on the first page of packages. Prints one row; false when a call
/// failed.
template <class Client, class Auth>
bool look_around(const std::string& way, const std::string& account, const Client& client, const Auth& auth) {
  const auto start = std::chrono::steady_clock::now();
  int status = 0;
  std::string license_count = "-", packages = "-", trouble;
  const auto failed = [&](const t3api::error& cause) {
    status = cause.status;
    trouble = cause.message;
  };

  if (const auto answer = client.get("/v2/auth/whoami"); !answer) {
    failed(answer.error());
  } else if (const auto licenses = t3api::list_licenses(client); !licenses) {
    failed(licenses.error());
  } else {
    status = answer->status;
    license_count = std::to_string(licenses->size());
    if (!licenses->empty()) {
      const auto page =
          t3api::load_page(client, "/v2/packages/active", {.license_number = licenses->front().number});
      if (page) {
        packages = std::to_string(page->data.size()) + "/" + std::to_string(page->total);
      } else {
        failed(page.error());
      }
    }
  }

  const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
  out.row(way, account, status, license_count, packages, elapsed.count(), renewed(auth));
  if (!trouble.empty()) out.line("    " + trouble);
  return trouble.empty();
}

/// The same with a client of its own.
template <class Auth>
bool look_around(const std::string& way, const std::string& account, const Auth& auth,
                 const t3api::client_config& config) {
  return look_around(way, account, t3api::client{auth, config}, auth);
}

int against_configured_host() {
  const auto client = t3api::get_authenticated_client_or_error();
  out.title("t3api " + std::string(t3api::version_string) + " against " +
            t3api::parse_url(client.config().host).value().origin());
  out.note(client.auth().description());
  out.line("");
  out.header();
  return look_around("as configured", "", client, client.auth()) ? 0 : 1;
}

/// A sandbox on a free port of this machine, with a certificate of its own that the client is told to trust.
class local_sandbox {
 public:
  explicit local_sandbox(t3api::sandbox::settings settings = {})
      : service_(std::move(settings)),
        certificate_(t3api::sandbox::make_certificate()),
        server_([this](const t3api::request& r) { return service_.handle(r); }, {.tls = certificate_}) {
    server_.start();
  }

  t3api::sandbox::service& service() { return service_; }

  t3api::client_config config() const {
    return {.host = server_.url(), .tls = {.ca_pem = certificate_.certificate_pem}};
  }

 private:
  t3api::sandbox::service service_;
  t3api::sandbox::certificate certificate_;
  t3api::sandbox::http_server server_;
};

const t3api::credentials california{
    .hostname = "ca.metrc.com", .username = "demo-ca", .password = "demo-ca-password"};
const t3api::credentials colorado{.hostname = "co.metrc.com",
                                  .username = "demo-co",
                                  .password = "demo-co-password",
                                  .email = "demo@example.com"};
const t3api::credentials michigan{.hostname = "mi.metrc.com",
                                  .username = "demo-mi",
                                  .password = "demo-mi-password",
                                  .otp_seed = "JBSWY3DPEHPK3PXP"};

/// A JWT as another program could have left it: exchanged here by hand.
t3api::secret exchange_by_hand(const t3api::client_config& config) {
  const t3api::client client{t3api::no_auth{}, config};
  const auto answer =
      client.post("/v2/auth/apikey", {{"apiKey", "demo-api-key"}, {"stateCode", "CA"}}).value();
  return answer.json().value().at("accessToken").get<std::string>();
}

bool every_way_in() {
  const local_sandbox sandbox;
  const auto config = sandbox.config();
  out.title("t3api " + std::string(t3api::version_string) + ": every way in, on a sandbox at " + config.host);
  out.note("Real HTTPS to a T3 service in this process; only Metrc behind it is simulated.");
  out.line("");
  out.header();
  bool good = true;
  for (const auto& user : {california, colorado, michigan}) {
    good = look_around("credentials", user.hostname + " " + user.username, t3api::credentials_auth(user),
                       config) &&
           good;
  }
  good = look_around("API key", "CA", t3api::api_key_auth("demo-api-key", "CA"), config) && good;
  good = look_around("ready JWT", "ca.metrc.com demo-ca", t3api::bearer_auth(exchange_by_hand(config)),
                     config) &&
         good;
  const auto key = t3api::create_secret_key(t3api::client{t3api::no_auth{}, config}, california).value();
  good =
      look_around("secret key, header", "ca.metrc.com demo-ca", t3api::secret_key_auth(key), config) && good;
  good = look_around("secret key, query", "ca.metrc.com demo-ca",
                     t3api::secret_key_auth(key, t3api::secret_key_place::query), config) &&
         good;
  return good;
}

bool outlive_a_token() {
  const auto lifetime = 2s;
  local_sandbox sandbox({.jwt_ttl = lifetime});
  const t3api::credentials_auth auth(california);
  const t3api::client client{auth, sandbox.config()};
  out.line("");
  out.title("A token that ends on the way");
  out.note("One client all along. This sandbox's tokens are good for 2 s, and Metrc ends a session too.");
  out.line("");
  out.header();
  bool good = look_around("credentials", "at first", client, auth);
  std::this_thread::sleep_for(lifetime + 100ms);
  good = look_around("credentials", "the token has expired", client, auth) && good;
  sandbox.service().metrc().end_sessions();
  good = look_around("credentials", "Metrc ended the session", client, auth) && good;
  return good && auth.tokens_obtained() >= 3;  // More on a machine that takes seconds for a call.
}

}  // namespace

int main() {
  try {
    if (std::getenv("T3_API_HOST") != nullptr) return against_configured_host();
    const bool good = every_way_in() && outlive_a_token();
    out.line("");
    out.line(good ? out.paint("32", "Every call went through.")
                  : out.paint("31", "Not every call went through."));
    return good ? 0 : 1;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "quickstart: %s\n", failure.what());
    return 1;
  }
}
