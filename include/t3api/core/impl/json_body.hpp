#ifndef T3API_CORE_IMPL_JSON_BODY_HPP
#define T3API_CORE_IMPL_JSON_BODY_HPP

#include <cmath>
#include <cstddef>
#include <string>

#include <nlohmann/json.hpp>

#include <t3api/core/json_body.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/inline.hpp>
#include <t3api/detail/utf8.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

/// What keeps a value from being written as JSON, or null; `place` then ends with its JSON pointer.
inline const char* unwritable(const nlohmann::json& value, std::string& place, std::size_t depth = 0) {
  const auto within = [&, size = place.size()](const std::string& name, const nlohmann::json& part) {
    place += "/" + name;
    const char* const fault = unwritable(part, place, depth + 1);
    if (fault == nullptr) place.resize(size);
    return fault;
  };
  if (value.is_structured() && depth == max_json_depth) return "is nested too deep";
  if (const auto* list = value.get_ptr<const nlohmann::json::array_t*>()) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      if (const char* fault = within(std::to_string(i), (*list)[i])) return fault;
    }
  } else if (const auto* members = value.get_ptr<const nlohmann::json::object_t*>()) {
    for (const auto& [name, member] : *members) {
      if (!is_utf8(name)) return "has a member whose name is not valid UTF-8: convert it";
      if (const char* fault = within(name, member)) return fault;
    }
  } else if (const auto* text = value.get_ptr<const std::string*>()) {
    if (!is_utf8(*text)) return "is not valid UTF-8: convert it";
  } else if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    return "is NaN or infinite, which JSON cannot say";
  } else if (value.is_binary() || value.is_discarded()) {
    return "is no JSON value";
  }
  return nullptr;
}

}  // namespace detail

T3API_INLINE result<std::string> json_body(const nlohmann::json& value) {
  if (!value.is_object() && !value.is_array()) {
    return argument_error(
        std::string("the JSON body is ") + value.type_name() +
        ", not an object or array: give a nlohmann::json value, or send() a request with a raw body");
  }
  std::string place;
  if (const char* fault = detail::unwritable(value, place)) {
    return argument_error("the JSON body cannot be sent: " +
                          (place.empty() ? "it" : detail::printable(place, 200)) + " " + fault);
  }
  return value.dump();
}

}  // namespace t3api::inline v0_1_0

#endif
