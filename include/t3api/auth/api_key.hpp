#ifndef T3API_AUTH_API_KEY_HPP
#define T3API_AUTH_API_KEY_HPP

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/auth/checks.hpp>
#include <t3api/auth/concept.hpp>
#include <t3api/auth/renewal_options.hpp>
#include <t3api/auth/token_source.hpp>
#include <t3api/core/json_text.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/crypto.hpp>
#include <t3api/detail/uuid.hpp>
#include <t3api/store/memory.hpp>

namespace t3api::inline v0_1_0 {

/// Exchanges a T3 API key for a JWT at `POST /v2/auth/apikey`, once for all threads, and renews it ahead of
/// its expiry or when the service refuses it. Copies share one token; with a store that lies outside the
/// process, so do all processes with the same key. A key that the service refuses is never sent again.
template <store Store>
class basic_api_key_auth {
 public:
  /// `state_code`: two letters, such as "CA". Throws std::invalid_argument, without any value in it, for an
  /// empty or malformed key or code.
  basic_api_key_auth(const secret& api_key, std::string_view state_code,
                     renewal_options options = {}) requires std::default_initializable<Store>
      : basic_api_key_auth(api_key, state_code, Store(), std::move(options)) {}

  /// The same with a store to share the token by.
  basic_api_key_auth(const secret& api_key, std::string_view state_code, Store shared,
                     renewal_options options = {}) {
    const secret key = detail::require_trimmed(api_key.reveal(), "API key");
    const std::string code(detail::require_trimmed(state_code, "state code"));
    if (code.size() != 2 || !detail::ascii_alpha(code[0]) || !detail::ascii_alpha(code[1])) {
      throw std::invalid_argument("the state code is not two letters: write it like CA");
    }
    const auto name = detail::hex(detail::hmac_sha256(key.reveal(), "api key\n" + detail::to_lower(code)));
    detail::exchanged_credentials exchanged{.sensitive = {key}, .account = name, .fingerprint = name};
    exchanged.make_request = [key, code](exchange&, bool) -> result<detail::credentials_message> {
      json_text_object body(6 * key.size() + 100);
      body.add("apiKey", key.reveal()).add("stateCode", code);
      return detail::credentials_message{.message = {.method = method::post,
                                                     .path = "/v2/auth/apikey",
                                                     .headers = {{"Content-Type", "application/json"}},
                                                     .body = std::move(body).finish()}};
    };
    tokens_ = std::make_shared<detail::token_source<Store>>(std::move(exchanged), std::move(options),
                                                            std::move(shared));
  }

  result<token_generation> authorize(request& message, exchange& via) {
    return tokens_->authorize(message, via);
  }
  bool on_unauthorized(token_generation generation) { return tokens_->on_unauthorized(generation); }

  /// Whether the token of that generation came out of the store, where it may have lain long.
  bool is_shared(token_generation generation) const { return tokens_->is_shared(generation); }

  /// How many tokens there have been so far: 1 after the first call, more when tokens were renewed.
  token_generation tokens_obtained() const { return tokens_->tokens_obtained(); }

 private:
  std::shared_ptr<detail::token_source<Store>> tokens_;
};

/// The usual one, which shares its token with nobody but its copies.
using api_key_auth = basic_api_key_auth<memory_store>;

}  // namespace t3api::inline v0_1_0

#endif
