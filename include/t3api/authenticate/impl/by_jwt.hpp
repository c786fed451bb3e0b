#ifndef T3API_AUTHENTICATE_IMPL_BY_JWT_HPP
#define T3API_AUTHENTICATE_IMPL_BY_JWT_HPP

#include <utility>

#include <t3api/auth/bearer.hpp>
#include <t3api/authenticate/arguments.hpp>
#include <t3api/authenticate/by_jwt.hpp>
#include <t3api/authenticate/login.hpp>
#include <t3api/detail/inline.hpp>

namespace t3api::inline v0_1_0 {

T3API_INLINE authenticated_client create_jwt_authenticated_client(const jwt_arguments& given) {
  bearer_auth auth(given.jwt_token);
  return detail::make_client(std::move(auth), detail::settings_for(given));
}

}  // namespace t3api::inline v0_1_0

#endif
