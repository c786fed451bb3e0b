#ifndef T3API_STORE_LIFETIME_HPP
#define T3API_STORE_LIFETIME_HPP

#include <algorithm>
#include <chrono>

namespace t3api::inline v0_1_0::detail {

/// How long a store keeps what it is asked to keep for `ttl`: from one millisecond, the shortest that Redis
/// knows, to ten years, which no clock overflows on.
inline std::chrono::milliseconds kept_lifetime(std::chrono::milliseconds ttl) noexcept {
  using std::chrono::milliseconds;
  return std::clamp<milliseconds>(ttl, milliseconds(1), std::chrono::hours(24 * 3653));
}

}  // namespace t3api::inline v0_1_0::detail

#endif
