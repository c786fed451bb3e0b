#ifndef T3API_CORE_JSON_TEXT_HPP
#define T3API_CORE_JSON_TEXT_HPP

#include <string>
#include <string_view>

namespace t3api {

/// Writes a flat JSON object of texts straight into one string, so that a secret in it is in memory once and
/// can be overwritten. Values must be UTF-8.
class json_text_object {
 public:
  /// `capacity`: an upper bound of the length, since growing would leave copies behind.
  explicit json_text_object(std::size_t capacity) { text_.reserve(capacity); }

  json_text_object& add(std::string_view name, std::string_view value) {
    text_ += text_.empty() ? '{' : ',';
    append(name);
    text_ += ':';
    append(value);
    return *this;
  }

  std::string finish() && {
    text_ += '}';
    return std::move(text_);
  }

 private:
  void append(std::string_view value) {
    constexpr std::string_view hex = "0123456789abcdef";
    text_ += '"';
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        text_ += '\\';
        text_ += c;
      } else if (byte < 0x20) {
        text_ += "\\u00";
        text_ += hex[byte >> 4];
        text_ += hex[byte & 15U];
      } else {
        text_ += c;
      }
    }
    text_ += '"';
  }

  std::string text_;
};

}  // namespace t3api

#endif
