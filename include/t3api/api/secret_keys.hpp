#ifndef T3API_API_SECRET_KEYS_HPP
#define T3API_API_SECRET_KEYS_HPP

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <t3api/any_client.hpp>
#include <t3api/api/secret_key_url.hpp>
#include <t3api/auth/credentials.hpp>
#include <t3api/core/iso_time.hpp>

namespace t3api::inline v0_1_0 {

/// What the service tells of a secret key; the key itself it never shows again.
struct secret_key_info {
  std::string id{};                                ///< What `delete_secret_key` wants; no secret.
  utc_milliseconds created_at{};                   ///< By the clock of the service.
  std::optional<utc_milliseconds> last_used_at{};  ///< Nothing when it was never used.
  bool is_enabled = false;                         ///< False when the service has switched the key off.
};

/// `POST /v2/auth/secretkey`: makes a secret key for these Metrc credentials. The service logs in to Metrc
/// with them first and stores them; where Metrc wants one-time passwords it needs `otp_seed`. The key is
/// shown this once. Any client will do, one with `no_auth` too. Credentials that cannot be right, or lack
/// what the state wants by `rules`, are an `argument` error.
result<secret> create_secret_key(const any_client& via, const credentials& user,
                                 const call_options& options = {}, const state_rules& rules = {});

/// `GET /v2/auth/secretkey`: the caller's own secret keys, whatever way in the client uses. A client that
/// comes in by a secret key has used that key.
result<std::vector<secret_key_info>> list_secret_keys(const any_client& via,
                                                      const call_options& options = {});

/// `DELETE /v2/auth/secretkey/<id>`: from the answer on the key opens nothing, without a grace period. `id`
/// is one that `list_secret_keys` gives, not the key. An id that cannot be one is an `argument` error; a key
/// that is not there, was deleted before, or belongs to someone else an `http` error with status 404. When an
/// answer was lost and the call repeated, the first attempt may have deleted it: `maybe_done` tells.
result<std::monostate> delete_secret_key(const any_client& via, const std::string& id,
                                         const call_options& options = {});

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/api/impl/secret_keys.hpp>
#endif

#endif
