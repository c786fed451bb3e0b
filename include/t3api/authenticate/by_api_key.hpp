#ifndef T3API_AUTHENTICATE_BY_API_KEY_HPP
#define T3API_AUTHENTICATE_BY_API_KEY_HPP

#include <future>
#include <memory>
#include <utility>

#include <t3api/auth/api_key.hpp>
#include <t3api/authenticate/arguments.hpp>
#include <t3api/authenticate/login.hpp>

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

/// A client that exchanges the API key for a token with its first call. (T3's Python client of that name
/// forgets the key and stays unauthenticated.) Does no I/O but to read `.t3.env`. Throws
/// std::invalid_argument for an empty or malformed key or state code, and for settings that make no sense.
inline authenticated_client create_api_key_authenticated_client(const api_key_arguments& given) {
  return detail::prepare_login(given).client;
}

/// Exchanges the API key now and gives a client that holds the token; the key only if `renew` asks for it,
/// and without it the client ends with its token. Throws authentication_error, with the cause nested in it,
/// whatever goes wrong.
inline authenticated_client create_api_key_authenticated_client_or_error(const api_key_arguments& given) {
  return detail::log_in(
      detail::api_key_login, [&] { return detail::prepare_login(given); }, detail::client_of);
}

/// The same in the background, on the executor of `config` or a thread of the client's own; the future holds
/// the client or the authentication_error, or std::future_error (broken_promise) when the executor drops the
/// job.
inline std::future<authenticated_client> create_api_key_authenticated_client_or_error_async(
    api_key_arguments given) {
  return detail::log_in_async(
      detail::api_key_login, [&] { return detail::prepare_login(given); }, detail::client_of);
}

/// Exchanges the API key and gives the whole answer; the token alone when it comes out of `store`. Throws as
/// above.
inline auth_response_data authenticate_and_get_response_with_api_key(const api_key_arguments& given) {
  return detail::log_in(
      detail::api_key_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::response_of);
}

/// The same in the background, as above.
inline std::future<auth_response_data> authenticate_and_get_response_with_api_key_async(
    api_key_arguments given) {
  return detail::log_in_async(
      detail::api_key_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::response_of);
}

/// Exchanges the API key and gives the token alone. Throws as above.
inline secret authenticate_and_get_token_with_api_key(const api_key_arguments& given) {
  return detail::log_in(
      detail::api_key_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::token_of);
}

/// The same in the background, as above.
inline std::future<secret> authenticate_and_get_token_with_api_key_async(api_key_arguments given) {
  return detail::log_in_async(
      detail::api_key_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::token_of);
}

}  // namespace t3api::inline v0_1_0

#endif
