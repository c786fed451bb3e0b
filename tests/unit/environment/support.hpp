#ifndef T3API_TESTS_UNIT_ENVIRONMENT_SUPPORT_HPP
#define T3API_TESTS_UNIT_ENVIRONMENT_SUPPORT_HPP

#include <map>
#include <string>
#include <utility>

#include <t3api/environment/environment.hpp>

namespace t3api::test {

using variables = std::map<std::string, std::string>;

/// An environment of these variables and, when `file` is not empty, that file.
inline environment_options options_of(variables set, std::string file = {}) {
  return {.file = std::move(file), .lookup = [set = std::move(set)](const char* name) -> const char* {
            const auto found = set.find(name);
            return found == set.end() ? nullptr : found->second.c_str();
          }};
}

}  // namespace t3api::test

#endif
