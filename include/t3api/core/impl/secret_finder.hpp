#ifndef T3API_CORE_IMPL_SECRET_FINDER_HPP
#define T3API_CORE_IMPL_SECRET_FINDER_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/core/secret_names.hpp>
#include <t3api/detail/ascii.hpp>

namespace t3api::inline v0_1_0::detail {

/// A part of a text.
struct span {
  std::size_t start = 0;
  std::size_t end = 0;
};

/// Finds secrets in a text by what is around them: values behind `secretKey=`, `"password": ` and their like,
/// what follows `Bearer`, JSON web tokens, and the user in front of a host.
class secret_finder {
 public:
  explicit secret_finder(std::string_view text) noexcept : text_(text) {}

  /// Where they stand, in order.
  std::vector<span> all() {
    for (std::size_t at = 0; at < text_.size();) at = look_at(at);
    return std::move(found_);
  }

  /// Where the credentials begin when `Bearer`, `Basic` or `Token` and a space stand at `at`; else `at`.
  std::size_t end_of_scheme(std::size_t at) const noexcept {
    for (const std::string_view scheme : {"bearer ", "basic ", "token "}) {
      if (iequals(text_.substr(at, scheme.size()), scheme))
        return (std::min)(text_.size(), text_.find_first_not_of(' ', at + scheme.size()));
    }
    return at;
  }

 private:
  /// Notes the secret that is announced at `at`; where to look next.
  std::size_t look_at(std::size_t at) {
    if (text_.substr(at).starts_with("://")) {
      const auto user = text_.substr(0, first_of("/?# \"'", at + 3)).rfind('@');
      return user == text_.npos || user < at ? at + 3 : note(at + 3, user);
    }
    if (text_[at] == '=' || text_[at] == ':') return value_of(name_before(at), at);
    if (!is_word(at) || (at > 0 && is_word(at - 1))) return at + 1;
    constexpr std::size_t shortest_jwt = 20, shortest_token = 8;
    auto end = at;
    while (is_word(end)) ++end;
    if (text_.substr(at).starts_with("eyJ") && end - at >= shortest_jwt) return note(at, end);
    const auto token = ascii_lower(text_[at]) == 'b' ? end_of_scheme(at) : at;
    return token > at && word_end(token) - token >= shortest_token ? note(token, word_end(token)) : end;
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

  std::size_t value_of(std::string_view name, std::size_t mark) {
    if (!names_secret(name)) return mark + 1;
    auto at = mark + 1;
    while (at < text_.size() && (ascii_space(text_[at]) || text_[at] == '\\')) ++at;
    if (at == text_.size()) return at;
    if (text_[at] == '{' || text_[at] == '[') return note_all(at);
    if (is_quote(at)) return note(at + 1, quote_end(at));
    const auto before = text_.find_last_not_of(' ', mark - 1);
    if (is_quote(before)) {  // JSON that is no text.
      const auto end = first_of(",}] \t\r\n", at);
      const auto value = text_.substr(at, end - at);
      return value == "true" || value == "false" || value == "null" ? end : note(at, end);
    }
    const bool cookies = to_lower(name).find("cookie") != std::string::npos;
    return note(at, cookies ? first_of("\r\n", at) : word_end(end_of_scheme(at)));
  }

  /// Notes each text and number in the JSON array or object that opens at `at`, but for names.
  std::size_t note_all(std::size_t at) {
    constexpr std::string_view between = " \t\r\n,:[]{}";
    std::size_t depth = 0;
    while (at < text_.size()) {
      const char c = text_[at];
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return at + 1;
      if (between.find(c) != between.npos) {
        ++at;
        continue;
      }
      const std::size_t quote = c == '"' ? 1 : 0;
      const auto end = quote == 1 ? quote_end(at) : first_of(between, at);
      const auto next = text_.find_first_not_of(" \t\r\n", end + quote);
      if (next == text_.npos || text_[next] != ':') note(at + quote, end);
      at = end + quote;
    }
    return text_.size();
  }

  std::size_t note(std::size_t start, std::size_t end) {
    if (end > start) found_.push_back({start, end});
    return (std::max)(start, end);
  }

  bool is_word(std::size_t at) const noexcept {
    constexpr std::string_view marks = "_-.";
    return at < text_.size() &&
           (ascii_alpha(text_[at]) || ascii_digit(text_[at]) || marks.find(text_[at]) != marks.npos);
  }
  bool is_quote(std::size_t at) const noexcept {
    return at < text_.size() && (text_[at] == '"' || text_[at] == '\'');
  }
  std::size_t first_of(std::string_view ends, std::size_t at) const noexcept {
    return (std::min)(text_.size(), text_.find_first_of(ends, at));
  }
  std::size_t word_end(std::size_t at) const noexcept { return first_of(" \t\r\n\f\v&", at); }

  /// Where the quotation that opens at `open` ends; a quote behind a backslash ends it only if it began so.
  std::size_t quote_end(std::size_t open) const noexcept {
    const bool escaped = open > 0 && text_[open - 1] == '\\';
    auto at = open + 1;
    while (at < text_.size() && text_[at] != text_[open]) at += text_[at] == '\\' && !escaped ? 2U : 1U;
    return (std::min)(at, text_.size());
  }

  std::string_view text_;
  std::vector<span> found_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
