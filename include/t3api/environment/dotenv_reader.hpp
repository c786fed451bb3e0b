#ifndef T3API_ENVIRONMENT_DOTENV_READER_HPP
#define T3API_ENVIRONMENT_DOTENV_READER_HPP

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/result.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/utf8.hpp>
#include <t3api/native/input_file.hpp>

namespace t3api::inline v0_1_0 {

/// What a dotenv file says of one key.
struct dotenv_entry {
  secret value{};        ///< Without its quotes.
  std::size_t line = 0;  ///< Where the key stands; the first line is 1.
};

/// The settings of a dotenv file.
class dotenv {
 public:
  /// By key.
  using entries = std::map<std::string, dotenv_entry, std::less<>>;

  dotenv() = default;
  /// `name` stands in messages.
  dotenv(std::string name, entries found) : name_(std::move(name)), entries_(std::move(found)) {}

  /// Who besides its owner may use the file.
  file_access access = file_access::owner;

  /// Null when the file does not have the key. Keys are case-sensitive.
  const dotenv_entry* find(std::string_view key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second;
  }
  std::size_t size() const noexcept { return entries_.size(); }

  /// What the file is called, fit for a message.
  const std::string& name() const noexcept { return name_; }

 private:
  std::string name_;
  entries entries_;
};

namespace detail {

/// Reads a dotenv text from its start to its end, once, as python-dotenv does.
class dotenv_reader {
 public:
  dotenv_reader(std::string_view text, std::string_view name)
      : text_(text), name_(printable(name, 100)), has_bom_(text.starts_with("\xEF\xBB\xBF")) {
    if (has_bom_) text_.remove_prefix(3);
  }

  result<dotenv> read() {
    while (at_ < text_.size()) {
      if (auto problem = read_entry()) return std::move(*problem);
    }
    return dotenv(std::move(name_), std::move(entries_));
  }

 private:
  static bool blank(char c) noexcept { return c == ' ' || c == '\t'; }

  static bool valid_key(std::string_view key) noexcept {
    return !key.empty() && !ascii_digit(key.front()) && std::all_of(key.begin(), key.end(), [](char c) {
      return ascii_alpha(c) || ascii_digit(c) || c == '_';
    });
  }

  /// The text in front of the `=`, without the word `export`.
  static std::string_view key_of(std::string_view before_equals) noexcept {
    constexpr std::string_view word = "export";
    while (!before_equals.empty() && blank(before_equals.front())) before_equals.remove_prefix(1);
    const bool exported = before_equals.size() > word.size() && before_equals.starts_with(word) &&
                          blank(before_equals[word.size()]);
    return trim(exported ? before_equals.substr(word.size()) : before_equals);
  }

  /// An unquoted value without the comment behind it.
  static std::string_view without_comment(std::string_view value) noexcept {
    for (auto hash = value.find('#'); hash != value.npos; hash = value.find('#', hash + 1)) {
      if (hash > 0 && blank(value[hash - 1])) return trim(value.substr(0, hash));
    }
    return value;
  }

  /// Whether Python takes a part of UTF-8 text that is not ASCII for white space.
  static bool has_wide_space(std::string_view text) noexcept {
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
      const auto three = text.substr(i, 3);
      if (three.starts_with("\xC2\x85") || three.starts_with("\xC2\xA0") || three == "\xE1\x9A\x80" ||
          three == "\xE2\x80\xA8" || three == "\xE2\x80\xA9" || three == "\xE2\x80\xAF" ||
          three == "\xE2\x81\x9F" || three == "\xE3\x80\x80" ||
          (three.starts_with("\xE2\x80") && three > "\xE2\x80\x7F" && three < "\xE2\x80\x8B")) {
        return true;
      }
    }
    return false;
  }

  /// What stands between two quotes, with its escapes decoded and its line ends as line feeds.
  static secret decode(std::string_view quoted, char quote) {
    constexpr std::string_view meanings = "\\'\"\a\b\f\n\r\t\v";
    const std::string_view escapes = quote == '"' ? "\\'\"abfnrtv" : "\\'";
    std::string value;
    value.reserve(quoted.size());
    for (std::size_t i = 0; i < quoted.size(); ++i) {
      const bool pair = quoted[i] == '\\' && i + 1 < quoted.size();
      const auto escape = pair ? escapes.find(quoted[i + 1]) : escapes.npos;
      if (escape != escapes.npos) {
        value += meanings[escape];
        ++i;
      } else if (quoted[i] != '\r') {
        value += quoted[i];
      }
    }
    return secret(std::move(value));
  }

  error fault(std::size_t line, std::string_view key, const std::string& what) const {
    const std::string of_key = key.empty() ? "" : " (" + printable(key, 60) + ")";
    return argument_error(name_ + " line " + std::to_string(line) + of_key + " " + what);
  }

  std::optional<error> check_bytes(std::string_view lines, std::size_t number, std::string_view key) const {
    for (;; ++number) {
      const auto end = lines.find('\n');
      auto line = lines.substr(0, end);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!is_utf8(line)) return fault(number, key, "is not valid UTF-8: save the file as UTF-8");
      if (std::any_of(line.begin(), line.end(), [](char c) { return ascii_control(c) && c != '\t'; })) {
        return fault(number, key, "holds a control character: remove it, or save the file as UTF-8 text");
      }
      if (end == lines.npos) return std::nullopt;
      lines.remove_prefix(end + 1);
    }
  }

  /// The text up to the line feed or the end.
  std::string_view take_line() noexcept {
    const auto end = text_.find('\n', at_);
    const auto line = text_.substr(at_, end == text_.npos ? text_.npos : end - at_);
    at_ = end == text_.npos ? text_.size() : end + 1;
    ++line_;
    return line;
  }

  std::optional<error> read_entry() {
    const auto line = take_line();
    const auto first = line_;
    const auto start = trim(line);
    const bool comment = start.starts_with('#');
    const auto equals = line.find('=');
    auto key = comment || equals == line.npos ? std::string_view() : key_of(line.substr(0, equals));
    // What is no key may be part of a secret that goes over several lines.
    if (!valid_key(key)) key = {};
    if (auto problem = check_bytes(line, first, key)) return problem;
    if (comment || start.empty()) return std::nullopt;
    if (equals == line.npos) {
      return fault(first, {}, "is no KEY=VALUE: write it so, or start it with # if it is a comment");
    }
    if (key.empty()) {
      return fault(first, {},
                   "has no good key before the =: use letters, digits and underscores, a digit not first");
    }
    if (has_bom_ && first == 1) {
      return fault(first, key,
                   "begins with a byte order mark, behind which T3's Python client does not find the key: "
                   "save the file as UTF-8 without one");
    }
    if (const auto known = entries_.find(key); known != entries_.end()) {
      return fault(
          first, key,
          "sets what line " + std::to_string(known->second.line) + " has set: remove one of the two");
    }
    const auto value = trim(line.substr(equals + 1));
    if (value.starts_with('"') || value.starts_with('\'')) return read_quoted(key, value);
    const auto unquoted = without_comment(value);
    if (has_wide_space(unquoted)) {
      return fault(first, key, "holds a blank that is no plain space: put the value into single quotes");
    }
    return add(key, secret(unquoted), first);
  }

  /// `value` starts at the opening quote.
  std::optional<error> read_quoted(std::string_view key, std::string_view value) {
    const auto first = line_;
    const char quote = value.front();
    const auto open = static_cast<std::size_t>(value.data() - text_.data());
    const auto close = closing_quote(open + 1, quote);
    if (close == text_.npos) {
      return fault(first, key, std::string("opens a quote that is never closed: add the closing ") + quote);
    }
    const auto quoted = text_.substr(open + 1, close - open - 1);
    line_ += static_cast<std::size_t>(std::count(quoted.begin(), quoted.end(), '\n')) - 1;
    at_ = close + 1;
    const auto behind = take_line();
    const auto end = static_cast<std::size_t>(behind.data() - text_.data()) + behind.size();
    if (auto problem = check_bytes(text_.substr(open, end - open), first, key)) return problem;
    if (const auto tail = trim(behind); !tail.empty() && !tail.starts_with('#')) {
      return fault(line_, key,
                   "has text behind the closing quote: put all of the value into one pair of quotes");
    }
    return add(key, decode(quoted, quote), first);
  }

  /// The first quote without a backslash in front, else the last one that has one: python-dotenv does not
  /// count backslashes, and writes a value that ends in one so.
  std::size_t closing_quote(std::size_t from, char quote) const noexcept {
    auto last = text_.npos;
    for (auto at = text_.find(quote, from); at != text_.npos; at = text_.find(quote, at + 1)) {
      if (at == from || text_[at - 1] != '\\') return at;
      last = at;
    }
    return last;
  }

  std::optional<error> add(std::string_view key, secret value, std::size_t line) {
    const auto text = value.reveal();
    if (const auto open = text.find("${"); open != text.npos && text.find('}', open) != text.npos) {
      return fault(line, key,
                   "holds ${...}, in whose place T3's Python client puts another setting's value: set this "
                   "one in the environment");
    }
    entries_.emplace(std::string(key), dotenv_entry{std::move(value), line});
    return std::nullopt;
  }

  std::string_view text_;
  std::string name_;
  bool has_bom_;
  std::size_t at_ = 0;
  std::size_t line_ = 0;
  dotenv::entries entries_;
};

}  // namespace detail
}  // namespace t3api::inline v0_1_0

#endif
