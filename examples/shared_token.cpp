// A worker of a fleet: any number of these log in to Metrc once, as they share one token through Redis.
// Needs METRC_HOSTNAME, METRC_USERNAME, METRC_PASSWORD, METRC_EMAIL or OTP_SEED where the state wants one,
// and T3_REDIS_KEY, the same for all (make it with: openssl rand -hex 32); T3_REDIS_SOCKET, or a Redis on
// this machine's usual port; T3_API_HOST for another host than T3's own.

#include <cstdio>
#include <cstdlib>
#include <string>

#include <t3api/store/redis.hpp>
#include <t3api/t3api.hpp>

namespace {

std::string setting(const char* name, const char* otherwise = "") {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

}  // namespace

int main() try {
  const t3api::credentials user{.hostname = setting("METRC_HOSTNAME"),
                                .username = setting("METRC_USERNAME"),
                                .password = setting("METRC_PASSWORD"),
                                .email = setting("METRC_EMAIL"),
                                .otp_seed = setting("OTP_SEED")};
  const t3api::redis_store shared{
      {.unix_socket = setting("T3_REDIS_SOCKET"), .key = setting("T3_REDIS_KEY")}};
  const t3api::basic_credentials_auth auth{user, shared};
  const t3api::client client{auth, {.host = setting("T3_API_HOST", t3api::default_host)}};

  const auto me = t3api::whoami(client).value();
  std::printf("in as %s at %s\n", me.username.c_str(), me.hostname.c_str());
} catch (const std::exception& failure) {
  std::fprintf(stderr, "shared_token: %s\n", failure.what());
  return 1;
}
