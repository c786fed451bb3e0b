#ifndef T3API_CORE_JSON_HPP
#define T3API_CORE_JSON_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <t3api/core/json_body.hpp>
#include <t3api/core/response.hpp>

namespace t3api::inline v0_1_0 {

/// Deeper JSON is refused: copying and printing it would exhaust the stack.
inline constexpr std::size_t max_json_depth = 64;

/// The JSON value in `text`; nothing when it is no JSON, no UTF-8, or nested deeper than `max_json_depth`.
std::optional<nlohmann::json> parse_json(std::string_view text);

/// A text member of an object; nothing when it is missing or no text.
std::optional<std::string> string_member(const nlohmann::json& object, const char* name);

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/core/impl/json.hpp>
#endif

#endif
