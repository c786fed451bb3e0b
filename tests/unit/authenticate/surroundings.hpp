#ifndef T3API_TESTS_UNIT_AUTHENTICATE_SURROUNDINGS_HPP
#define T3API_TESTS_UNIT_AUTHENTICATE_SURROUNDINGS_HPP

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "tests/support/temporary_folder.hpp"

namespace t3api::test {

/// Every key that the library looks for.
inline const std::vector<std::string> setting_names = {
    "METRC_HOSTNAME",    "METRC_USERNAME",   "METRC_PASSWORD",     "METRC_EMAIL",
    "JWT_TOKEN",         "API_KEY",          "API_STATE_CODE",     "OTP_SEED",
    "T3_SECRET_KEY",     "T3_API_HOST",      "HTTP_TIMEOUT",       "HTTP_CONNECT_TIMEOUT",
    "HTTP_READ_TIMEOUT", "VERIFY_SSL",       "MAX_WORKERS",        "BATCH_SIZE",
    "RATE_LIMIT_RPS",    "RATE_LIMIT_BURST", "RETRY_MAX_ATTEMPTS", "RETRY_BACKOFF_FACTOR",
    "RETRY_MIN_WAIT",    "OTP_WHITELIST",    "EMAIL_WHITELIST",    "T3_LOG_HTTP",
    "T3_LOG_HEADERS",    "T3_LOG_BODY",      "T3_LOG_FILE"};

/// The process environment without any setting of ours, and an empty working directory; what was before comes
/// back at the end. The named functions read both. doctest runs one test case after the other, so that no
/// other test sees it. Make it before anything that starts threads.
class surroundings {
 public:
  surroundings() : working_directory_(std::filesystem::current_path()) {
    for (const auto& name : setting_names) {
      const char* value = std::getenv(name.c_str());
      before_.emplace_back(name, value == nullptr ? std::nullopt : std::optional<std::string>(value));
      unset(name);
    }
    std::filesystem::current_path(folder_.path());
  }
  ~surroundings() {
    std::error_code ignored;
    std::filesystem::current_path(working_directory_, ignored);
    for (const auto& [name, value] : before_) value ? set(name, *value) : unset(name);
  }
  surroundings(const surroundings&) = delete;
  surroundings& operator=(const surroundings&) = delete;

  void set(const std::string& name, const std::string& value) const {
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  void unset(const std::string& name) const { ::unsetenv(name.c_str()); }

  /// Writes `.t3.env`.
  void write_file(std::string_view text) const { folder_.write(".t3.env", text); }

  const temporary_folder& folder() const noexcept { return folder_; }

 private:
  temporary_folder folder_;
  std::filesystem::path working_directory_;
  std::vector<std::pair<std::string, std::optional<std::string>>> before_;
};

}  // namespace t3api::test

#endif
