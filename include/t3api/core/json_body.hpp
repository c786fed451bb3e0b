#ifndef T3API_CORE_JSON_BODY_HPP
#define T3API_CORE_JSON_BODY_HPP

#include <string>

#include <t3api/core/json_fwd.hpp>
#include <t3api/core/result.hpp>

namespace t3api::inline v0_1_0 {

/// JSON as a request body: an object or an array. An `argument` error for anything else, since a lone text is
/// most likely JSON that was already written out, and for texts that are no UTF-8.
result<std::string> json_body(const nlohmann::json& value);

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/core/impl/json_body.hpp>
#endif

#endif
