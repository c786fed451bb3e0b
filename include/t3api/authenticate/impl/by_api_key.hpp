#ifndef T3API_AUTHENTICATE_IMPL_BY_API_KEY_HPP
#define T3API_AUTHENTICATE_IMPL_BY_API_KEY_HPP

#include <future>
#include <memory>
#include <utility>

#include <t3api/auth/api_key.hpp>
#include <t3api/authenticate/arguments.hpp>
#include <t3api/authenticate/by_api_key.hpp>
#include <t3api/authenticate/login.hpp>
#include <t3api/detail/inline.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

inline constexpr const char* api_key_login = "the T3 API login with an API key";

inline login prepare_login(const api_key_arguments& given,
                           const std::shared_ptr<auth_response_data>& answer = {}) {
  api_key_auth auth(given.api_key, given.state_code, given.store.value_or(memory_store()),
                    once_into(answer, given.renew));
  return {.client = make_client(heard_by(answer, std::move(auth)), settings_for(given)),
          .answer = answer,
          .stop = given.stop};
}

}  // namespace detail

T3API_INLINE authenticated_client create_api_key_authenticated_client(const api_key_arguments& given) {
  return detail::prepare_login(given).client;
}

T3API_INLINE authenticated_client
create_api_key_authenticated_client_or_error(const api_key_arguments& given) {
  return detail::log_in(
      detail::api_key_login, [&] { return detail::prepare_login(given); }, detail::client_of);
}

T3API_INLINE std::future<authenticated_client> create_api_key_authenticated_client_or_error_async(
    api_key_arguments given) {
  return detail::log_in_async(
      detail::api_key_login, [&] { return detail::prepare_login(given); }, detail::client_of);
}

T3API_INLINE auth_response_data authenticate_and_get_response_with_api_key(const api_key_arguments& given) {
  return detail::log_in(
      detail::api_key_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::response_of);
}

T3API_INLINE std::future<auth_response_data> authenticate_and_get_response_with_api_key_async(
    api_key_arguments given) {
  return detail::log_in_async(
      detail::api_key_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::response_of);
}

T3API_INLINE secret authenticate_and_get_token_with_api_key(const api_key_arguments& given) {
  return detail::log_in(
      detail::api_key_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::token_of);
}

T3API_INLINE std::future<secret> authenticate_and_get_token_with_api_key_async(api_key_arguments given) {
  return detail::log_in_async(
      detail::api_key_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::token_of);
}

}  // namespace t3api::inline v0_1_0

#endif
