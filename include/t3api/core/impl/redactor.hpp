#ifndef T3API_CORE_IMPL_REDACTOR_HPP
#define T3API_CORE_IMPL_REDACTOR_HPP

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <t3api/core/impl/secret_finder.hpp>
#include <t3api/core/login_path.hpp>
#include <t3api/core/redactor.hpp>
#include <t3api/core/secret_names.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/base64url.hpp>
#include <t3api/detail/inline.hpp>
#include <t3api/detail/percent.hpp>
#include <t3api/detail/utf8.hpp>
#include <t3api/detail/wipe.hpp>

namespace t3api::inline v0_1_0::detail {

/// How much of a secret must stand in a text for it to be hidden.
inline constexpr std::size_t shortest_secret = 4;

/// What an escape stands for, and how long it is.
struct escape {
  std::string meaning{};
  std::size_t size = 0;
};

/// The escape that `text` begins with, if any: `%2f`, `\/`, `\n`, `\x2f`, `\u002f`, `&amp;`, `&#47;`,
/// `&#x2f;`.
inline escape escape_at(std::string_view text) {
  const auto number = [&](std::size_t at, std::size_t size, int base) -> std::optional<std::uint32_t> {
    const auto digits = text.substr((std::min)(at, text.size()), size);
    std::uint32_t value = 0;
    const auto* end = digits.data() + digits.size();
    const auto [stop, failure] = std::from_chars(digits.data(), end, value, base);
    if (digits.size() < size || stop != end || failure != std::errc{}) return std::nullopt;
    return value;
  };
  const auto of = [](std::uint32_t point, std::size_t size) {
    escape found{{}, size};
    append_utf8(found.meaning, point);
    return found;
  };
  if (text.starts_with('%') || text.starts_with("\\x")) {
    const std::size_t at = text[0] == '%' ? 1 : 2;
    const auto byte = number(at, 2, 16);
    return byte ? escape{std::string(1, static_cast<char>(*byte)), at + 2} : escape{};
  }
  if (text.starts_with("\\u")) {
    const auto unit = number(2, 4, 16);
    if (!unit) return {};
    const bool high = (*unit & 0xFC00U) == 0xD800 && text.substr(6).starts_with("\\u");
    const auto low = high ? number(8, 4, 16) : std::nullopt;
    if (!low || (*low & 0xFC00U) != 0xDC00) return of(*unit, 6);
    return of(0x10000 + ((*unit & 0x3FFU) << 10) + (*low & 0x3FFU), 12);
  }
  if (text.starts_with('\\') && text.size() > 1) {
    constexpr std::string_view letters = "bfnrt\"'\\/", meanings = "\b\f\n\r\t\"'\\/";
    const auto place = letters.find(text[1]);
    return place == letters.npos ? escape{} : escape{std::string(1, meanings[place]), 2};
  }
  if (!text.starts_with('&')) return {};
  const auto end = text.substr(0, 12).find(';');
  if (end == text.npos) return {};
  if (text.starts_with("&#")) {
    const std::size_t at = text.starts_with("&#x") ? 3 : 2;
    const auto point = number(at, end - at, at == 3 ? 16 : 10);
    return point && *point <= 0x10FFFF ? of(*point, end + 1) : escape{};
  }
  for (const std::string_view known : {"amp&", "lt<", "gt>", "quot\"", "apos'"}) {
    if (text.substr(1, end - 1) == known.substr(0, known.size() - 1)) return {{known.back()}, end + 1};
  }
  return {};
}

/// A text without some layers of escapes, and where in the original each of its bytes comes from.
struct plain_text {
  /// The text as it is.
  explicit plain_text(std::string_view text) : bytes(text), from(text.size() + 1) {
    std::iota(from.begin(), from.end(), std::size_t{0});
  }
  plain_text(plain_text&&) = default;
  ~plain_text() { wipe(bytes); }

  /// With a layer taken off.
  plain_text unescaped() const {
    constexpr std::string_view marks = "%\\&";
    constexpr std::size_t longest_escape = 12;
    plain_text plain{std::string_view()};
    plain.from.clear();
    plain.bytes.reserve(bytes.size());  // Growing would leave copies behind.
    plain.from.reserve(from.size());
    for (std::size_t at = 0; at < bytes.size();) {
      const bool marked = marks.find(bytes[at]) != marks.npos;
      const auto found = marked ? escape_at(to_lower(bytes.substr(at, longest_escape))) : escape{};
      plain.bytes.append(found.size == 0 ? bytes.substr(at, 1) : found.meaning);
      plain.from.resize(plain.bytes.size(), from[at]);
      at += (std::max)(found.size, std::size_t{1});
    }
    plain.from.push_back(from.back());
    return plain;
  }

  /// In lower case and with `+` as a space: what is compared.
  std::string folded() const {
    std::string text = to_lower(bytes);
    std::replace(text.begin(), text.end(), '+', ' ');
    return text;
  }

  std::string bytes;
  std::vector<std::size_t> from;  ///< One more than bytes: the last is the end.
};

/// A text with no layer of escapes taken off, with one, and so on.
inline std::vector<plain_text> layers_of(std::string_view text) {
  constexpr std::size_t most = 5;
  std::vector<plain_text> layers;
  layers.emplace_back(text);
  while (layers.size() < most) {
    auto next = layers.back().unescaped();
    if (next.bytes.size() == layers.back().bytes.size()) break;
    layers.push_back(std::move(next));
  }
  return layers;
}

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
  wipe(plain);
  return bytes ? secret(*std::move(bytes)) : secret();
}

T3API_INLINE redactor::redactor(const request& sent, std::string_view base_path) {
  for (const auto& [name, value] : sent.headers) add_value(name, value);
  for (const auto& [name, value] : sent.query) add_value(name, value);
  add_named(sent.path);
  add_named(sent.body);
  const std::string keys = secret_keys_in_path(std::string(base_path) + sent.path);
  for (std::string_view rest = keys; !rest.empty();) {
    const auto key = rest.substr(0, rest.find('/'));
    rest.remove_prefix((std::min)(rest.size(), key.size() + 1));
    add(key);
  }
}

T3API_INLINE void redactor::add(std::string_view sensitive) {
  if (sensitive.size() < shortest_secret) return;
  add_spellings(sensitive);
  add_spellings(base64(sensitive).reveal());
}

T3API_INLINE void redactor::add_login(std::string_view login) {
  add(login.substr(login.find(':') + 1));
  add_spellings(base64(login).reveal());
}

/// A header or a parameter.
T3API_INLINE void redactor::add_value(std::string_view name, std::string_view value) {
  add_named(value);
  if (!names_secret(name)) return;
  const auto credentials = value.substr(secret_finder(value).end_of_scheme(0));
  add(value);
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
  for (const auto [start, end] : secret_finder(text).all()) {
    const auto value = text.substr(start, end - start);
    add(value.substr(secret_finder(value).end_of_scheme(0)));
    add(secret(query_decode(value)).reveal());
    add(secret(plain_text(value).unescaped().bytes).reveal());
  }
}

T3API_INLINE void redactor::add_spellings(std::string_view text) {
  if (text.size() < shortest_secret) return;
  for (auto& layer : layers_of(text)) known_.insert(secret(layer.folded()));
}

/// The size of the longest secret that `plain` begins with, perhaps cut off.
T3API_INLINE std::size_t redactor::known_at(std::string_view plain) const {
  constexpr std::size_t enough_at_end = 8;
  const auto head = plain.substr(0, shortest_secret);
  std::size_t longest = 0;
  for (auto known = known_.lower_bound(head); known != known_.end(); ++known) {
    const auto text = known->reveal();
    if (!text.starts_with(head)) break;
    const auto most = (std::min)(text.size(), plain.size());
    const auto* differs = std::mismatch(text.data(), text.data() + most, plain.data()).first;
    const auto same = static_cast<std::size_t>(differs - text.data());
    const auto rest = plain.substr(same);
    const bool cut = rest.starts_with("...") || rest.starts_with("\xE2\x80\xA6") ||
                     (rest.empty() && same >= enough_at_end);
    if (same == text.size() || (cut && same >= shortest_secret)) longest = (std::max)(longest, same);
  }
  return longest;
}

/// `text` without what is known, and without what is found in it.
T3API_INLINE std::string redactor::hidden_in(std::string_view text, bool and_found) const {
  std::vector<span> found;
  if (and_found) found = secret_finder(text).all();
  if (!known_.empty()) {
    for (const auto& layer : layers_of(text)) {
      const auto plain = layer.folded();
      for (std::size_t at = 0; at < plain.size(); ++at) {
        if (const auto size = known_at(std::string_view(plain).substr(at)); size > 0)
          found.push_back({layer.from[at], layer.from[at + size]});
      }
    }
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
  if (text.size() > most) return hide(std::string(text.substr(0, most - 3)) + "...");
  return hidden_in(text, true);
}

T3API_INLINE void redactor::hide_in(error& cause) const {
  for (std::string* text : {&cause.message, &cause.service_message, &cause.service_request_id})
    *text = hide_known(*text);
}

T3API_INLINE void redactor::hide_in(response& answer) const {
  constexpr std::size_t most = 64U << 10U;
  answer.body = hide_known(std::string_view(answer.body).substr(0, most));
  if (const auto id = answer.headers.get("X-Request-Id")) {
    std::string shown = hide_known(*id);
    answer.headers.erase("X-Request-Id");
    answer.headers.add_received("X-Request-Id", std::move(shown));
  }
}

}  // namespace t3api::inline v0_1_0::detail

#endif
