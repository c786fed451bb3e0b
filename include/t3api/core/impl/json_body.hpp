#ifndef T3API_CORE_IMPL_JSON_BODY_HPP
#define T3API_CORE_IMPL_JSON_BODY_HPP

#include <string>

#include <nlohmann/json.hpp>

#include <t3api/core/json_body.hpp>
#include <t3api/detail/inline.hpp>

namespace t3api::inline v0_1_0 {

T3API_INLINE result<std::string> json_body(const nlohmann::json& value) {
  if (!value.is_object() && !value.is_array()) {
    return argument_error(
        std::string("the JSON body is ") + value.type_name() +
        ", not an object or array: give a nlohmann::json value, or send() a request with a raw body");
  }
  try {
    return value.dump();
  } catch (const nlohmann::json::exception&) {
    return argument_error("the JSON body holds a text that is not valid UTF-8: convert it");
  }
}

}  // namespace t3api::inline v0_1_0

#endif
