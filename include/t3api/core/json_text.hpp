#ifndef T3API_CORE_JSON_TEXT_HPP
#define T3API_CORE_JSON_TEXT_HPP

#include <string>
#include <string_view>
#include <utility>

namespace t3api::inline v0_1_0 {

namespace detail {

/// Appends a text as it stands between the quotes of a JSON text.
inline void append_json_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15U];
    } else {
      out += c;
    }
  }
}

}  // namespace detail

/// Writes a flat JSON object of texts straight into one string, so that a secret in it is in memory once and
/// can be overwritten. Values must be UTF-8.
class json_text_object {
 public:
  /// `capacity`: an upper bound of the length, since growing would leave copies behind.
  explicit json_text_object(std::size_t capacity) { text_.reserve(capacity); }

  /// Adds a member.
  json_text_object& add(std::string_view name, std::string_view value) {
    text_ += text_.empty() ? '{' : ',';
    append(name);
    text_ += ':';
    append(value);
    return *this;
  }

  /// The text; to be called once, at the end.
  std::string finish() && {
    text_ += '}';
    return std::move(text_);
  }

 private:
  void append(std::string_view value) {
    text_ += '"';
    detail::append_json_escaped(text_, value);
    text_ += '"';
  }

  std::string text_;
};

}  // namespace t3api::inline v0_1_0

#endif
