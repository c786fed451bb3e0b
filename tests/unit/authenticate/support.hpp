#ifndef T3API_TESTS_UNIT_AUTHENTICATE_SUPPORT_HPP
#define T3API_TESTS_UNIT_AUTHENTICATE_SUPPORT_HPP

#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

#include "tests/support/sandbox_server.hpp"

#include <t3api/authenticate.hpp>

namespace t3api::test {

/// An authentication_error and what is nested in it.
struct login_failure {
  authentication_error outer;
  std::exception_ptr cause{};

  std::string message() const { return outer.what(); }
  bool says(const std::string& words) const { return message().find(words) != std::string::npos; }

  /// Whether exactly an E is nested.
  template <class E>
  bool is_from() const {
    if (!cause) return false;
    try {
      std::rethrow_exception(cause);
    } catch (const E& nested) {
      return typeid(nested) == typeid(E);
    } catch (...) {
      return false;
    }
  }
};

/// The authentication_error that `run` throws; what else it throws goes on.
template <class Run>
login_failure failure_of(Run run) {
  try {
    run();
  } catch (const authentication_error& failure) {
    try {
      std::rethrow_if_nested(failure);
    } catch (...) {
      return {failure, std::current_exception()};
    }
    return {failure};
  }
  throw std::logic_error("it went well");
}

/// What all the functions take, whatever the way in.
struct shared_arguments {
  std::optional<std::string> host{};
  std::optional<client_config> config{};
  std::optional<backoff_options> retry_policy{};
  std::optional<t3api::logging_hooks> logging_hooks{};
  t3api::headers headers{};
  std::stop_token stop{};
};

template <class Arguments>
Arguments with(Arguments own, const shared_arguments& shared) {
  own.host = shared.host;
  own.config = shared.config;
  own.retry_policy = shared.retry_policy;
  own.logging_hooks = shared.logging_hooks;
  own.headers = shared.headers;
  if constexpr (requires { own.stop; }) own.stop = shared.stop;
  return own;
}

/// One of the functions, with the arguments of its own filled in; when it gives a client, that is used for
/// one `GET /v2/licenses`.
struct named_function {
  std::string name;
  std::function<void(const shared_arguments&)> run;
  bool logs_in = true;  ///< Whether it does before it gives anything, and throws authentication_error alone.
  bool gives_client = false;
};

inline void use(const authenticated_client& client) { client.get("/v2/licenses").value(); }

inline credentials_arguments california(const shared_arguments& shared = {}) {
  return with(
      credentials_arguments{
          .hostname = "ca.metrc.com", .username = "demo-ca", .password = "demo-ca-password"},
      shared);
}
inline api_key_arguments demo_key(const shared_arguments& shared = {}) {
  return with(api_key_arguments{.api_key = "demo-api-key", .state_code = "CA"}, shared);
}
inline configured_arguments configured(const shared_arguments& shared) {
  return with(configured_arguments{.api_key = "demo-api-key", .state_code = "CA"}, shared);
}

using shared_of = const shared_arguments&;

inline const std::vector<named_function> functions_of_credentials = {
    {.name = "create_credentials_authenticated_client_or_error",
     .run = [](shared_of s) { use(create_credentials_authenticated_client_or_error(california(s))); },
     .gives_client = true},
    {.name = "create_credentials_authenticated_client_or_error_async",
     .run =
         [](shared_of s) {
           use(create_credentials_authenticated_client_or_error_async(california(s)).get());
         },
     .gives_client = true},
    {.name = "authenticate_and_get_token",
     .run = [](shared_of s) { authenticate_and_get_token(california(s)); }},
    {.name = "authenticate_and_get_token_async",
     .run = [](shared_of s) { authenticate_and_get_token_async(california(s)).get(); }},
    {.name = "authenticate_and_get_response",
     .run = [](shared_of s) { authenticate_and_get_response(california(s)); }},
    {.name = "authenticate_and_get_response_async",
     .run = [](shared_of s) { authenticate_and_get_response_async(california(s)).get(); }}};

inline const std::vector<named_function> functions_of_api_keys = {
    {.name = "create_api_key_authenticated_client",
     .run = [](shared_of s) { use(create_api_key_authenticated_client(demo_key(s))); },
     .logs_in = false,
     .gives_client = true},
    {.name = "create_api_key_authenticated_client_or_error",
     .run = [](shared_of s) { use(create_api_key_authenticated_client_or_error(demo_key(s))); },
     .gives_client = true},
    {.name = "create_api_key_authenticated_client_or_error_async",
     .run = [](shared_of s) { use(create_api_key_authenticated_client_or_error_async(demo_key(s)).get()); },
     .gives_client = true},
    {.name = "authenticate_and_get_token_with_api_key",
     .run = [](shared_of s) { authenticate_and_get_token_with_api_key(demo_key(s)); }},
    {.name = "authenticate_and_get_token_with_api_key_async",
     .run = [](shared_of s) { authenticate_and_get_token_with_api_key_async(demo_key(s)).get(); }},
    {.name = "authenticate_and_get_response_with_api_key",
     .run = [](shared_of s) { authenticate_and_get_response_with_api_key(demo_key(s)); }},
    {.name = "authenticate_and_get_response_with_api_key_async",
     .run = [](shared_of s) { authenticate_and_get_response_with_api_key_async(demo_key(s)).get(); }}};

inline const std::vector<named_function> other_functions = {
    {.name = "create_jwt_authenticated_client",
     .run =
         [](shared_of s) {
           use(create_jwt_authenticated_client(with(jwt_arguments{.jwt_token = "a.b.c"}, s)));
         },
     .logs_in = false,
     .gives_client = true},
    {.name = "get_authenticated_client_or_error",
     .run = [](shared_of s) { use(get_authenticated_client_or_error(configured(s))); },
     .gives_client = true},
    {.name = "get_authenticated_client_or_error_async",
     .run = [](shared_of s) { use(get_authenticated_client_or_error_async(configured(s)).get()); },
     .gives_client = true}};

inline std::vector<named_function> all_functions() {
  auto all = functions_of_credentials;
  for (const auto* more : {&functions_of_api_keys, &other_functions}) {
    all.insert(all.end(), more->begin(), more->end());
  }
  return all;
}

/// Those that throw authentication_error whatever goes wrong.
inline std::vector<named_function> functions_that_log_in() {
  auto all = all_functions();
  std::erase_if(all, [](const named_function& f) { return !f.logs_in; });
  return all;
}

inline response json_response(int status, const nlohmann::json& body) {
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = body.dump()};
}

/// Takes every login, and has no licences.
inline response obliging_service(const request& asked) {
  if (asked.method == method::post) return json_response(200, {{"accessToken", "token-of-the-service"}});
  return json_response(200, nlohmann::json::array());
}

/// Settings for a server with a clock that nobody waits for.
inline client_config impatient_config(const std::string& host) {
  return {.host = host, .clock = std::make_shared<manual_clock>()};
}

}  // namespace t3api::test

#endif
