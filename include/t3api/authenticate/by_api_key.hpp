#ifndef T3API_AUTHENTICATE_BY_API_KEY_HPP
#define T3API_AUTHENTICATE_BY_API_KEY_HPP

#include <future>

#include <t3api/auth/auth_response_data.hpp>
#include <t3api/authenticate/arguments.hpp>
#include <t3api/core/secret.hpp>

namespace t3api::inline v0_1_0 {

/// A client that exchanges the API key for a token with its first call. (T3's Python client of that name
/// forgets the key and stays unauthenticated.) Does no I/O but to read `.t3.env`. Throws
/// std::invalid_argument for an empty or malformed key or state code, and for settings that make no sense.
authenticated_client create_api_key_authenticated_client(const api_key_arguments& given);

/// Exchanges the API key now and gives a client that holds the token; the key only if `renew` asks for it,
/// and without it the client ends with its token. Throws authentication_error, with the cause nested in it,
/// whatever goes wrong.
authenticated_client create_api_key_authenticated_client_or_error(const api_key_arguments& given);

/// The same in the background, on the executor of `config` or a thread of the client's own; the future holds
/// the client or the authentication_error, or std::future_error (broken_promise) when the executor drops the
/// job.
std::future<authenticated_client> create_api_key_authenticated_client_or_error_async(api_key_arguments given);

/// Exchanges the API key and gives the whole answer; the token alone when it comes out of `store`. Throws as
/// above.
auth_response_data authenticate_and_get_response_with_api_key(const api_key_arguments& given);

/// The same in the background, as above.
std::future<auth_response_data> authenticate_and_get_response_with_api_key_async(api_key_arguments given);

/// Exchanges the API key and gives the token alone. Throws as above.
secret authenticate_and_get_token_with_api_key(const api_key_arguments& given);

/// The same in the background, as above.
std::future<secret> authenticate_and_get_token_with_api_key_async(api_key_arguments given);

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/authenticate/impl/by_api_key.hpp>
#endif

#endif
