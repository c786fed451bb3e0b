#ifndef T3API_LOGGING_NAMED_SECRETS_HPP
#define T3API_LOGGING_NAMED_SECRETS_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <t3api/detail/ascii.hpp>

namespace t3api::inline v0_1_0::detail {

/// What stands where a secret was.
inline constexpr std::string_view hidden = "***";

/// Whether a value of that name is a secret by the sound of it; case and punctuation are ignored.
inline bool names_secret(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (ascii_alpha(c) || ascii_digit(c)) plain += ascii_lower(c);
  }
  for (const char* word :
       {"password", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "apikey", "accesskey",
        "privatekey", "otp", "seed", "authorization", "bearer", "credential", "cookie", "jwt", "session"}) {
    if (plain.find(word) != plain.npos) return true;
  }
  return false;
}

/// `text` with a mark in the place of each of `known`, which must stand longest first.
inline std::string hide_known_secrets(std::string text, const std::vector<std::string_view>& known) {
  for (const auto sensitive : known) {
    if (sensitive.empty() || text.find(sensitive) == text.npos) continue;
    std::string kept;
    std::size_t done = 0;
    for (auto at = text.find(sensitive); at != text.npos; at = text.find(sensitive, done)) {
      kept.append(text, done, at - done).append(hidden);
      done = at + sensitive.size();
    }
    text = kept.append(text, done, text.npos);
  }
  return text;
}

/// Finds in free text what is most likely a secret, by what stands in front of it.
class secret_finder {
 public:
  explicit secret_finder(std::string_view text) noexcept : text_(text) {}

  /// The text without: values behind `secretKey=`, `"password": ` and their like, the word behind `Bearer`,
  /// JSON web tokens, and the user in front of a host.
  std::string hide() const {
    std::string shown;
    for (std::size_t i = 0; i < text_.size();) {
      if (const auto secret = secret_at(i); secret.end > i) {
        shown.append(text_.substr(i, secret.start - i)).append(hidden);
        i = secret.end;
      } else {
        shown += text_[i++];
      }
    }
    return shown;
  }

 private:
  /// Where a secret stands; nowhere when `end` is 0.
  struct range {
    std::size_t start = 0;
    std::size_t end = 0;
  };

  static constexpr bool is_word(char c) noexcept {
    return ascii_alpha(c) || ascii_digit(c) || c == '_' || c == '-' || c == '.';
  }
  static constexpr bool is_quote(char c) noexcept { return c == '"' || c == '\''; }

  range secret_at(std::size_t at) const {
    const char c = text_[at];
    if (c == '=' || c == ':') {
      if (text_.substr(at).starts_with("://")) return user_behind(at + 3);
      const auto name = name_before(at);
      if (to_lower(name).find("cookie") != std::string::npos) return {at + 1, text_.size()};
      return names_secret(name) ? value_behind(at + 1) : range{};
    }
    if ((at > 0 && is_word(text_[at - 1])) || !is_word(c)) return {};
    constexpr std::size_t shortest_jwt = 20;
    if (const auto end = word_end(at); text_.substr(at).starts_with("eyJ") && end - at >= shortest_jwt) {
      return {at, end};
    }
    const auto scheme = scheme_end(at);
    if (scheme == 0 || ascii_lower(c) != 'b') return {};
    constexpr std::size_t shortest_token = 8;
    const auto end = text_end(scheme);
    return end - scheme < shortest_token ? range{} : range{scheme, end};
  }

  /// The name that a `=` or `:` belongs to, without its quotes.
  std::string_view name_before(std::size_t mark) const noexcept {
    constexpr std::size_t longest = 64;
    auto end = mark;
    while (end > 0 && mark - end < 4 &&
           (text_[end - 1] == ' ' || text_[end - 1] == '\\' || text_[end - 1] == ']' ||
            is_quote(text_[end - 1]))) {
      --end;
    }
    auto start = end;
    while (start > 0 && end - start < longest && is_word(text_[start - 1])) --start;
    return text_.substr(start, end - start);
  }

  range value_behind(std::size_t at) const noexcept {
    while (at < text_.size() && (ascii_space(text_[at]) || text_[at] == '\\')) ++at;
    if (at == text_.size()) return {};
    if (text_[at] == '{' || text_[at] == '[') return {at, text_.size()};
    if (is_quote(text_[at])) return {at + 1, quote_end(at)};
    if (const auto scheme = scheme_end(at)) return {at, text_end(scheme)};
    return {at, text_end(at)};
  }

  /// Where the quotation that opens at `at` ends; a quote behind a backslash ends it only if it began so.
  std::size_t quote_end(std::size_t at) const noexcept {
    const bool escaped = text_[at - 1] == '\\';
    auto end = text_.find(text_[at], at + 1);
    while (end != text_.npos && !escaped && text_[end - 1] == '\\') end = text_.find(text_[at], end + 1);
    return end == text_.npos ? text_.size() : end;
  }

  range user_behind(std::size_t at) const noexcept {
    const auto end = (std::min)(text_.find_first_of("/?# \"'", at), text_.size());
    const auto user = text_.substr(at, end - at).rfind('@');
    return user == text_.npos ? range{} : range{at, at + user};
  }

  /// Where the credentials begin when `Bearer`, `Basic` or `Token` and a space stand at `at`; or 0.
  std::size_t scheme_end(std::size_t at) const noexcept {
    for (const std::string_view scheme : {"bearer", "basic", "token"}) {
      auto end = at + scheme.size();
      if (!iequals(text_.substr(at, scheme.size()), scheme) || end >= text_.size() || text_[end] != ' ') {
        continue;
      }
      while (end < text_.size() && text_[end] == ' ') ++end;
      return end;
    }
    return 0;
  }

  std::size_t word_end(std::size_t at) const noexcept {
    while (at < text_.size() && is_word(text_[at])) ++at;
    return at;
  }

  std::size_t text_end(std::size_t at) const noexcept {
    while (at < text_.size() && !ascii_space(text_[at]) && text_[at] != '&') ++at;
    return at;
  }

  std::string_view text_;
};

/// Text from elsewhere, without the secrets that can be told by their surroundings and without `known`.
inline std::string hide_secrets(std::string_view text, const std::vector<std::string_view>& known = {}) {
  return secret_finder(hide_known_secrets(std::string(text), known)).hide();
}

}  // namespace t3api::inline v0_1_0::detail

#endif
