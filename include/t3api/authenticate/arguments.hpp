#ifndef T3API_AUTHENTICATE_ARGUMENTS_HPP
#define T3API_AUTHENTICATE_ARGUMENTS_HPP

#include <optional>
#include <string>

#include <t3api/any_client.hpp>
#include <t3api/auth/any.hpp>
#include <t3api/core/client_config.hpp>
#include <t3api/core/headers.hpp>
#include <t3api/core/logging_hooks.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/default_client.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/retry/exponential_backoff.hpp>
#include <t3api/store/memory.hpp>

namespace t3api::inline v0_1_0 {

/// What the functions of t3api/authenticate.hpp give back, whatever the way in.
using authenticated_client = default_client<any_auth>;

/// Arguments of the functions that log in with Metrc credentials; give them by name:
/// `{.hostname = "ca.metrc.com", .username = …, .password = …}`.
struct credentials_arguments {
  std::string hostname{};  ///< Metrc's, such as "ca.metrc.com".
  std::string username{};  ///< Metrc's.
  secret password{};       ///< Metrc's.
  std::optional<std::string>
      host{};  ///< T3's. Default: that of `config`, else `T3_API_HOST` (of the environment), else production.
  secret otp{};         ///< A one-time password, where Metrc wants one.
  std::string email{};  ///< The account's e-mail address, where Metrc wants it.
  secret otp_seed{};    ///< The seed that one-time passwords come from, in place of one.
  bool renew = false;   ///< Whether the client keeps the credentials, to get new tokens with them.
  /// Default: what the environment and `.t3.env` set.
  std::optional<client_config> config{};
  /// Default: what the environment and `.t3.env` set, also with a `config`.
  std::optional<backoff_options> retry_policy{};
  /// Default: those of `config`, else `logging_hooks::from_env()`.
  std::optional<t3api::logging_hooks> logging_hooks{};
  t3api::headers headers{};  ///< Sent with every request, besides those of `config`.
  stop_token stop{};         ///< Ends the logging in early.
  /// Calls with the same one share one token, and use no one-time password twice. Default: one of its own.
  std::optional<memory_store> store{};
};

/// Arguments of the functions that take an API key.
struct api_key_arguments {
  secret api_key{};                       ///< T3's.
  std::string state_code{};               ///< Two letters, such as "CA".
  std::optional<std::string> host{};      ///< As in `credentials_arguments`.
  bool renew = false;                     ///< Whether the client keeps the key, to get new tokens with it.
  std::optional<client_config> config{};  ///< As in `credentials_arguments`.
  std::optional<backoff_options> retry_policy{};        ///< As in `credentials_arguments`.
  std::optional<t3api::logging_hooks> logging_hooks{};  ///< As in `credentials_arguments`.
  t3api::headers headers{};                             ///< As in `credentials_arguments`.
  stop_token stop{};                                    ///< Ends the logging in early.
  std::optional<memory_store> store{};                  ///< Calls with the same one share one token.
};

/// Arguments of `create_jwt_authenticated_client`.
struct jwt_arguments {
  secret jwt_token{};                                   ///< The token alone, without "Bearer".
  std::optional<std::string> host{};                    ///< As in `credentials_arguments`.
  std::optional<client_config> config{};                ///< As in `credentials_arguments`.
  std::optional<backoff_options> retry_policy{};        ///< As in `credentials_arguments`.
  std::optional<t3api::logging_hooks> logging_hooks{};  ///< As in `credentials_arguments`.
  t3api::headers headers{};                             ///< As in `credentials_arguments`.
};

#ifdef T3API_COMPILED
extern template class client<default_transport, any_auth, exponential_backoff>;
extern template any_client::any_client(authenticated_client);
#ifdef T3API_IMPLEMENTATION
template class client<default_transport, any_auth, exponential_backoff>;
template any_client::any_client(authenticated_client);
#endif
#endif

}  // namespace t3api::inline v0_1_0

#endif
