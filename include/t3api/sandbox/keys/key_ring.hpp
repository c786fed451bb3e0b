#ifndef T3API_SANDBOX_KEYS_KEY_RING_HPP
#define T3API_SANDBOX_KEYS_KEY_RING_HPP

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/core/secret.hpp>
#include <t3api/detail/crypto.hpp>

namespace t3api::sandbox {

/// The keys of a service, all of 32 bytes. They never lie in its database.
struct key_ring {
  struct entry {
    std::string id;  ///< 1 to 32 letters, digits, `-` or `_`.
    secret key;
  };

  /// What the service's other keys are derived from. It cannot change without ending all secret keys.
  secret root{};
  /// Key-encryption keys. The last one is the current one, under which new records are kept; the others open
  /// older records.
  std::vector<entry> keys{};

  const entry& current() const { return keys.back(); }

  /// The key with that id, or null.
  const secret* find(std::string_view id) const noexcept {
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const entry& e) { return e.id == id; });
    return found == keys.end() ? nullptr : &found->key;
  }

  /// A key of its own for each purpose.
  secret derived(std::string_view purpose) const {
    return secret(detail::hmac_sha256(root.reveal(), "t3api-sandbox " + std::string(purpose)));
  }
};

/// Where a service has its key ring from. Any number of threads may share it.
class key_ring_source {
 public:
  key_ring_source() = default;
  key_ring_source(const key_ring_source&) = delete;
  key_ring_source& operator=(const key_ring_source&) = delete;
  virtual ~key_ring_source() = default;

  /// The ring as it was last read. Never null.
  virtual std::shared_ptr<const key_ring> ring() const = 0;
  /// The ring as it is now, read again when it can change: asked when a record needs a key that is not in
  /// `ring()`, and before a new record is kept. When it cannot be read, the last one.
  virtual std::shared_ptr<const key_ring> fresh_ring() = 0;
};

/// A ring that stays as it is.
class fixed_key_ring final : public key_ring_source {
 public:
  explicit fixed_key_ring(key_ring ring) : ring_(std::make_shared<key_ring>(std::move(ring))) {}

  std::shared_ptr<const key_ring> ring() const override { return ring_; }
  std::shared_ptr<const key_ring> fresh_ring() override { return ring_; }

 private:
  const std::shared_ptr<const key_ring> ring_;
};

/// A new ring with one key-encryption key, from the system's random source.
inline key_ring make_key_ring() {
  return {.root = secret(detail::random_bytes(32)), .keys = {{"k1", secret(detail::random_bytes(32))}}};
}

}  // namespace t3api::sandbox

#endif
