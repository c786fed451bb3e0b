// run: --help
//
// A local T3 auth service to test integrations against: see docs/sandbox.md.

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <limits>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include <t3api/core/url.hpp>
#include <t3api/sandbox.hpp>

namespace {

constexpr const char* help = R"(t3api-sandbox: a local T3 auth service with a simulated Metrc behind it

  --host ADDRESS        where to listen (127.0.0.1)
  --port NUMBER         0 takes any free port (0)
  --tls-cert FILE       serve HTTPS with this PEM certificate or chain; needs --tls-key
  --tls-key FILE        its PEM private key
  --accounts FILE       accounts and API keys as JSON; demo accounts without it
  --jwt-ttl DURATION    life of a token: 90, 90s, 15m or 24h (1h)
  --session-ttl DURATION  life of a Metrc session (24h)
  --packages NUMBER     active packages of each licence (250)
  --help                print this

When it is ready it prints one line, {"url": ..., "pid": ...}. SIGINT and SIGTERM end it.

Demo accounts, each with the licences LIC-00001 and LIC-00002:
  ca.metrc.com  demo-ca  demo-ca-password
  co.metrc.com  demo-co  demo-co-password  e-mail demo@example.com
  mi.metrc.com  demo-mi  demo-mi-password  OTP seed JBSWY3DPEHPK3PXP
  API key demo-api-key for the state CA, the account demo-ca
)";

struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct program_options {
  t3api::sandbox::settings settings;
  t3api::sandbox::http_server_options server;
  std::optional<std::string> accounts;
  std::string tls_certificate;
  std::string tls_key;
  bool help = false;
};

std::uint64_t number(std::string_view name, std::string_view text, std::uint64_t most) {
  const auto value = t3api::detail::parse_decimal(text);
  if (!value || *value > most) {
    throw usage_error(std::string(name) + " must be a whole number from 0 to " + std::to_string(most));
  }
  return *value;
}

std::chrono::seconds duration(std::string_view name, std::string_view text) {
  std::uint64_t unit = 1;
  if (!text.empty() && !t3api::detail::ascii_digit(text.back())) {
    const char letter = text.back();
    unit = letter == 's' ? 1 : letter == 'm' ? 60 : letter == 'h' ? 3600 : 0;
    text.remove_suffix(1);
  }
  constexpr std::uint64_t longest = 10 * 365 * 24 * 3600ULL;
  const auto value = t3api::detail::parse_decimal(text);
  if (!value || unit == 0 || *value == 0 || *value > longest / unit) {
    throw usage_error(std::string(name) + " must be a duration above zero such as 90, 90s, 15m or 24h");
  }
  return std::chrono::seconds(*value * unit);
}

program_options parse(int count, char** arguments) {
  program_options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = arguments[i];
    const auto value = [&]() -> std::string_view {
      if (i + 1 >= count) throw usage_error(std::string(name) + " needs a value after it");
      return arguments[++i];
    };
    if (name == "--help") {
      options.help = true;
    } else if (name == "--host") {
      options.server.host = value();
      if (options.server.host.empty()) throw usage_error("--host must not be empty");
    } else if (name == "--port") {
      options.server.port = static_cast<std::uint16_t>(number(name, value(), 65535));
    } else if (name == "--tls-cert") {
      options.tls_certificate = value();
    } else if (name == "--tls-key") {
      options.tls_key = value();
    } else if (name == "--accounts") {
      options.accounts = value();
    } else if (name == "--jwt-ttl") {
      options.settings.jwt_ttl = duration(name, value());
    } else if (name == "--session-ttl") {
      options.settings.session_ttl = duration(name, value());
    } else if (name == "--packages") {
      options.settings.packages = number(name, value(), 1'000'000'000);
    } else {
      throw usage_error("the argument '" + t3api::detail::printable(name, 60) +
                        "' is not known: --help lists all");
    }
  }
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    throw usage_error("--tls-cert and --tls-key belong together: give both or neither");
  }
  return options;
}

class access_log {
 public:
  t3api::response record(t3api::sandbox::service& service, const t3api::request& asked) {
    const auto start = std::chrono::steady_clock::now();
    auto answer = service.handle(asked);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    const std::string path = t3api::detail::printable(asked.path.substr(0, asked.path.find('?')), 200);
    const std::scoped_lock lock(mutex_);
    std::fprintf(stderr, "%s %s %d %.1f ms\n", std::string(to_string(asked.method)).c_str(), path.c_str(),
                 answer.status, took.count());
    return answer;
  }

 private:
  std::mutex mutex_;
};

void serve(const program_options& options) {
  // Blocked before any thread starts, so that all threads inherit it and sigwait alone receives them.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  auto server_options = options.server;
  if (!options.tls_certificate.empty()) {
    server_options.tls = t3api::sandbox::load_certificate(options.tls_certificate, options.tls_key);
  }
  t3api::sandbox::service service(options.settings, options.accounts
                                                        ? t3api::sandbox::load_accounts(*options.accounts)
                                                        : t3api::sandbox::demo_directory());
  access_log log;
  t3api::sandbox::http_server server([&](const t3api::request& asked) { return log.record(service, asked); },
                                     server_options);
  server.start();

  if (!t3api::url{.host = server_options.host, .base_path = {}}.is_loopback()) {
    std::fprintf(
        stderr,
        "warning: %s can be reached from other machines; the sandbox is made for this machine alone\n",
        server_options.host.c_str());
  }
  std::printf("%s\n", nlohmann::ordered_json({{"url", server.url()}, {"pid", getpid()}}).dump().c_str());
  std::fflush(stdout);

  int received = 0;
  sigwait(&ends, &received);
  server.stop();
}

}  // namespace

int main(int count, char** arguments) {
  try {
    const auto options = parse(count, arguments);
    if (options.help) {
      std::fputs(help, stdout);
      return 0;
    }
    serve(options);
    return 0;
  } catch (const usage_error& wrong) {
    std::fprintf(stderr, "t3api-sandbox: %s\n", wrong.what());
    return 2;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "t3api-sandbox: %s\n", failure.what());
    return 1;
  }
}
