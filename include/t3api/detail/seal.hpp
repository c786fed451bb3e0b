#ifndef T3API_DETAIL_SEAL_HPP
#define T3API_DETAIL_SEAL_HPP

#include <optional>
#include <string>
#include <string_view>

#include <t3api/detail/crypto.hpp>

namespace t3api::inline v0_1_0::detail {

/// The first byte of what `seal` makes, so that another way of sealing can be told apart one day.
inline constexpr char seal_version = 1;

/// Encrypts `plain` so that it can lie where others read and write: AES-256-GCM under a key of 32 bytes and a
/// random nonce. Only with the same `associated` text does it open again, which ties it to its place. The
/// nonces of one key are unlikely to collide for some 2^32 texts. Throws what `gcm_encrypt` throws.
///
/// The format: version byte, nonce (12 bytes), ciphertext, tag (16 bytes).
inline std::string seal(std::string_view key, std::string_view plain, std::string_view associated) {
  const std::string nonce = random_bytes(gcm_nonce_size);
  return seal_version + nonce + gcm_encrypt(key, nonce, plain, associated);
}

/// What was sealed, or nothing when `sealed` has been changed or cut, or was made with another key or other
/// associated text. Throws std::invalid_argument for a key that has not 32 bytes.
inline std::optional<std::string> unseal(std::string_view key, std::string_view sealed,
                                         std::string_view associated) {
  constexpr std::size_t head = 1 + gcm_nonce_size;
  if (sealed.size() < head + gcm_tag_size || sealed.front() != seal_version) return std::nullopt;
  return gcm_decrypt(key, sealed.substr(1, gcm_nonce_size), sealed.substr(head), associated);
}

}  // namespace t3api::inline v0_1_0::detail

#endif
