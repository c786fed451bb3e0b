#ifndef T3API_AUTH_NONE_HPP
#define T3API_AUTH_NONE_HPP

#include <t3api/auth/concept.hpp>

namespace t3api::inline v0_1_0 {

/// Sends no credentials: for the few endpoints that need none.
struct no_auth {
  static constexpr bool sends_credentials = false;  ///< So plain http is allowed.

  result<token_generation> authorize(request&, exchange&) const { return token_generation{0}; }
  bool on_unauthorized(token_generation) const noexcept { return false; }
};

static_assert(auth_method<no_auth>);

}  // namespace t3api::inline v0_1_0

#endif
