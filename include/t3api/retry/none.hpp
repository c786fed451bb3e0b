#ifndef T3API_RETRY_NONE_HPP
#define T3API_RETRY_NONE_HPP

#include <t3api/retry/concept.hpp>

namespace t3api::inline v0_1_0 {

/// Tries once.
struct no_retry {
  std::optional<std::chrono::milliseconds> next_delay(const attempt&, const error&) const noexcept {
    return std::nullopt;
  }
};

static_assert(retry_policy<no_retry>);

}  // namespace t3api::inline v0_1_0

#endif
