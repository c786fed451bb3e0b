#ifndef T3API_AUTH_SECRET_KEY_HPP
#define T3API_AUTH_SECRET_KEY_HPP

#include <string>
#include <vector>

#include <t3api/auth/checks.hpp>
#include <t3api/auth/concept.hpp>
#include <t3api/core/secret.hpp>

namespace t3api::inline v0_1_0 {

/// Where a secret key travels.
enum class secret_key_place {
  header,  ///< `X-T3-API-Key`, which T3's guide prefers.
  query    ///< `?secretKey=`, for URLs that must stand alone; such a URL is itself a password.
};

/// A long-lived secret key, made once with `POST /v2/auth/secretkey`. It does not expire, so nothing is
/// renewed.
class secret_key_auth {
 public:
  /// Takes white space off both ends. Throws std::invalid_argument for an empty key or one with control
  /// bytes.
  explicit secret_key_auth(const secret& key, secret_key_place place = secret_key_place::header)
      : key_(detail::require_trimmed(key.reveal(), "secret key")), place_(place) {}

  result<token_generation> authorize(request& message, exchange&) const {
    if (place_ == secret_key_place::header) {
      message.headers.set("X-T3-API-Key", std::string(key_.reveal()));
    } else {
      std::erase_if(message.query, [](const auto& parameter) { return parameter.first == "secretKey"; });
      message.query.emplace_back("secretKey", key_.reveal());
    }
    return token_generation{0};
  }

  bool on_unauthorized(token_generation) const noexcept { return false; }

 private:
  secret key_;
  secret_key_place place_;
};

static_assert(auth_method<secret_key_auth>);

}  // namespace t3api::inline v0_1_0

#endif
