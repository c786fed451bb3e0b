#ifndef T3API_LOGGING_BODY_SECRETS_HPP
#define T3API_LOGGING_BODY_SECRETS_HPP

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/core/secret.hpp>
#include <t3api/logging/named_secrets.hpp>

namespace t3api::inline v0_1_0::detail {

/// The texts in a JSON body that stand behind a name that sounds like a secret: a service may repeat them in
/// its answer. Makes no copy but in a `secret`; the body must outlive it.
class body_secrets {
 public:
  explicit body_secrets(std::string_view json) {
    std::string_view name;
    for (auto open = json.find('"'); open != json.npos;) {
      const auto close = quote_end(json, open + 1);
      if (close == json.npos) return;
      const auto text = json.substr(open + 1, close - open - 1);
      const auto next = json.find_first_not_of(" \t\r\n", close + 1);
      if (next != json.npos && json[next] == ':') {
        name = text;
      } else if (names_secret(name)) {
        add(text);
      }
      open = json.find('"', close + 1);
    }
  }

  /// As they stand in the body, and without its backslashes.
  const std::vector<std::string_view>& values() const noexcept { return values_; }

 private:
  static std::size_t quote_end(std::string_view json, std::size_t at) noexcept {
    for (at = json.find_first_of("\"\\", at); at != json.npos && json[at] == '\\';) {
      at = json.find_first_of("\"\\", at + 2);
    }
    return at;
  }

  void add(std::string_view text) {
    values_.push_back(text);
    if (text.find('\\') == text.npos) return;
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) plain += text[i] == '\\' ? text[++i] : text[i];
    values_.push_back(unescaped_.emplace_back(std::move(plain)).reveal());
  }

  std::vector<secret> unescaped_;
  std::vector<std::string_view> values_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
