// t3: look at the T3 API from a shell. Credentials come from the environment or .t3.env, never from the
// command line.

#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <t3api/t3api.hpp>

#include <fcntl.h>
#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

namespace {

constexpr const char* usage =
    "usage: t3 whoami\n"
    "       t3 licenses\n"
    "       t3 get PATH [NAME=VALUE]...      prints the answer's body\n"
    "\n"
    "Reads the environment, and .t3.env in the working directory (NAME=VALUE lines) for what is not there:\n"
    "  T3_SECRET_KEY                        a secret key, or\n"
    "  JWT_TOKEN                            a token, or\n"
    "  API_KEY API_STATE_CODE               an API key and its state, such as CA, or\n"
    "  METRC_HOSTNAME METRC_USERNAME METRC_PASSWORD [METRC_EMAIL] [OTP_SEED]\n"
    "  T3_API_HOST                          the service, if not https://api.trackandtrace.tools\n"
    "  T3_LOG_HTTP=1                        tells on standard error what is sent and received\n"
    "and the other settings of docs/from-python.md.\n";

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

/// Makes standard output fit for all bytes. A connection would get the number of a closed output, and what is
/// written there.
void open_output() {
#ifdef _WIN32
  const bool open = _setmode(_fileno(stdout), _O_BINARY) != -1;
#else
  const bool open = ::fcntl(STDOUT_FILENO, F_GETFD) != -1;
  while (open && ::fcntl(STDERR_FILENO, F_GETFD) == -1 && ::open("/dev/null", O_RDWR) >= 0) {
  }
#endif
  if (!open) throw std::runtime_error("standard output is closed: the answer has nowhere to go");
}

void flush_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    throw std::runtime_error("standard output did not take the whole answer: is the disk full?");
  }
}

/// The body as it came, and a newline where text or JSON has none at its end.
void print_body(const t3api::response& answer) {
  std::fwrite(answer.body.data(), 1, answer.body.size(), stdout);
  const auto type = answer.headers.get("Content-Type").value_or("");
  const bool is_text = type.starts_with("text/") || type.find("json") != type.npos;
  if (is_text && !answer.body.ends_with('\n')) std::putchar('\n');
}

using command = std::function<void(const t3api::authenticated_client&)>;

command understand(const std::vector<std::string>& words) {
  if (words[0] == "whoami" && words.size() == 1) {
    return [](const t3api::authenticated_client& client) {
      const auto me = t3api::whoami(client).value();
      std::printf("%s %s (%s)\n", me.hostname.c_str(), me.username.c_str(), me.auth_mode.c_str());
    };
  }
  if (words[0] == "licenses" && words.size() == 1) {
    return [](const t3api::authenticated_client& client) {
      for (const auto& license : t3api::list_licenses(client).value()) {
        std::printf("%s\t%s\n", license.number.c_str(), license.name.c_str());
      }
    };
  }
  if (words[0] == "get" && words.size() >= 2) {
    return [path = words[1], query = parameters(words, 2)](const t3api::authenticated_client& client) {
      print_body(client.get(path, query).value());
    };
  }
  throw bad_usage("there is no such command, or it takes other words");
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    std::fputs(usage, words.empty() ? stderr : stdout);
    return words.empty() ? 2 : 0;
  }
  try {
    const auto run = understand(words);
    open_output();
    const auto client = t3api::get_authenticated_client_or_error();
    std::fprintf(stderr, "t3: %s\n", client.auth().description().c_str());
    run(client);
    flush_output();
    return 0;
  } catch (const bad_usage& mistake) {
    std::fprintf(stderr, "t3: %s\n\n%s", mistake.what(), usage);
    return 2;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "t3: %s\n", failure.what());
    return 1;
  }
}
