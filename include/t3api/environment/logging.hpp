#ifndef T3API_ENVIRONMENT_LOGGING_HPP
#define T3API_ENVIRONMENT_LOGGING_HPP

#include <cstdio>
#include <string>

#include <t3api/core/logging_hooks.hpp>
#include <t3api/environment/environment.hpp>
#include <t3api/environment/settings.hpp>
#include <t3api/logging/sinks.hpp>

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

inline logging_hooks logging_hooks::from_env() {
  return make_logging_hooks(read_settings(environment::load().value()).value().log);
}

}  // namespace t3api::inline v0_1_0

#endif
