#ifndef T3API_SANDBOX_KEYS_KEY_RECORD_HPP
#define T3API_SANDBOX_KEYS_KEY_RECORD_HPP

#include <optional>
#include <string>

#include <t3api/core/clock.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Whose a secret key is.
struct key_owner {
  std::string hostname{};  ///< Canonical.
  std::string username{};  ///< Exactly as in Metrc.

  /// Whether it is the same account.
  friend bool operator==(const key_owner&, const key_owner&) = default;
};

/// Credentials at rest; `vault` makes and opens them.
struct sealed_credentials {
  std::string ring_id{};  ///< Which key of the ring opens them.
  std::string bytes{};    ///< Encrypted, with all that is needed to open them but the ring.
};

/// All that is kept of a secret key, which is never the key itself.
struct key_record {
  std::string id{};        ///< A UUID that has nothing to do with the key, and opens nothing.
  std::string key_hash{};  ///< 32 bytes: a keyed hash of the key.
  key_owner owner{};       ///< Of the credentials.
  std::string
      login{};  ///< 32 bytes: a keyed hash of the credentials, the same for keys made from the same ones.
  wall_time created_at{};                   ///< By the service's clock.
  std::optional<wall_time> last_used_at{};  ///< Nothing when it was never used.
  bool is_enabled = true;                   ///< False once Metrc refused the credentials.
  sealed_credentials credentials{};         ///< What the service logs in to Metrc with.
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
