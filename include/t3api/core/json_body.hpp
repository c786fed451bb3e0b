#ifndef T3API_CORE_JSON_BODY_HPP
#define T3API_CORE_JSON_BODY_HPP

#include <cstddef>
#include <string>

#include <t3api/core/json_fwd.hpp>
#include <t3api/core/result.hpp>

namespace t3api::inline v0_1_0 {

/// Deeper JSON is neither read nor sent: copying and printing it could exhaust the stack.
inline constexpr std::size_t max_json_depth = 64;

/// JSON as a request body: an object or an array. An `argument` error for anything else, since a lone text is
/// most likely JSON that was already written out. Also for what JSON cannot say, and the message then names
/// its place: NaN and infinity, text that is not UTF-8, binary and discarded values, more than 64 levels.
result<std::string> json_body(const nlohmann::json& value);

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/core/impl/json_body.hpp>
#endif

#endif
