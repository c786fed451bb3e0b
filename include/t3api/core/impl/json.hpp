#ifndef T3API_CORE_IMPL_JSON_HPP
#define T3API_CORE_IMPL_JSON_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <t3api/core/json.hpp>
#include <t3api/core/response.hpp>
#include <t3api/detail/inline.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

inline bool json_too_deep(std::string_view text) noexcept {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > max_json_depth) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace detail

T3API_INLINE std::optional<nlohmann::json> parse_json(std::string_view text) {
  if (text.find('\0') != text.npos) return std::nullopt;  // The parser would take it for the end.
  if (detail::json_too_deep(text)) return std::nullopt;
  auto value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return std::nullopt;
  return std::optional(std::move(value));
}

T3API_INLINE std::optional<std::string> string_member(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

T3API_INLINE result<nlohmann::json> response::json() const {
  if (auto value = parse_json(body)) return *std::move(value);
  const auto type = headers.get("Content-Type").value_or("no content type");
  std::string what =
      body.empty() ? "an empty body" : std::to_string(body.size()) + " bytes that are not valid JSON";
  return t3api::error{.category = error_category::protocol,
                      .message = "the service answered " + std::to_string(status) + " with " + what + " (" +
                                 detail::printable(type, 60) +
                                 ") where JSON was expected: is the host setting right?",
                      .status = status,
                      .sent = true};
}

}  // namespace t3api::inline v0_1_0

#endif
