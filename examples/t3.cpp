// t3: look at the T3 API from a shell. Credentials come from the environment only, never from the command
// line.

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <t3api/t3api.hpp>

#include "support/environment.hpp"

namespace {

constexpr const char* usage =
    "usage: t3 whoami\n"
    "       t3 licenses\n"
    "       t3 get PATH [NAME=VALUE]...      prints the answer's body\n"
    "\n"
    "Reads the environment:\n"
    "  T3_SECRET_KEY                        a secret key, or\n"
    "  JWT_TOKEN                            a token, or\n"
    "  API_KEY API_STATE_CODE               an API key and its state, such as CA, or\n"
    "  METRC_HOSTNAME METRC_USERNAME METRC_PASSWORD [METRC_EMAIL] [OTP_SEED]\n"
    "  T3_API_HOST                          the service, if not https://api.trackandtrace.tools\n";

struct bad_usage : std::runtime_error {
  using runtime_error::runtime_error;
};

t3api::query_params parameters(const std::vector<std::string>& words, std::size_t first) {
  t3api::query_params query;
  for (std::size_t i = first; i < words.size(); ++i) {
    const auto equals = words[i].find('=');
    if (equals == std::string::npos) throw bad_usage("'" + words[i] + "' is no parameter: write NAME=VALUE");
    query.emplace_back(words[i].substr(0, equals), words[i].substr(equals + 1));
  }
  return query;
}

template <class Client>
void run(const Client& client, const std::vector<std::string>& words) {
  if (words[0] == "whoami" && words.size() == 1) {
    const auto me = t3api::whoami(client).value();
    std::printf("%s %s (%s)\n", me.hostname.c_str(), me.username.c_str(), me.auth_mode.c_str());
  } else if (words[0] == "licenses" && words.size() == 1) {
    for (const auto& license : t3api::list_licenses(client).value()) {
      std::printf("%s\t%s\n", license.number.c_str(), license.name.c_str());
    }
  } else if (words[0] == "get" && words.size() >= 2) {
    std::printf("%s\n", client.get(words[1], parameters(words, 2)).value().body.c_str());
  } else {
    throw bad_usage("there is no such command, or it takes other words");
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    std::fputs(usage, words.empty() ? stderr : stdout);
    return words.empty() ? 2 : 0;
  }
  try {
    const auto ways = examples::ways_from_environment();
    if (ways.empty()) throw bad_usage("no credentials are in the environment");
    t3api::client_config config;
    if (const auto host = examples::variable("T3_API_HOST"); !host.empty()) config.host = host;
    std::visit([&](const auto& auth) { run(t3api::client{auth, config}, words); }, ways.front().auth);
    return 0;
  } catch (const bad_usage& mistake) {
    std::fprintf(stderr, "t3: %s\n\n%s", mistake.what(), usage);
    return 2;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "t3: %s\n", failure.what());
    return 1;
  }
}
