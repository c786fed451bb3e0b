#ifndef T3API_AUTHENTICATE_LOGIN_HPP
#define T3API_AUTHENTICATE_LOGIN_HPP

#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <t3api/auth/auth_response_data.hpp>
#include <t3api/auth/concept.hpp>
#include <t3api/auth/renewal_options.hpp>
#include <t3api/authenticate/arguments.hpp>
#include <t3api/client/async_calls.hpp>
#include <t3api/core/client_config.hpp>
#include <t3api/core/exceptions.hpp>
#include <t3api/core/url.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/environment.hpp>
#include <t3api/logging/call_log.hpp>

namespace t3api::inline v0_1_0::detail {

/// Throws std::invalid_argument when the file of the working directory would decide where a secret from
/// elsewhere goes, or that no certificate is checked on the way. `secret` says which; empty for none.
inline void require_trusted(const settings& chosen, const std::string& secret) {
  const auto refuse = [&](const std::string& name, const setting& found, const std::string& what) {
    throw std::invalid_argument(name + " in " + found.source + " does not decide " + what + " " + secret +
                                ": set " + name + " in the environment, or give it as an argument");
  };
  const auto is_from_file = [](const std::optional<setting>& found) {
    return found && found->place == setting_place::file;
  };
  if (secret.empty()) return;
  const auto host = parse_url(chosen.client.host);
  const bool is_t3 = host && host->origin() == parse_url(default_host)->origin();
  if (is_from_file(chosen.host) && !is_t3) refuse("T3_API_HOST", *chosen.host, "where to send");
  if (is_from_file(chosen.verify_ssl) && chosen.client.tls.dangerously_accept_any_certificate)
    refuse("VERIFY_SSL", *chosen.verify_ssl, "whether certificates are checked for");
}

/// The settings of a client: what is given as an argument goes before what `found` has from the environment
/// and `.t3.env`. `secret` says which secret does not come from `.t3.env`; empty for none. Throws
/// std::invalid_argument for settings that make no sense or that are not to be trusted with the secret, and
/// std::runtime_error when the log file cannot be used.
template <class Arguments>
settings settings_for(const Arguments& given, settings found, const std::string& secret) {
  const bool host_given = given.host && !given.host->empty();
  if (given.config) found.client = *given.config;
  if (given.config || host_given) found.host.reset();
  if (given.config) found.verify_ssl.reset();
  if (host_given) found.client.host = *given.host;
  require_trusted(found, secret);
  if (given.retry_policy) found.retry = *given.retry_policy;
  if (given.logging_hooks) {
    found.client.logging = *given.logging_hooks;
  } else if (!found.client.logging.any()) {
    found.client.logging = make_safe_logging_hooks(found.log, !secret.empty(), found.warnings);
  }
  for (const auto& [name, value] : given.headers) found.client.headers.set(name, value);
  return found;
}

/// The same for functions that are given all secrets as arguments.
template <class Arguments>
settings settings_for(const Arguments& given) {
  return settings_for(given, read_settings(environment::load().value()).value(),
                      "the secret in the arguments");
}

/// Tells the hooks of the client what `chosen` warns of.
inline authenticated_client make_client(any_auth auth, const settings& chosen) {
  for (const auto& warning : chosen.warnings)
    tell(chosen.client.logging.on_notice, [&] { return std::string_view(warning); });
  return {default_transport(chosen.client), std::move(auth), exponential_backoff(chosen.retry),
          chosen.client};
}

/// Where the answer to a login is kept; null when nobody asks for it.
using kept_answer = std::shared_ptr<auth_response_data>;

/// A client that has yet to log in, and what the exchange of its credentials will have been answered with.
struct login {
  authenticated_client client;
  kept_answer answer{};
  stop_token stop{};
};

/// How a named function logs in, and what its errors call that.
template <class Arguments>
struct login_method {
  const char* name;
  login (*prepare)(const Arguments& given, const kept_answer& answer);
};

/// An auth method that keeps the token which it put into a request: one out of a store came without an
/// answer.
template <class Auth>
class recording_auth {
 public:
  recording_auth(Auth inner, kept_answer answer) : inner_(std::move(inner)), answer_(std::move(answer)) {}

  result<token_generation> authorize(request& message, exchange& via) {
    constexpr std::string_view scheme = "Bearer ";
    auto generation = inner_.authorize(message, via);
    const auto header = message.headers.get("Authorization");
    if (!generation || !header || !header->starts_with(scheme)) return generation;
    const auto token = header->substr(scheme.size());
    if (answer_->access_token.reveal() != token) *answer_ = {.access_token = secret(token)};
    return generation;
  }
  bool on_unauthorized(token_generation generation) { return inner_.on_unauthorized(generation); }

 private:
  Auth inner_;
  kept_answer answer_;
};

/// How a login gets its token; the answer is kept if somebody asks for it.
inline renewal_options renewal_into(const kept_answer& answer, bool renew) {
  renewal_options options{.keep_credentials = renew};
  if (answer) options.on_response = [answer](const auth_response_data& data) { *answer = data; };
  return options;
}

template <class Auth>
any_auth record_into(const kept_answer& answer, Auth auth) {
  if (!answer) return auth;
  return recording_auth<Auth>(std::move(auth), answer);
}

/// Throws the exception that is being handled as an authentication_error, with it nested inside.
[[noreturn]] inline void throw_authentication_error(const std::string& what) {
  try {
    throw;
  } catch (const exception& failure) {
    error cause = failure.details();
    cause.message = what + " failed: " + cause.message;
    std::throw_with_nested(authentication_error(std::move(cause)));
  } catch (const std::invalid_argument& failure) {
    std::throw_with_nested(authentication_error(argument_error(what + " failed: " + failure.what())));
  } catch (const std::exception& failure) {
    std::throw_with_nested(authentication_error(
        {.category = error_category::authentication, .message = what + " failed: " + failure.what()}));
  } catch (...) {
    std::throw_with_nested(
        authentication_error({.category = error_category::authentication,
                              .message = what + " failed: something threw what is no std::exception"}));
  }
}

/// A login that is ready to be sent, for a function that gives a T. Throws authentication_error.
template <class T, class Arguments>
login prepare_login(const login_method<Arguments>& method, const Arguments& given) {
  try {
    kept_answer answer;
    if constexpr (!std::is_same_v<T, authenticated_client>) answer = std::make_shared<auth_response_data>();
    return method.prepare(given, answer);
  } catch (...) {
    throw_authentication_error(method.name);
  }
}

/// Logs in, and gives the client, the answer or the token. Throws authentication_error.
template <class T>
T finish_login(const char* name, const login& prepared) {
  try {
    prepared.client.authenticate({.stop = prepared.stop}).value();
    if constexpr (std::is_same_v<T, authenticated_client>) return prepared.client;
    if constexpr (std::is_same_v<T, auth_response_data>) return *prepared.answer;
    if constexpr (std::is_same_v<T, secret>) return prepared.answer->access_token;
  } catch (...) {
    throw_authentication_error(name);
  }
}

template <class T, class Arguments>
T log_in(const login_method<Arguments>& method, const Arguments& given) {
  return finish_login<T>(method.name, prepare_login<T>(method, given));
}

/// The same where the asynchronous calls of the client run; what went wrong is in the future.
template <class T, class Arguments>
std::future<T> log_in_async(const login_method<Arguments>& method, const Arguments& given) {
  try {
    const login prepared = prepare_login<T>(method, given);
    try {
      return prepared.client.async(
          [name = method.name, prepared] { return finish_login<T>(name, prepared); });
    } catch (...) {
      std::throw_with_nested(
          authentication_error({.category = error_category::transport,
                                .message = std::string(method.name) +
                                           " failed: the executor did not take the call: " + caught_text(),
                                .retryable = true}));
    }
  } catch (...) {
    std::promise<T> failed;
    failed.set_exception(std::current_exception());
    return failed.get_future();
  }
}

}  // namespace t3api::inline v0_1_0::detail

#endif
