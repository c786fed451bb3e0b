#ifndef T3API_CORE_IMPL_JSON_HPP
#define T3API_CORE_IMPL_JSON_HPP

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <t3api/core/impl/json_builder.hpp>
#include <t3api/core/json.hpp>
#include <t3api/core/response.hpp>
#include <t3api/detail/inline.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

/// The text with U+FFFD in place of each escape that is half a surrogate pair; nothing when there is none.
inline std::optional<std::string> without_lone_surrogates(std::string_view text) {
  const auto unit_at = [&](std::size_t at) {
    unsigned unit = 0;
    const auto digits = text.substr((std::min)(at, text.size()), 6);
    if (!digits.starts_with("\\u")) return unit;
    const char* const end = digits.data() + digits.size();
    return std::from_chars(digits.data() + 2, end, unit, 16).ptr == end ? unit : 0U;
  };
  const auto is_high = [](unsigned unit) { return unit >= 0xD800 && unit < 0xDC00; };
  const auto is_low = [](unsigned unit) { return unit >= 0xDC00 && unit < 0xE000; };
  std::optional<std::string> mended;
  for (auto at = text.find('\\'); at != text.npos;) {
    const unsigned unit = unit_at(at);
    std::size_t size = 2;
    if (is_high(unit) && is_low(unit_at(at + 6))) {
      size = 12;
    } else if (is_high(unit) || is_low(unit)) {
      size = 6;
      if (!mended) mended = std::string(text);
      mended->replace(at, size, "\\ufffd");
    }
    at = text.find('\\', at + size);
  }
  return mended;
}

/// Not `json::sax_parse`, which compiles the readers of CBOR, BSON and others as well: a second at -O2.
inline bool build_json(std::string_view text, json_builder& builder) {
#if NLOHMANN_JSON_VERSION_MAJOR == 3
  auto input = nlohmann::detail::input_adapter(text);
  return nlohmann::detail::parser<nlohmann::json, decltype(input)>(std::move(input)).sax_parse(&builder);
#else
  return nlohmann::json::sax_parse(text, &builder);
#endif
}

T3API_INLINE result<nlohmann::json> read_json(std::string_view text, bool exact) {
  const auto cannot = [](std::string what) {
    return error{.category = error_category::protocol, .message = std::move(what)};
  };
  if (const auto at = text.find('\0'); at != text.npos) {  // The parser would take it for the end.
    return cannot("a NUL byte, at byte " + std::to_string(at + 1));
  }
  const auto built = [&, memory = 4 * (std::max<std::size_t>)(text.size(), 64U << 20U)](
                         std::string_view from) -> result<nlohmann::json> {
    json_builder builder(from, memory, exact);
    if (build_json(from, builder)) return builder.take();
    return cannot(builder.fault());
  };
  auto value = built(text);
  if (value) return value;
  const auto mended = without_lone_surrogates(text);
  return mended ? built(*mended) : std::move(value);
}

}  // namespace detail

T3API_INLINE std::optional<nlohmann::json> parse_json(std::string_view text) {
  if (auto value = detail::read_json(text, /*exact=*/false)) return *std::move(value);
  return std::nullopt;
}

T3API_INLINE std::optional<std::string> string_member(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

T3API_INLINE result<nlohmann::json> response::json() const {
  auto value = detail::read_json(body, /*exact=*/true);
  if (value) return value;
  std::string_view start = body;
  if (start.starts_with("\xEF\xBB\xBF")) start.remove_prefix(3);
  start = detail::trim(start).substr(0, 1);
  auto cause = std::move(value).error();
  cause.status = status;
  cause.sent = true;
  if (start == "{" || start == "[") {
    cause.message =
        "the service answered " + std::to_string(status) + " with JSON that holds " + cause.message;
    return cause;
  }
  const auto type = headers.get("Content-Type").value_or("no content type");
  const std::string what =
      body.empty() ? "an empty body" : std::to_string(body.size()) + " bytes that are not valid JSON";
  cause.message = "the service answered " + std::to_string(status) + " with " + what + " (" +
                  detail::printable(type, 60) + ") where JSON was expected: is the host setting right?";
  return cause;
}

}  // namespace t3api::inline v0_1_0

#endif
