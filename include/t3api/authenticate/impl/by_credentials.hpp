#ifndef T3API_AUTHENTICATE_IMPL_BY_CREDENTIALS_HPP
#define T3API_AUTHENTICATE_IMPL_BY_CREDENTIALS_HPP

#include <future>
#include <memory>
#include <utility>

#include <t3api/auth/credentials.hpp>
#include <t3api/authenticate/arguments.hpp>
#include <t3api/authenticate/by_credentials.hpp>
#include <t3api/authenticate/login.hpp>
#include <t3api/detail/inline.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

inline constexpr const char* credentials_login = "the T3 API login with Metrc credentials";

inline login prepare_login(const credentials_arguments& given,
                           const std::shared_ptr<auth_response_data>& answer = {}) {
  const auto chosen = settings_for(given);
  credentials user{.hostname = given.hostname,
                   .username = given.username,
                   .password = given.password,
                   .otp = given.otp,
                   .email = given.email,
                   .otp_seed = given.otp_seed};
  credentials_auth auth(std::move(user), given.store.value_or(memory_store()),
                        {.rules = chosen.rules, .renewal = once_into(answer, given.renew)});
  return {
      .client = make_client(heard_by(answer, std::move(auth)), chosen), .answer = answer, .stop = given.stop};
}

}  // namespace detail

T3API_INLINE authenticated_client
create_credentials_authenticated_client_or_error(const credentials_arguments& given) {
  return detail::log_in(
      detail::credentials_login, [&] { return detail::prepare_login(given); }, detail::client_of);
}

T3API_INLINE std::future<authenticated_client> create_credentials_authenticated_client_or_error_async(
    credentials_arguments given) {
  return detail::log_in_async(
      detail::credentials_login, [&] { return detail::prepare_login(given); }, detail::client_of);
}

T3API_INLINE auth_response_data authenticate_and_get_response(const credentials_arguments& given) {
  return detail::log_in(
      detail::credentials_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::response_of);
}

T3API_INLINE std::future<auth_response_data> authenticate_and_get_response_async(
    credentials_arguments given) {
  return detail::log_in_async(
      detail::credentials_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::response_of);
}

T3API_INLINE secret authenticate_and_get_token(const credentials_arguments& given) {
  return detail::log_in(
      detail::credentials_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::token_of);
}

T3API_INLINE std::future<secret> authenticate_and_get_token_async(credentials_arguments given) {
  return detail::log_in_async(
      detail::credentials_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::token_of);
}

}  // namespace t3api::inline v0_1_0

#endif
