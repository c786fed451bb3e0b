#ifndef T3API_SANDBOX_FAULTS_JSON_MEMBERS_HPP
#define T3API_SANDBOX_FAULTS_JSON_MEMBERS_HPP

#include <chrono>
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include <t3api/sandbox/answer.hpp>

namespace t3api::inline v0_1_0::sandbox::json_members {

// Each reads one member of an order, and throws `refusal` (422), which names the member and never shows its
// value, when it is of another kind.

inline refusal wrong_member(const std::string& name, const std::string& what) {
  return {422, "the member '" + name + "' must be " + what};
}

inline std::string as_text(const std::string& name, const nlohmann::json& value) {
  if (!value.is_string()) throw wrong_member(name, "a text, in quotes");
  return value.get<std::string>();
}

/// A text that is not empty.
inline std::string as_name(const std::string& name, const nlohmann::json& value) {
  auto text = as_text(name, value);
  if (text.empty()) throw wrong_member(name, "a text that is not empty");
  return text;
}

inline bool as_flag(const std::string& name, const nlohmann::json& value) {
  if (!value.is_boolean()) throw wrong_member(name, "true or false");
  return value.get<bool>();
}

/// A whole number from `least` to `most`.
inline std::uint64_t as_count(const std::string& name, const nlohmann::json& value,
                              std::uint64_t most = 1'000'000'000, std::uint64_t least = 0) {
  const bool negative =
      !value.is_number_unsigned() && value.is_number_integer() && value.get<std::int64_t>() < 0;
  if (!value.is_number_integer() || negative || value.get<std::uint64_t>() > most ||
      value.get<std::uint64_t>() < least) {
    throw wrong_member(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return value.get<std::uint64_t>();
}

/// A whole number of either sign but 0, of at most nine digits.
inline std::int64_t as_difference(const std::string& name, const nlohmann::json& value) {
  constexpr std::int64_t most = 999'999'999;
  const bool whole = value.is_number_integer() &&
                     !(value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{most});
  if (!whole || value.get<std::int64_t>() < -most || value.get<std::int64_t>() > most || value == 0) {
    throw wrong_member(name, "a whole number from -999999999 to 999999999, and not 0");
  }
  return value.get<std::int64_t>();
}

/// Milliseconds, at most an hour.
inline std::chrono::milliseconds as_milliseconds(const std::string& name, const nlohmann::json& value) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(as_count(name, value, 3'600'000)));
}

inline const nlohmann::json& as_object(const std::string& name, const nlohmann::json& value) {
  if (!value.is_object()) throw wrong_member(name, "an object, in braces");
  return value;
}

}  // namespace t3api::inline v0_1_0::sandbox::json_members

#endif
