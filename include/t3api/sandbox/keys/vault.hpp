#ifndef T3API_SANDBOX_KEYS_VAULT_HPP
#define T3API_SANDBOX_KEYS_VAULT_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/secret.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/crypto.hpp>
#include <t3api/detail/seal.hpp>
#include <t3api/detail/wipe.hpp>
#include <t3api/sandbox/keys/key_record.hpp>
#include <t3api/sandbox/keys/key_ring.hpp>
#include <t3api/sandbox/metrc/stored_credentials.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Sealed credentials that cannot be opened. The message is one sentence for people, without a secret.
struct vault_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Encrypts the credentials behind secret keys, each under a data key of its own that is wrapped by the
/// current key of a ring. Sealed credentials belong to one record: they open for no other `id`, `key_hash`,
/// `owner` or `login`, nor under another key of the ring. The format is written down in
/// docs/credentials-at-rest.md. Any number of threads may share it.
class vault {
 public:
  explicit vault(std::shared_ptr<key_ring_source> ring) : ring_(std::move(ring)) {}

  /// Seals credentials for a record, whose owner has their hostname and username. Throws
  /// std::invalid_argument when one of them is larger than a mebibyte.
  sealed_credentials seal(const stored_credentials& credentials, const key_record& record) const {
    const auto ring = ring_->fresh_ring();
    const secret key(detail::random_bytes(detail::gcm_key_size));
    const overwritten plain{to_text(credentials)};
    return {.ring_id = ring->current().id,
            .bytes = wrap(key, ring->current(), record) +
                     detail::seal(key.reveal(), plain.text, place_of("credentials", record, ""))};
  }

  /// The credentials of a record. Throws `vault_error` when the record was changed, cut or put together from
  /// others, or when the ring does not have its key.
  stored_credentials open(const key_record& record) const {
    const secret key = data_key(record, *ring_for(record));
    auto opened =
        detail::unseal(key.reveal(), std::string_view(record.credentials.bytes).substr(wrapped_size),
                       place_of("credentials", record, ""));
    if (!opened) throw vault_error(changed);
    const overwritten plain{*std::move(opened)};
    return from_text(plain.text, record.owner);
  }

  /// Throws what `open` throws when the record is not as it was sealed, without decrypting the credentials.
  void check_record(const key_record& record) const { data_key(record, *ring_for(record)); }

  /// The credentials of a record under the current key of the ring; nothing when they are already. The data
  /// key and what it encrypts stay. Throws what `open` throws.
  std::optional<sealed_credentials> rewrap(const key_record& record) const {
    const auto ring = ring_for(record);
    if (record.credentials.ring_id == ring->current().id) return std::nullopt;
    return sealed_credentials{.ring_id = ring->current().id,
                              .bytes = wrap(data_key(record, *ring), ring->current(), record) +
                                       record.credentials.bytes.substr(wrapped_size)};
  }

 private:
  /// Overwritten when it goes.
  struct overwritten {
    std::string text;

    explicit overwritten(std::string plain) noexcept : text(std::move(plain)) {}
    overwritten(const overwritten&) = delete;
    overwritten& operator=(const overwritten&) = delete;
    ~overwritten() { detail::wipe(text); }
  };

  static constexpr const char* changed =
      "the record of the secret key was changed or moved at rest and cannot be opened: delete the key and "
      "make a new one";
  /// What `detail::seal` makes of a data key.
  static constexpr std::size_t wrapped_size =
      1 + detail::gcm_nonce_size + detail::gcm_key_size + detail::gcm_tag_size;
  static constexpr std::size_t padded_to = 256;
  static constexpr std::size_t largest_part = std::size_t{1} << 20U;

  static std::string wrap(const secret& data_key, const key_ring::entry& under, const key_record& record) {
    return detail::seal(under.key.reveal(), data_key.reveal(), place_of("data key", record, under.id));
  }

  /// A ring that has the key of a record.
  std::shared_ptr<const key_ring> ring_for(const key_record& record) const {
    const std::string& id = record.credentials.ring_id;
    auto ring = ring_->ring();
    if (!ring->find(id)) ring = ring_->fresh_ring();
    if (!ring->find(id)) {
      throw vault_error("the key ring has no key '" + detail::printable(id, 40) +
                        "', under which the record of the secret key is kept: add it again");
    }
    return ring;
  }

  static secret data_key(const key_record& record, const key_ring& ring) {
    const auto& [ring_id, bytes] = record.credentials;
    if (bytes.size() < wrapped_size) throw vault_error(changed);
    auto key = detail::unseal(ring.find(ring_id)->reveal(), std::string_view(bytes).substr(0, wrapped_size),
                              place_of("data key", record, ring_id));
    if (!key) throw vault_error(changed);
    return secret(*std::move(key));
  }

  /// What is authenticated beside the encrypted text. Each part has its length in front, so that no two
  /// places look the same.
  static std::string place_of(std::string_view kind, const key_record& record, std::string_view ring_id) {
    std::string place = "t3api-sandbox record 1";
    for (const std::string_view part :
         {kind, std::string_view(record.id), std::string_view(record.key_hash),
          std::string_view(record.owner.hostname), std::string_view(record.owner.username),
          std::string_view(record.login), ring_id}) {
      place.append("\n").append(std::to_string(part.size())).append(":").append(part);
    }
    return place;
  }

  /// Password, e-mail address and seed, each behind its length in four bytes (big-endian), then zeros, so
  /// that the size tells nothing about a password.
  static std::string to_text(const stored_credentials& c) {
    const std::string_view parts[] = {c.password.reveal(), c.email, c.otp_seed.reveal()};
    std::size_t size = 0;
    for (const auto part : parts) {
      if (part.size() > largest_part) {
        throw std::invalid_argument("a password, e-mail address or OTP seed of more than 1 MiB is not kept");
      }
      size += 4 + part.size();
    }
    std::string text;
    text.reserve((size + padded_to - 1) / padded_to * padded_to);  // Growing would leave copies behind.
    for (const auto part : parts) {
      for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>((part.size() >> shift) & 0xFFU);
      text += part;
    }
    text.resize((size + padded_to - 1) / padded_to * padded_to, '\0');
    return text;
  }

  static stored_credentials from_text(std::string_view text, const key_owner& owner) {
    const auto password = next_part(text), email = next_part(text), otp_seed = next_part(text);
    if (text.find_first_not_of('\0') != text.npos) throw vault_error(changed);
    return {.hostname = owner.hostname,
            .username = owner.username,
            .password = secret(password),
            .email = std::string(email),
            .otp_seed = secret(otp_seed)};
  }

  static std::string_view next_part(std::string_view& text) {
    if (text.size() < 4) throw vault_error(changed);
    std::uint32_t size = 0;
    for (const char c : text.substr(0, 4)) size = size << 8U | static_cast<unsigned char>(c);
    text.remove_prefix(4);
    if (size > text.size()) throw vault_error(changed);
    const auto part = text.substr(0, size);
    text.remove_prefix(size);
    return part;
  }

  const std::shared_ptr<key_ring_source> ring_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
