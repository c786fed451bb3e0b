#ifndef T3API_TESTS_INTEGRATION_PROGRAMS_SECRET_FORMS_HPP
#define T3API_TESTS_INTEGRATION_PROGRAMS_SECRET_FORMS_HPP

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <t3api/detail/percent.hpp>

namespace t3api::test {

/// What to look for when a secret must be nowhere: as it is, as in JSON, as in a URL, and either half of
/// each, since what is cut off or overwritten in part is still too much.
inline std::vector<std::string> secret_forms(const std::string& value) {
  std::string in_url;
  detail::append_percent_encoded(in_url, value);
  const std::string quoted = nlohmann::json(value).dump();
  std::vector<std::string> forms;
  for (const auto& text : {value, quoted.substr(1, quoted.size() - 2), in_url}) {
    const auto half = text.size() / 2;
    forms.insert(forms.end(), {text, text.substr(0, half), text.substr(half)});
  }
  return forms;
}

}  // namespace t3api::test

#endif
