#ifndef T3API_ENVIRONMENT_LOGGING_HPP
#define T3API_ENVIRONMENT_LOGGING_HPP

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <t3api/core/logging_hooks.hpp>
#include <t3api/environment/environment.hpp>
#include <t3api/environment/settings.hpp>
#include <t3api/logging/call_log.hpp>
#include <t3api/logging/sinks.hpp>
#include <t3api/native/private_file.hpp>

namespace t3api::inline v0_1_0 {

/// Hooks as the settings ask for them: none, to the file, or to standard error when no file is named. Throws
/// std::runtime_error when the file cannot be used.
inline logging_hooks make_logging_hooks(const log_settings& wanted) {
  if (!wanted.http) return {};
  const log_options options{.headers = wanted.headers, .body = wanted.body};
  if (!wanted.file.empty()) return log_to_file(wanted.file, options);
  return detail::line_hooks([](const std::string& line) { std::fwrite(line.data(), 1, line.size(), stderr); },
                            options);
}

namespace detail {

/// Why the log does not go to its file; empty when it may. A dotenv file names no file for what secrets from
/// elsewhere do, nor one outside of its own folder. A file that others may use, as T3's Python client makes
/// them, is not written to.
inline std::string log_file_fault(const log_settings& wanted, bool secrets_from_elsewhere) {
  const std::string advice = ": set T3_LOG_FILE in the environment";
  const auto named_by = printable(wanted.named_by, 100);
  if (wanted.file.empty()) return {};
  if (!named_by.empty() && secrets_from_elsewhere)
    return named_by + " names log files only for secrets that stand in it" + advice;
  if (!named_by.empty() && !in_same_folder(wanted.file, wanted.named_by))
    return named_by + " names log files only in its own folder" + advice;
  return private_path_fault(wanted.file);
}

/// Hooks as `make_logging_hooks` makes them, with standard error in place of a file that is not to be written
/// to: a sentence about that is added to `warnings`.
inline logging_hooks make_safe_logging_hooks(log_settings wanted, bool secrets_from_elsewhere,
                                             std::vector<std::string>& warnings) {
  const auto fault = wanted.http ? log_file_fault(wanted, secrets_from_elsewhere) : std::string();
  if (!fault.empty()) {
    warnings.push_back("the log goes to standard error in place of '" + printable(wanted.file, 100) +
                       "': " + fault);
    wanted.file.clear();
  }
  return make_logging_hooks(wanted);
}

}  // namespace detail

inline logging_hooks logging_hooks::from_env() {
  const auto found = read_settings(environment::load().value()).value();
  const auto& there = found.credentials;
  const auto is_elsewhere = [](const auto* secret) {
    return *secret && (*secret)->place != setting_place::file;
  };
  const std::array secrets = {&there.secret_key, &there.jwt, &there.api_key, &there.password,
                              &there.otp_seed};
  std::vector<std::string> warnings;
  auto hooks = detail::make_safe_logging_hooks(
      found.log, std::any_of(secrets.begin(), secrets.end(), is_elsewhere), warnings);
  for (const auto& warning : warnings)
    detail::tell(hooks.on_notice, [&] { return std::string_view(warning); });
  return hooks;
}

}  // namespace t3api::inline v0_1_0

#endif
