#ifndef T3API_CORE_IMPL_NAMED_SECRETS_HPP
#define T3API_CORE_IMPL_NAMED_SECRETS_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <t3api/core/named_secrets.hpp>
#include <t3api/core/secret_names.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/inline.hpp>

namespace t3api::inline v0_1_0::detail {

/// Finds what `named_secrets` tells of. Positions behind the end of the text are its size.
class secret_finder {
 public:
  explicit secret_finder(std::string_view text) noexcept : text_(text) {}

  /// The secret that is announced at `at`; an empty span when there is none.
  span at(std::size_t at) const {
    const char c = text_[at];
    if (c == '=' || c == ':') {
      if (text_.substr(at).starts_with("://")) return user_behind(at + 3);
      const auto name = name_before(at);
      if (!names_secret(name)) return {};
      const auto value = skip(at + 1);
      const auto before = text_.find_last_not_of(' ', at - 1);
      if (before != text_.npos && is_quote(before)) return json_value_at(value);
      const bool cookies = to_lower(name).find("cookie") != std::string::npos;
      return cookies ? span{at + 1, first_of("\r\n", at)} : value_at(value);
    }
    if (!is_word(at) || (at > 0 && is_word(at - 1))) return {};
    constexpr std::size_t shortest_jwt = 20;
    auto end = at;
    while (is_word(end)) ++end;
    if (text_.substr(at).starts_with("eyJ") && end - at >= shortest_jwt) return {at, end};
    constexpr std::size_t shortest_token = 8;
    if (c != 'b' && c != 'B') return {};
    const auto token = end_of_scheme(at);
    return token == at || word_end(token) - token < shortest_token ? span{} : span{token, word_end(token)};
  }

  /// Where the credentials begin when `Bearer`, `Basic` or `Token` and a space stand at `at`; else `at`.
  std::size_t end_of_scheme(std::size_t at) const noexcept {
    for (const std::string_view scheme : {"bearer ", "basic ", "token "}) {
      if (iequals(text_.substr(at, scheme.size()), scheme))
        return (std::min)(text_.size(), text_.find_first_not_of(' ', at + scheme.size()));
    }
    return at;
  }

  /// Where the quotation that opens at `open` ends; a quote behind a backslash ends it only if it began so.
  std::size_t quote_end(std::size_t open) const noexcept {
    const bool escaped = open > 0 && text_[open - 1] == '\\';
    auto at = open + 1;
    while (at < text_.size() && text_[at] != text_[open]) at += text_[at] == '\\' && !escaped ? 2U : 1U;
    return (std::min)(at, text_.size());
  }

  /// Where the array or object that opens at `open` ends.
  std::size_t bracket_end(std::size_t open) const noexcept {
    std::size_t depth = 0;
    for (auto at = open; at < text_.size(); ++at) {
      const char c = text_[at];
      if (c == '"') at = quote_end(at);
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return at + 1;
    }
    return text_.size();
  }

 private:
  bool is_word(std::size_t at) const noexcept {
    if (at >= text_.size()) return false;
    const char c = text_[at];
    return ascii_alpha(c) || ascii_digit(c) || c == '_' || c == '-' || c == '.';
  }
  bool is_quote(std::size_t at) const noexcept {
    return at < text_.size() && (text_[at] == '"' || text_[at] == '\'');
  }

  std::size_t first_of(std::string_view ends, std::size_t at) const noexcept {
    return (std::min)(text_.size(), text_.find_first_of(ends, at));
  }
  std::size_t word_end(std::size_t at) const noexcept { return first_of(" \t\r\n\f\v&", at); }

  /// Without the blanks and backslashes in front of a value.
  std::size_t skip(std::size_t at) const noexcept {
    while (at < text_.size() && (ascii_space(text_[at]) || text_[at] == '\\')) ++at;
    return at;
  }

  /// The name that a `=` or `:` belongs to, without its quotes.
  std::string_view name_before(std::size_t mark) const noexcept {
    constexpr std::size_t longest = 64;
    constexpr std::string_view around = " \\]\"'";
    auto end = mark;
    while (end > 0 && mark - end < 4 && around.find(text_[end - 1]) != around.npos) --end;
    auto start = end;
    while (start > 0 && end - start < longest && is_word(start - 1)) --start;
    return text_.substr(start, end - start);
  }

  span value_at(std::size_t at) const noexcept {
    if (at == text_.size()) return {};
    if (text_[at] == '{' || text_[at] == '[') return {at, bracket_end(at)};
    if (is_quote(at)) return {at + 1, quote_end(at)};
    return {at, word_end(end_of_scheme(at))};
  }

  /// A number ends where the JSON goes on.
  span json_value_at(std::size_t at) const noexcept {
    const auto end = first_of(",}] \t\r\n", at);
    const auto text = text_.substr(at, end - at);
    const bool number = !text.empty() && text.find_first_not_of("0123456789+-.eE") == text.npos;
    if (text == "true" || text == "false" || text == "null") return {};
    return number ? span{at, end} : value_at(at);
  }

  span user_behind(std::size_t at) const noexcept {
    const auto user = text_.substr(at, first_of("/?# \"'", at) - at).rfind('@');
    return user == text_.npos ? span{} : span{at, at + user};
  }

  std::string_view text_;
};

T3API_INLINE std::vector<span> named_secrets(std::string_view text) {
  std::vector<span> found;
  const secret_finder finder(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto secret = finder.at(i);
    if (secret.end <= secret.start) continue;
    found.push_back(secret);
    i = secret.end - 1;
  }
  return found;
}

T3API_INLINE std::vector<std::string_view> json_scalars(std::string_view json) {
  constexpr std::string_view between = " \t\r\n,:[]{}";
  std::vector<std::string_view> scalars;
  for (auto at = json.find_first_not_of(between); at < json.size();
       at = json.find_first_not_of(between, at)) {
    const bool quoted = json[at] == '"';
    const auto end =
        quoted ? secret_finder(json).quote_end(at) : (std::min)(json.size(), json.find_first_of(between, at));
    const auto text = json.substr(at + (quoted ? 1 : 0), end - at - (quoted ? 1 : 0));
    at = end + (quoted ? 1 : 0);
    const auto next = json.find_first_not_of(" \t\r\n", at);
    if (next == json.npos || json[next] != ':') scalars.push_back(text);
  }
  return scalars;
}

T3API_INLINE std::string_view without_scheme(std::string_view value) {
  return value.substr(secret_finder(value).end_of_scheme(0));
}

}  // namespace t3api::inline v0_1_0::detail

#endif
