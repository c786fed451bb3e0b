#ifndef T3API_AUTH_CHECKS_HPP
#define T3API_AUTH_CHECKS_HPP

#include <stdexcept>
#include <string>
#include <string_view>

#include <t3api/detail/ascii.hpp>
#include <t3api/detail/utf8.hpp>

namespace t3api::inline v0_1_0::detail {

/// Throws std::invalid_argument, naming `what` but never its value, when it is blank, no UTF-8 or holds
/// control bytes.
inline void require_text(std::string_view value, const std::string& what) {
  if (trim(value).empty()) throw std::invalid_argument("the " + what + " is empty: give one");
  if (has_control(value)) {
    throw std::invalid_argument("the " + what +
                                " holds a control character: is there a line break at its end?");
  }
  if (!is_utf8(value)) throw std::invalid_argument("the " + what + " is not valid UTF-8: convert it");
}

/// The value without white space around it, checked by `require_text`.
inline std::string_view require_trimmed(std::string_view value, const std::string& what) {
  const auto trimmed = trim(value);
  require_text(trimmed, what);
  return trimmed;
}

}  // namespace t3api::inline v0_1_0::detail

#endif
