#ifndef T3API_CORE_IMPL_REDACTOR_HPP
#define T3API_CORE_IMPL_REDACTOR_HPP

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <t3api/core/login_path.hpp>
#include <t3api/core/redactor.hpp>
#include <t3api/core/secret_names.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/base64url.hpp>
#include <t3api/detail/inline.hpp>
#include <t3api/detail/utf8.hpp>

namespace t3api::inline v0_1_0::detail {

/// Reads a text as it is meant, however it is written.
class plain_reader {
 public:
  /// A character in lower case, a `+` as a space, and where the next one begins.
  struct character {
    std::string bytes{};
    std::size_t end = 0;
  };

  /// What escapes begin with.
  static constexpr std::string_view marks = "%\\&";

  explicit plain_reader(std::string_view text) noexcept : text_(text) {}

  /// The character at `at` with so many layers of escapes taken off; empty at the end of the text.
  character read(std::size_t at, int layers) const {
    if (at >= text_.size()) return {{}, text_.size()};
    if (layers == 0 || marks.find(text_[at]) == marks.npos)
      return {std::string(1, text_[at] == '+' ? ' ' : ascii_lower(text_[at])), at + 1};
    const character first = read(at, --layers);
    std::optional<character> meant;
    if (first.bytes == "%") meant = byte(first.end, layers);
    if (first.bytes == "\\") meant = escaped(read(first.end, layers), layers);
    if (first.bytes == "&") meant = entity(first.end, layers);
    return meant ? *std::move(meant) : first;
  }

  /// All of it with a layer of escapes taken off.
  std::string all(int layers) const {
    std::string plain;
    plain.reserve(text_.size());  // Growing would leave copies behind.
    for (std::size_t at = 0; at < text_.size();) {
      const auto next = read(at, layers);
      plain += next.bytes;
      at = next.end;
    }
    return plain;
  }

 private:
  /// `count` hex digits; moves `at` behind them.
  std::optional<std::uint32_t> hex(std::size_t& at, int count, int layers) const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::uint32_t value = 0;
    for (; count > 0; --count) {
      const auto digit = read(at, layers);
      const auto place = digit.bytes.empty() ? digits.npos : digits.find(digit.bytes);
      if (place == digits.npos) return std::nullopt;
      value = value * 16 + static_cast<std::uint32_t>(place);
      at = digit.end;
    }
    return value;
  }

  static character of(std::uint32_t point, std::size_t end) {
    character made{{}, end};
    append_utf8(made.bytes, point);
    if (point < 0x80) made.bytes[0] = ascii_lower(made.bytes[0]);
    return made;
  }

  /// Two hex digits.
  std::optional<character> byte(std::size_t at, int layers) const {
    const auto value = hex(at, 2, layers);
    if (!value) return std::nullopt;
    return character{std::string(1, ascii_lower(static_cast<char>(*value))), at};
  }

  /// What follows a backslash: `/`, `"`, `n`, `x2f`, `u002f`.
  std::optional<character> escaped(const character& next, int layers) const {
    constexpr std::string_view letters = "bfnrt", controls = "\b\f\n\r\t", themselves = "\"'\\/";
    if (next.bytes.empty()) return std::nullopt;
    const char c = next.bytes[0];
    if (c == 'x') return byte(next.end, layers);
    if (c == 'u') return unicode(next.end, layers);
    if (themselves.find(c) != themselves.npos) return next;
    const auto letter = letters.find(c);
    if (letter == letters.npos) return std::nullopt;
    return character{std::string(1, controls[letter]), next.end};
  }

  /// Four hex digits, or a surrogate pair of them.
  std::optional<character> unicode(std::size_t at, int layers) const {
    const auto unit = hex(at, 4, layers);
    if (!unit) return std::nullopt;
    const auto slash = read(at, layers), u = read(slash.end, layers);
    auto end = u.end;
    if (*unit >= 0xD800 && *unit < 0xDC00 && slash.bytes == "\\" && u.bytes == "u") {
      const auto low = hex(end, 4, layers);
      if (low && *low >= 0xDC00 && *low < 0xE000)
        return of(0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00), end);
    }
    return of(*unit, at);
  }

  /// What follows an ampersand: `amp;`, `#39;`, `#x27;`.
  std::optional<character> entity(std::size_t at, int layers) const {
    constexpr std::size_t longest = 10;
    std::string name;
    auto next = read(at, layers);
    for (; next.bytes != ";"; next = read(next.end, layers)) {
      const char c = next.bytes.empty() ? ' ' : next.bytes[0];
      if ((!ascii_alpha(c) && !ascii_digit(c) && c != '#') || name.size() == longest) return std::nullopt;
      name += c;
    }
    at = next.end;
    if (!name.starts_with('#')) {
      const auto* known = std::find_if(std::begin(entities), std::end(entities),
                                       [&](const auto& one) { return one.name == name; });
      return known == std::end(entities) ? std::nullopt : std::optional(of(known->point, at));
    }
    const int base = name.starts_with("#x") ? 16 : 10;
    const char* digits = name.c_str() + (base == 16 ? 2 : 1);
    std::uint32_t point = 0;
    const auto [end, failure] = std::from_chars(digits, name.c_str() + name.size(), point, base);
    if (failure != std::errc{} || *end != '\0' || point > 0x10FFFF) return std::nullopt;
    return of(point, at);
  }

  struct named_entity {
    std::string_view name;
    unsigned char point;
  };
  static constexpr named_entity entities[] = {{"amp", '&'},   {"lt", '<'},   {"gt", '>'},  {"quot", '"'},
                                              {"apos", '\''}, {"nbsp", ' '}, {"sol", '/'}, {"plus", ' '}};

  std::string_view text_;
};

/// How much of a secret must stand in a text for it to be hidden.
inline constexpr std::size_t shortest_secret = 4;

/// Base64 as HTTP has it (RFC 4648 section 4), without padding.
inline secret base64(std::string_view bytes) {
  std::string text = base64url_encode(bytes);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  return secret(std::move(text));
}

/// The bytes behind `text`; nothing when it is no base64.
inline secret base64_decoded(std::string_view text) {
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '+', '-');
  std::replace(plain.begin(), plain.end(), '/', '_');
  auto bytes = base64url_decode(plain);
  return bytes ? secret(*std::move(bytes)) : secret();
}

/// Where `spelling` ends when it stands at `at`, perhaps with its end cut off; else `at`.
inline std::size_t end_of_match(std::string_view text, std::size_t at, std::string_view spelling,
                                int layers) {
  constexpr std::size_t enough_at_end = 8;
  std::size_t same = 0, end = at;
  for (plain_reader::character next; same < spelling.size(); end = next.end) {
    next = plain_reader(text).read(end, layers);
    if (next.bytes.empty() && same >= enough_at_end) return end;
    if (next.bytes.empty() || spelling.substr(same, next.bytes.size()) != next.bytes) {
      const auto rest = text.substr(end);
      const bool cut = rest.starts_with("...") || rest.starts_with("\xE2\x80\xA6");
      return cut && same >= shortest_secret ? end : at;
    }
    same += next.bytes.size();
  }
  return end;
}

T3API_INLINE redactor::redactor(const request& sent, std::string_view base_path) {
  for (const auto& [name, value] : sent.headers) add_value(name, value);
  for (const auto& [name, value] : sent.query) add_value(name, value);
  add_named(sent.path);
  const std::string keys = secret_keys_in_path(std::string(base_path) + sent.path);
  for (std::string_view rest = keys; !rest.empty();) {
    const auto key = rest.substr(0, rest.find('/'));
    rest.remove_prefix((std::min)(rest.size(), key.size() + 1));
    add(key);
  }
  add_named(sent.body);
}

T3API_INLINE void redactor::add(std::string_view sensitive) {
  if (sensitive.size() < shortest_secret) return;
  add_spellings(sensitive);
  add_spellings(base64(sensitive).reveal());
}

/// A header or a parameter.
T3API_INLINE void redactor::add_value(std::string_view name, std::string_view value) {
  add_named(value);
  if (!names_secret(name)) return;
  add(value);
  const auto credentials = without_scheme(value);
  add(credentials);
  if (iequals(value.substr(0, 6), "basic ")) add_login(base64_decoded(credentials).reveal());
  if (to_lower(name).find("cookie") == std::string::npos) return;
  for (auto rest = value; !rest.empty();) {
    const auto cookie = rest.substr(0, rest.find(';'));
    rest.remove_prefix((std::min)(rest.size(), cookie.size() + 1));
    add(cookie.substr(cookie.find('=') + 1));
  }
}

T3API_INLINE void redactor::add_named(std::string_view text) {
  for (const auto [start, end] : named_secrets(text)) {
    const auto value = text.substr(start, end - start);
    add(without_scheme(value));
    if (!value.starts_with('{') && !value.starts_with('[')) continue;
    for (const auto scalar : json_scalars(value)) add(scalar);
  }
}

T3API_INLINE void redactor::add_login(std::string_view login) {
  add(login.substr(login.find(':') + 1));
  add_spellings(base64(login).reveal());
}

T3API_INLINE void redactor::add_spellings(std::string_view text) {
  if (text.size() < shortest_secret) return;
  for (int layers = 0; layers <= most_layers; ++layers) {
    std::string plain = plain_reader(text).all(layers);
    const auto first = static_cast<unsigned char>(plain.front());
    may_begin_.set(first);
    if (ascii_alpha(plain.front())) may_begin_.set(first ^ 0x20U);
    spellings_.insert(secret(std::move(plain)));
  }
  for (const char mark : plain_reader::marks) may_begin_.set(static_cast<unsigned char>(mark));
  may_begin_.set('+');
}

/// The longest secret that stands at `at`.
T3API_INLINE span redactor::known_at(std::string_view text, std::size_t at, int most) const {
  span found{at, at};
  if (!may_begin_[static_cast<unsigned char>(text[at])]) return found;
  for (int layers = 0; layers <= most; ++layers) {
    std::string head;
    for (auto next = at; next < text.size() && head.size() < shortest_secret;) {
      const auto one = plain_reader(text).read(next, layers);
      head += one.bytes;
      next = one.end;
    }
    head.resize((std::min)(head.size(), shortest_secret));
    auto spelling = spellings_.lower_bound(std::string_view(head));
    for (; spelling != spellings_.end() && spelling->reveal().starts_with(head); ++spelling)
      found.end = (std::max)(found.end, end_of_match(text, at, spelling->reveal(), layers));
  }
  return found;
}

/// `text` without what was found in it and without what is known.
T3API_INLINE std::string redactor::hidden_in(std::string_view text, std::vector<span> found) const {
  const int most = text.find_first_of(plain_reader::marks) == text.npos ? 0 : most_layers;
  for (std::size_t at = 0; at < text.size() && !spellings_.empty(); ++at) {
    if (const auto known = known_at(text, at, most); known.end > at) found.push_back(known);
  }
  std::sort(found.begin(), found.end(), [](const span& a, const span& b) { return a.start < b.start; });
  std::string shown;
  std::size_t done = 0;
  for (const auto [start, end] : found) {
    if (start >= done) shown.append(text.substr(done, start - done)).append(hidden);
    done = (std::max)(done, end);
  }
  return shown.append(text.substr(done));
}

T3API_INLINE std::string redactor::hide(std::string_view text) const {
  constexpr std::size_t most = 16U << 10U;  // More than of any text is shown.
  if (text.size() <= most) return hidden_in(text, named_secrets(text));
  const std::string beginning = std::string(text.substr(0, most)) + "...";
  return hidden_in(beginning, named_secrets(beginning));
}

T3API_INLINE void redactor::hide_in(error& cause) const {
  for (std::string* text : {&cause.message, &cause.service_message, &cause.service_request_id})
    *text = hide_known(*text);
}

T3API_INLINE void redactor::hide_in(response& answer) const {
  constexpr std::size_t most = 64U << 10U;
  answer.body.resize((std::min)(answer.body.size(), most));
  answer.body = hide_known(answer.body);
  if (const auto id = answer.headers.get("X-Request-Id")) {
    std::string shown = hide_known(*id);
    answer.headers.erase("X-Request-Id");
    answer.headers.add_received("X-Request-Id", std::move(shown));
  }
}

}  // namespace t3api::inline v0_1_0::detail

#endif
