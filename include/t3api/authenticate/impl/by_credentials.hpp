#ifndef T3API_AUTHENTICATE_IMPL_BY_CREDENTIALS_HPP
#define T3API_AUTHENTICATE_IMPL_BY_CREDENTIALS_HPP

#include <future>
#include <utility>

#include <t3api/auth/credentials.hpp>
#include <t3api/authenticate/arguments.hpp>
#include <t3api/authenticate/by_credentials.hpp>
#include <t3api/authenticate/login.hpp>
#include <t3api/detail/inline.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

inline login prepare_credentials_login(const credentials_arguments& given, const kept_answer& answer) {
  const auto chosen = settings_for(given);
  credentials_auth auth({.hostname = given.hostname,
                         .username = given.username,
                         .password = given.password,
                         .otp = given.otp,
                         .email = given.email,
                         .otp_seed = given.otp_seed},
                        given.store.value_or(memory_store()),
                        {.rules = chosen.rules, .renewal = renewal_into(answer, given.renew)});
  return {make_client(record_into(answer, std::move(auth)), chosen), answer, given.stop};
}

inline constexpr login_method<credentials_arguments> credentials_login{
    "the T3 API login with Metrc credentials", prepare_credentials_login};

}  // namespace detail

T3API_INLINE authenticated_client
create_credentials_authenticated_client_or_error(const credentials_arguments& given) {
  return detail::log_in<authenticated_client>(detail::credentials_login, given);
}

T3API_INLINE std::future<authenticated_client> create_credentials_authenticated_client_or_error_async(
    credentials_arguments given) {
  return detail::log_in_async<authenticated_client>(detail::credentials_login, given);
}

T3API_INLINE auth_response_data authenticate_and_get_response(const credentials_arguments& given) {
  return detail::log_in<auth_response_data>(detail::credentials_login, given);
}

T3API_INLINE std::future<auth_response_data> authenticate_and_get_response_async(
    credentials_arguments given) {
  return detail::log_in_async<auth_response_data>(detail::credentials_login, given);
}

T3API_INLINE secret authenticate_and_get_token(const credentials_arguments& given) {
  return detail::log_in<secret>(detail::credentials_login, given);
}

T3API_INLINE std::future<secret> authenticate_and_get_token_async(credentials_arguments given) {
  return detail::log_in_async<secret>(detail::credentials_login, given);
}

}  // namespace t3api::inline v0_1_0

#endif
