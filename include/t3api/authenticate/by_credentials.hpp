#ifndef T3API_AUTHENTICATE_BY_CREDENTIALS_HPP
#define T3API_AUTHENTICATE_BY_CREDENTIALS_HPP

#include <future>

#include <t3api/auth/auth_response_data.hpp>
#include <t3api/authenticate/arguments.hpp>
#include <t3api/core/secret.hpp>

namespace t3api::inline v0_1_0 {

/// Logs in to T3 with Metrc credentials and gives a client that holds the token; the credentials only if
/// `renew` asks for it, and without them the client ends with its token. Throws authentication_error, with
/// the cause nested in it, whatever goes wrong.
authenticated_client create_credentials_authenticated_client_or_error(const credentials_arguments& given);

/// The same in the background, on the executor of `config` or a thread of the client's own; the future holds
/// the client or the authentication_error, or std::future_error (broken_promise) when the executor drops the
/// job.
std::future<authenticated_client> create_credentials_authenticated_client_or_error_async(
    credentials_arguments given);

/// Logs in to T3 with Metrc credentials and gives the whole answer; the token alone when it comes out of
/// `store`. Throws as above.
auth_response_data authenticate_and_get_response(const credentials_arguments& given);

/// The same in the background, as above.
std::future<auth_response_data> authenticate_and_get_response_async(credentials_arguments given);

/// Logs in to T3 with Metrc credentials and gives the token alone. Throws as above.
secret authenticate_and_get_token(const credentials_arguments& given);

/// The same in the background, as above.
std::future<secret> authenticate_and_get_token_async(credentials_arguments given);

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/authenticate/impl/by_credentials.hpp>
#endif

#endif
