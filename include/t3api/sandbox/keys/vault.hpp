#ifndef T3API_SANDBOX_KEYS_VAULT_HPP
#define T3API_SANDBOX_KEYS_VAULT_HPP

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <t3api/core/json.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/crypto.hpp>
#include <t3api/detail/seal.hpp>
#include <t3api/detail/wipe.hpp>
#include <t3api/sandbox/keys/key_record.hpp>
#include <t3api/sandbox/keys/key_ring.hpp>
#include <t3api/sandbox/metrc/stored_credentials.hpp>

namespace t3api::sandbox {

/// Sealed credentials that cannot be opened. The message is one sentence for people, without a secret.
struct vault_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Encrypts the credentials behind secret keys, each under a data key of its own that is wrapped by the
/// current key of a ring. The format is written down in docs/credentials-at-rest.md. Any number of threads
/// may share it.
class vault {
 public:
  explicit vault(std::shared_ptr<key_ring_source> ring) : ring_(std::move(ring)) {}

  /// Seals credentials for the record `id` of `owner`; they open for no other.
  sealed_credentials seal(const stored_credentials& credentials, std::string_view id,
                          const key_owner& owner) const {
    const auto ring = ring_->fresh_ring();
    const auto& wrapping = ring->current();
    const secret data_key(detail::random_bytes(detail::gcm_key_size));
    std::string plain = to_text(credentials);
    std::string payload = detail::seal(data_key.reveal(), plain, place_of("credentials", id, owner, ""));
    detail::wipe(plain);
    return {.ring_id = wrapping.id, .bytes = wrap(data_key, wrapping, id, owner) + std::move(payload)};
  }

  /// The credentials of the record `id` of `owner`. Throws `vault_error` when they were changed, cut or moved
  /// here from another record, or when the ring does not have their key.
  stored_credentials open(const sealed_credentials& sealed, std::string_view id,
                          const key_owner& owner) const {
    const auto key = data_key(sealed, id, owner);
    auto plain = detail::unseal(key.reveal(), std::string_view(sealed.bytes).substr(wrapped_size),
                                place_of("credentials", id, owner, ""));
    if (!plain) throw vault_error(changed);
    auto credentials = from_text(*plain);
    detail::wipe(*plain);
    return credentials;
  }

  /// The same credentials under the current key of the ring; nothing when they are already. The data key and
  /// what it encrypts stay. Throws what `open` throws.
  std::optional<sealed_credentials> rewrap(const sealed_credentials& sealed, std::string_view id,
                                           const key_owner& owner) const {
    const auto ring = ring_->ring();
    const auto& wrapping = ring->current();
    if (sealed.ring_id == wrapping.id) return std::nullopt;
    return sealed_credentials{
        .ring_id = wrapping.id,
        .bytes = wrap(data_key(sealed, id, owner), wrapping, id, owner) + sealed.bytes.substr(wrapped_size)};
  }

 private:
  static constexpr const char* changed =
      "the credentials behind the secret key were changed or moved at rest and cannot be opened: delete the "
      "key "
      "and make a new one";
  /// What `detail::seal` makes of a data key.
  static constexpr std::size_t wrapped_size =
      1 + detail::gcm_nonce_size + detail::gcm_key_size + detail::gcm_tag_size;

  static std::string wrap(const secret& data_key, const key_ring::entry& under, std::string_view id,
                          const key_owner& owner) {
    return detail::seal(under.key.reveal(), data_key.reveal(), place_of("data key", id, owner, under.id));
  }

  secret data_key(const sealed_credentials& sealed, std::string_view id, const key_owner& owner) const {
    auto ring = ring_->ring();
    if (!ring->find(sealed.ring_id)) ring = ring_->fresh_ring();
    const secret* under = ring->find(sealed.ring_id);
    if (!under) {
      throw vault_error("the key ring has no key '" + sealed.ring_id +
                        "', under which the credentials behind the secret key are kept: add it again");
    }
    if (sealed.bytes.size() < wrapped_size) throw vault_error(changed);
    auto key = detail::unseal(under->reveal(), std::string_view(sealed.bytes).substr(0, wrapped_size),
                              place_of("data key", id, owner, sealed.ring_id));
    if (!key) throw vault_error(changed);
    return secret(*std::move(key));
  }

  /// What is authenticated beside the encrypted text. Each part has its length in front, so that no two
  /// places look the same.
  static std::string place_of(std::string_view kind, std::string_view id, const key_owner& owner,
                              std::string_view ring_id) {
    std::string place = "t3api-sandbox record 1";
    for (const std::string_view part :
         {kind, id, std::string_view(owner.hostname), std::string_view(owner.username), ring_id}) {
      place += "\n" + std::to_string(part.size()) + ":";
      place += part;
    }
    return place;
  }

  static std::string to_text(const stored_credentials& c) {
    return nlohmann::json({{"hostname", c.hostname},
                           {"username", c.username},
                           {"password", c.password.reveal()},
                           {"email", c.email},
                           {"otpSeed", c.otp_seed.reveal()}})
        .dump();
  }

  static stored_credentials from_text(std::string_view text) {
    const auto parsed = parse_json(text);
    const auto member = [&](const char* name) {
      return parsed ? string_member(*parsed, name).value_or("") : "";
    };
    return {.hostname = member("hostname"),
            .username = member("username"),
            .password = secret(member("password")),
            .email = member("email"),
            .otp_seed = secret(member("otpSeed"))};
  }

  const std::shared_ptr<key_ring_source> ring_;
};

}  // namespace t3api::sandbox

#endif
