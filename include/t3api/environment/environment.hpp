#ifndef T3API_ENVIRONMENT_ENVIRONMENT_HPP
#define T3API_ENVIRONMENT_ENVIRONMENT_HPP

#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/result.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/environment/dotenv.hpp>

namespace t3api::inline v0_1_0 {

/// Where a setting is found; what is found at the front goes before the rest. The file is trusted less than
/// the other two: it belongs to whoever fills the working directory.
enum class setting_place { arguments, environment, file };

/// A value and where it comes from.
struct setting {
  secret value{};                                    ///< As it stands there.
  std::string source{};                              ///< "the environment" or "<file> line <n>".
  setting_place place = setting_place::environment;  ///< The same, for programs.
};

/// Where `environment::load` looks.
struct environment_options {
  std::string file = ".t3.env";  ///< Relative to the working directory; empty for no file.
  /// Gives the value of a variable or null. As std::getenv, it is not to be raced by a setenv.
  std::function<const char*(const char*)> lookup = [](const char* name) -> const char* {
    return std::getenv(name);
  };
};

/// Settings by name, from the process environment and a dotenv file; the environment wins. Neither is ever
/// changed.
class environment {
 public:
  /// Reads the file, if there is one: see `read_dotenv` for its errors.
  static result<environment> load(environment_options options = {}) {
    if (options.file.empty()) return environment(dotenv(), std::move(options));
    auto file = read_dotenv(options.file);
    if (!file) return std::move(file).error();
    return environment(*std::move(file), std::move(options));
  }

  /// The value as it stands, or nothing when it is set nowhere. A value of white space alone counts as not
  /// set, so that the file's is taken when the environment's is blank.
  std::optional<setting> get(std::string_view name) const {
    const char* value = options_.lookup ? options_.lookup(std::string(name).c_str()) : nullptr;
    if (value != nullptr && !detail::trim(value).empty()) return setting{secret(value), "the environment"};
    const auto* entry = file_.find(name);
    if (entry == nullptr || detail::trim(entry->value.reveal()).empty()) return std::nullopt;
    return setting{entry->value, file_.name() + " line " + std::to_string(entry->line), setting_place::file};
  }

  /// What the file says, without what the environment has in its place.
  const dotenv& file() const noexcept { return file_; }

  /// The path of the file.
  const std::string& path() const noexcept { return options_.file; }

 private:
  environment(dotenv file, environment_options options)
      : file_(std::move(file)), options_(std::move(options)) {}

  dotenv file_;
  environment_options options_;
};

}  // namespace t3api::inline v0_1_0

#endif
