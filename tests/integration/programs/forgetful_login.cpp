// Logs in with a secret that comes masked through standard input, lets go of it, and waits to be looked into.
//
// forgetful_login WAY URL CA_FILE USERNAME: prints "ready" and what it has got and keeps, and ends with its
// standard input.

#include <unistd.h>

#include <cstdio>
#include <functional>
#include <map>
#include <string>

#include <t3api/t3api.hpp>

#include "tests/integration/programs/masked_line.hpp"

namespace {

using t3api::test::read_masked_line;

/// What the program keeps until it ends.
struct belongings {
  std::optional<t3api::authenticated_client> client{};
  std::optional<t3api::default_client<t3api::no_auth>> stranger{};
  t3api::secret got{};
  t3api::secret password{};
};

struct place {
  std::string url, ca_file, username;

  t3api::client_config config() const { return {.host = url, .tls = {.ca_file = ca_file}}; }

  t3api::credentials_arguments login(t3api::secret password) const {
    return {.hostname = "ca.metrc.com",
            .username = username,
            .password = std::move(password),
            .host = url,
            .config = config()};
  }
};

void get_token(const place& at, belongings& kept) {
  kept.got = t3api::authenticate_and_get_token(at.login(read_masked_line()));
}

void get_token_and_keep_password(const place& at, belongings& kept) {
  kept.password = read_masked_line();
  kept.got = t3api::authenticate_and_get_token(at.login(kept.password));
}

void make_client(const place& at, belongings& kept) {
  kept.client = t3api::create_credentials_authenticated_client_or_error(at.login(read_masked_line()));
  t3api::whoami(*kept.client).value();
}

void make_configured_client(const place& at, belongings& kept) {
  kept.client = t3api::get_authenticated_client_or_error({.renew = false, .config = at.config()});
  t3api::whoami(*kept.client).value();
}

void make_secret_key(const place& at, belongings& kept) {
  kept.stranger.emplace(t3api::no_auth(), at.config());
  kept.got = t3api::create_secret_key(
                 *kept.stranger,
                 {.hostname = "ca.metrc.com", .username = at.username, .password = read_masked_line()})
                 .value();
}

void get_token_with_api_key(const place& at, belongings& kept) {
  kept.got = t3api::authenticate_and_get_token_with_api_key(
      {.api_key = read_masked_line(), .state_code = "CA", .host = at.url, .config = at.config()});
}

void be_refused(const place& at, belongings& kept) {
  auto arguments = at.login(read_masked_line());
  arguments.username += "-unknown";
  try {
    t3api::authenticate_and_get_token(arguments);
  } catch (const t3api::authentication_error&) {
    kept.got = "refused";
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::map<std::string, std::function<void(const place&, belongings&)>> ways{
      {"token", get_token},
      {"kept_password", get_token_and_keep_password},
      {"client", make_client},
      {"configured", make_configured_client},
      {"secret_key", make_secret_key},
      {"api_key", get_token_with_api_key},
      {"refused", be_refused}};
  if (count != 5 || ways.count(arguments[1]) == 0) return 2;
  belongings kept;
  try {
    ways.at(arguments[1])({arguments[2], arguments[3], arguments[4]}, kept);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "forgetful_login: %s\n", failure.what());
    return 1;
  }
  const auto got = kept.got.reveal();
  const bool told = ::write(1, "ready ", 6) == 6 &&
                    ::write(1, got.data(), got.size()) == static_cast<ssize_t>(got.size()) &&
                    ::write(1, "\n", 1) == 1;
  for (char c = 0; told && ::read(0, &c, 1) == 1;) {
  }
  return told ? 0 : 1;
}
