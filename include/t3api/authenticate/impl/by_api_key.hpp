#ifndef T3API_AUTHENTICATE_IMPL_BY_API_KEY_HPP
#define T3API_AUTHENTICATE_IMPL_BY_API_KEY_HPP

#include <future>
#include <utility>

#include <t3api/auth/api_key.hpp>
#include <t3api/authenticate/arguments.hpp>
#include <t3api/authenticate/by_api_key.hpp>
#include <t3api/authenticate/login.hpp>
#include <t3api/detail/inline.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

inline login prepare_api_key_login(const api_key_arguments& given, const kept_answer& answer) {
  api_key_auth auth(given.api_key, given.state_code, given.store.value_or(memory_store()),
                    renewal_into(answer, given.renew));
  return {make_client(record_into(answer, std::move(auth)), settings_for(given)), answer, given.stop};
}

inline constexpr login_method<api_key_arguments> api_key_login{"the T3 API login with an API key",
                                                               prepare_api_key_login};

}  // namespace detail

T3API_INLINE authenticated_client create_api_key_authenticated_client(const api_key_arguments& given) {
  return detail::prepare_api_key_login(given, nullptr).client;
}

T3API_INLINE authenticated_client
create_api_key_authenticated_client_or_error(const api_key_arguments& given) {
  return detail::log_in<authenticated_client>(detail::api_key_login, given);
}

T3API_INLINE std::future<authenticated_client> create_api_key_authenticated_client_or_error_async(
    api_key_arguments given) {
  return detail::log_in_async<authenticated_client>(detail::api_key_login, given);
}

T3API_INLINE auth_response_data authenticate_and_get_response_with_api_key(const api_key_arguments& given) {
  return detail::log_in<auth_response_data>(detail::api_key_login, given);
}

T3API_INLINE std::future<auth_response_data> authenticate_and_get_response_with_api_key_async(
    api_key_arguments given) {
  return detail::log_in_async<auth_response_data>(detail::api_key_login, given);
}

T3API_INLINE secret authenticate_and_get_token_with_api_key(const api_key_arguments& given) {
  return detail::log_in<secret>(detail::api_key_login, given);
}

T3API_INLINE std::future<secret> authenticate_and_get_token_with_api_key_async(api_key_arguments given) {
  return detail::log_in_async<secret>(detail::api_key_login, given);
}

}  // namespace t3api::inline v0_1_0

#endif
