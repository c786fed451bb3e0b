#ifndef T3API_STORE_REDIS_NAMES_HPP
#define T3API_STORE_REDIS_NAMES_HPP

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/secret.hpp>
#include <t3api/detail/crypto.hpp>
#include <t3api/detail/seal.hpp>
#include <t3api/detail/uuid.hpp>

namespace t3api::inline v0_1_0::detail {

/// What keys and values look like to those who can look into Redis: HMACs and sealed bytes, made with two
/// keys that come from the one the user gave (HMAC-SHA-256 as a pseudo-random function, one label each).
///
/// A value is sealed with a key that its own name takes part in, and Redis never sees that name: so the
/// user's key alone opens no value whose name holds a secret. Values of version 1 were sealed otherwise and
/// have other names in Redis; claims are those of version 1, so that both keep out of each other's way.
class redis_names {
 public:
  redis_names(const secret& key, std::string prefix)
      : prefix_(std::move(prefix)),
        sealing_key_(hmac_sha256(key.reveal(), "t3api redis_store 2: sealing")),
        naming_key_(hmac_sha256(key.reveal(), "t3api redis_store 1: naming")) {}

  std::string of_value(std::string_view key) const { return name("value 2 ", key); }
  std::string of_claim(std::string_view key) const { return name("claim ", key); }

  /// A value sealed to its place: it opens for this key only.
  std::string seal_value(std::string_view value, std::string_view key) const {
    return seal(key_of_value(key).reveal(), value, of_value(key));
  }
  std::optional<std::string> unseal_value(std::string_view sealed, std::string_view key) const {
    return unseal(key_of_value(key).reveal(), sealed, of_value(key));
  }

 private:
  std::string name(std::string_view kind, std::string_view key) const {
    return prefix_ + hex(hmac_sha256(naming_key_.reveal(), std::string(kind) + std::string(key)));
  }
  secret key_of_value(std::string_view key) const { return hmac_sha256(sealing_key_.reveal(), key); }

  const std::string prefix_;
  const secret sealing_key_;
  const secret naming_key_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
