#ifndef T3API_AUTHENTICATE_LOGIN_HPP
#define T3API_AUTHENTICATE_LOGIN_HPP

#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/auth/auth_response_data.hpp>
#include <t3api/auth/concept.hpp>
#include <t3api/auth/renewal_options.hpp>
#include <t3api/authenticate/arguments.hpp>
#include <t3api/client/async_calls.hpp>
#include <t3api/core/exceptions.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/environment.hpp>

namespace t3api::inline v0_1_0::detail {

/// The settings of a client: what is given as an argument goes before what `found` has from the environment
/// and `.t3.env`. Throws std::invalid_argument for settings that make no sense, and std::runtime_error when
/// the log file cannot be used.
template <class Arguments>
settings settings_for(const Arguments& given, settings found) {
  if (given.config) found.client = *given.config;
  if (given.host && !given.host->empty()) found.client.host = *given.host;
  if (given.retry_policy) found.retry = *given.retry_policy;
  if (given.logging_hooks) {
    found.client.logging = *given.logging_hooks;
  } else if (found.log.http && !found.client.logging.any()) {
    found.client.logging = make_logging_hooks(found.log);
  }
  for (const auto& [name, value] : given.headers) found.client.headers.set(name, value);
  return found;
}

template <class Arguments>
settings settings_for(const Arguments& given) {
  return settings_for(given, read_settings(environment::load().value()).value());
}

inline authenticated_client make_client(any_auth auth, const settings& chosen) {
  return {default_transport(chosen.client), std::move(auth), exponential_backoff(chosen.retry),
          chosen.client};
}

/// A client that has yet to log in, and what the exchange of its credentials will have been answered with.
struct login {
  authenticated_client client;
  std::shared_ptr<const auth_response_data> answer{};
  stop_token stop{};
};

/// What the named functions give of a finished login.
inline authenticated_client client_of(const login& done) { return done.client; }
inline auth_response_data response_of(const login& done) { return *done.answer; }
inline secret token_of(const login& done) { return done.answer->access_token; }

inline std::shared_ptr<auth_response_data> make_room() { return std::make_shared<auth_response_data>(); }

/// How the auth method of a login gets its token; the answer is kept if there is room for it.
inline renewal_options once_into(const std::shared_ptr<auth_response_data>& answer, bool renew) {
  renewal_options options{.keep_credentials = renew};
  if (answer) options.on_response = [answer](const auth_response_data& data) { *answer = data; };
  return options;
}

/// An auth method that tells which token it put into a request: one out of a store came without an answer.
template <class Auth>
class token_teller {
 public:
  token_teller(Auth told_of, std::shared_ptr<auth_response_data> answer)
      : told_of_(std::move(told_of)), answer_(std::move(answer)) {}

  result<token_generation> authorize(request& message, exchange& via) {
    constexpr std::string_view scheme = "Bearer ";
    auto generation = told_of_.authorize(message, via);
    const auto header = message.headers.get("Authorization");
    if (!generation || !header || !header->starts_with(scheme)) return generation;
    const auto token = header->substr(scheme.size());
    if (answer_->access_token.reveal() != token) *answer_ = {.access_token = secret(token)};
    return generation;
  }
  bool on_unauthorized(token_generation generation) { return told_of_.on_unauthorized(generation); }

 private:
  Auth told_of_;
  std::shared_ptr<auth_response_data> answer_;
};

/// `auth`, which tells its token to `answer` if there is one.
template <class Auth>
any_auth heard_by(const std::shared_ptr<auth_response_data>& answer, Auth auth) {
  if (!answer) return auth;
  return token_teller<Auth>(std::move(auth), answer);
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

/// What `prepare` makes; what it throws is thrown as an authentication_error.
inline login prepared_login(const std::string& what, const std::function<login()>& prepare) {
  try {
    return prepare();
  } catch (...) {
    throw_authentication_error(what);
  }
}

/// Logs in with what was prepared, and gives `part_of` it.
template <class T>
T finished_login(const std::string& what, const login& prepared, T (*part_of)(const login&)) {
  try {
    prepared.client.authenticate({.stop = prepared.stop}).value();
    return part_of(prepared);
  } catch (...) {
    throw_authentication_error(what);
  }
}

template <class T>
T log_in(const std::string& what, const std::function<login()>& prepare, T (*part_of)(const login&)) {
  return finished_login(what, prepared_login(what, prepare), part_of);
}

/// The same where the asynchronous calls of the client run; what went wrong is in the future.
template <class T>
std::future<T> log_in_async(const std::string& what, const std::function<login()>& prepare,
                            T (*part_of)(const login&)) {
  try {
    const login prepared = prepared_login(what, prepare);
    try {
      return prepared.client.async(
          [what, prepared, part_of] { return finished_login(what, prepared, part_of); });
    } catch (...) {
      std::throw_with_nested(authentication_error(
          {.category = error_category::transport,
           .message = what + " failed: the executor did not take the call: " + caught_text(),
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
