#ifndef T3API_SANDBOX_SESSIONS_LOGIN_OUTCOME_HPP
#define T3API_SANDBOX_SESSIONS_LOGIN_OUTCOME_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <t3api/core/clock.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/sandbox/metrc/upstream.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// What came of the last login with kept credentials, in a form that can be remembered.
struct login_outcome {
  std::string session_id{};  ///< Empty when Metrc refused.
  metrc_refusal refusal = metrc_refusal::credentials;
  wall_time when{};   ///< When the refused login began.
  wall_time until{};  ///< When to try again; the same as `when` if that is of no use.

  bool is_final() const noexcept { return until <= when; }
};

inline std::string to_text(const login_outcome& outcome) {
  if (!outcome.session_id.empty()) return "open " + outcome.session_id;
  const auto number = [](wall_time t) {
    return std::to_string(std::chrono::nanoseconds(t.time_since_epoch()).count());
  };
  return "refused " + std::to_string(static_cast<int>(outcome.refusal)) + " " + number(outcome.when) + " " +
         number(outcome.until);
}

/// Nothing for what `to_text` does not make.
inline std::optional<login_outcome> login_outcome_from(std::string_view text) {
  const auto next = [&text] {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size() < text.size() ? word.size() + 1 : word.size());
    return word;
  };
  const auto kind = next();
  if (kind == "open" && !text.empty()) return login_outcome{.session_id = std::string(text)};
  if (kind != "refused") return std::nullopt;
  const auto refusal = detail::parse_decimal(next());
  const auto when = detail::parse_decimal(next());
  const auto until = detail::parse_decimal(next());
  constexpr std::uint64_t far_future = 1ULL << 62U;  // In the year 2116; later times could overflow.
  if (!refusal || *refusal > static_cast<std::uint64_t>(metrc_refusal::unavailable) || !when || !until ||
      *when > far_future || *until > far_future || !text.empty()) {
    return std::nullopt;
  }
  const auto time = [](std::uint64_t ns) {
    return wall_time(std::chrono::duration_cast<wall_time::duration>(std::chrono::nanoseconds(ns)));
  };
  return login_outcome{
      .refusal = static_cast<metrc_refusal>(*refusal), .when = time(*when), .until = time(*until)};
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
