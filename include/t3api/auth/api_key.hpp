#ifndef T3API_AUTH_API_KEY_HPP
#define T3API_AUTH_API_KEY_HPP

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <t3api/auth/checks.hpp>
#include <t3api/auth/concept.hpp>
#include <t3api/auth/token_exchange.hpp>
#include <t3api/core/json_text.hpp>
#include <t3api/core/secret.hpp>

namespace t3api {

/// Exchanges a T3 API key for a JWT at `POST /v2/auth/apikey`, once for all threads, and renews it when it
/// has expired or the service refuses it. Copies share one token. A key that the service refuses is never
/// sent again.
class api_key_auth {
 public:
  /// `state_code`: two letters, such as "CA". Throws std::invalid_argument, without any value in it, for an
  /// empty or malformed key or code.
  api_key_auth(const secret& api_key, std::string_view state_code) {
    const secret key = detail::require_trimmed(api_key.reveal(), "API key");
    const std::string code(detail::require_trimmed(state_code, "state code"));
    if (code.size() != 2 || !detail::ascii_alpha(code[0]) || !detail::ascii_alpha(code[1])) {
      throw std::invalid_argument("the state code is not two letters: write it like CA");
    }
    tokens_ = std::make_shared<detail::token_exchange>(
        [key, code](exchange&, bool) -> result<request> {
          json_text_object body(6 * key.size() + 100);
          body.add("apiKey", key.reveal()).add("stateCode", code);
          return request{.method = method::post,
                         .path = "/v2/auth/apikey",
                         .headers = {{"Content-Type", "application/json"}},
                         .body = std::move(body).finish()};
        },
        std::vector<secret>{key});
  }

  result<token_generation> authorize(request& message, exchange& via) {
    return tokens_->authorize(message, via);
  }
  bool on_unauthorized(token_generation generation) { return tokens_->on_unauthorized(generation); }

  /// How many tokens have been obtained so far: 1 after the first call, more when tokens were renewed.
  token_generation tokens_obtained() const { return tokens_->tokens_obtained(); }

 private:
  std::shared_ptr<detail::token_exchange> tokens_;
};

static_assert(auth_method<api_key_auth>);

}  // namespace t3api

#endif
