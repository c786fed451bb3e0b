#ifndef T3API_AUTHENTICATE_CONFIGURED_HPP
#define T3API_AUTHENTICATE_CONFIGURED_HPP

#include <future>
#include <optional>
#include <string>
#include <vector>

#include <t3api/authenticate/arguments.hpp>
#include <t3api/authenticate/credential_chain.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/environment/environment.hpp>
#include <t3api/store/memory.hpp>

namespace t3api::inline v0_1_0 {

/// Arguments of `get_authenticated_client_or_error`. What is given here goes before the environment, and that
/// before `.t3.env`.
struct configured_arguments {
  secret secret_key{};                ///< Else `T3_SECRET_KEY`.
  secret jwt_token{};                 ///< Else `JWT_TOKEN`.
  secret api_key{};                   ///< Else `API_KEY`.
  std::string state_code{};           ///< Else `API_STATE_CODE`.
  std::string hostname{};             ///< Else `METRC_HOSTNAME`.
  std::string username{};             ///< Else `METRC_USERNAME`.
  secret password{};                  ///< Else `METRC_PASSWORD`.
  secret otp{};                       ///< A one-time password for this login.
  std::string email{};                ///< Else `METRC_EMAIL`.
  secret otp_seed{};                  ///< Else `OTP_SEED`, where the state wants a one-time password.
  std::optional<std::string> host{};  ///< Else that of `config`, else `T3_API_HOST`, else production.
  /// Of the ways in that are given as arguments the first in this order is taken; else of those in the
  /// environment, else of those in the file. Those not named are never. One argument that a way in needs,
  /// such as `username`, makes it one that is given.
  std::vector<way_in> order{way_in::secret_key, way_in::jwt, way_in::api_key, way_in::credentials};
  bool renew = true;  ///< Whether the client keeps password or API key, to get new tokens with them.
  std::optional<client_config> config{};                ///< As in `credentials_arguments`.
  std::optional<backoff_options> retry_policy{};        ///< As in `credentials_arguments`.
  std::optional<t3api::logging_hooks> logging_hooks{};  ///< As in `credentials_arguments`.
  t3api::headers headers{};                             ///< As in `credentials_arguments`.
  environment_options environment{};                    ///< Where to look besides.
  stop_token stop{};                                    ///< Ends the logging in early.
  std::optional<memory_store>
      store{};  ///< Calls with the same one share one token, and use no one-time password twice.
};

/// A client for what is configured: explicitly, in the environment, or in `.t3.env` in the working directory.
/// It is logged in, and renews its token by itself unless `renew` forbids. `client.auth().description()` says
/// in one line which way in was taken and from where, which service it goes to, whether certificates are not
/// checked, and what to warn of, such as that others may read the file; so does the log. `T3_API_HOST` and
/// `VERIFY_SSL=false` of the file count only for secrets that stand in it too, else they are an error. Throws
/// authentication_error, with the cause nested in it, whatever goes wrong; when nothing is configured its
/// message lists what was looked for.
authenticated_client get_authenticated_client_or_error(const configured_arguments& given = {});

/// The same in the background, on the executor of `config` or a thread of the client's own. When the executor
/// drops the job, the future holds std::future_error (broken_promise).
std::future<authenticated_client> get_authenticated_client_or_error_async(configured_arguments given = {});

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/authenticate/impl/configured.hpp>
#endif

#endif
