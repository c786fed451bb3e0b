#ifndef T3API_SANDBOX_KEYS_KEY_RING_HPP
#define T3API_SANDBOX_KEYS_KEY_RING_HPP

#include <algorithm>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/core/secret.hpp>
#include <t3api/detail/crypto.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// A key ring that cannot be read, or is not right. The message is one sentence for people, without a key.
struct key_ring_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The keys of a service, all of 32 bytes. They never lie in its database.
struct key_ring {
  /// A key-encryption key.
  struct entry {
    std::string id;  ///< 1 to 32 letters, digits, `-` or `_`.
    secret key;      ///< 32 bytes.
  };

  static constexpr std::size_t key_size = detail::gcm_key_size;  ///< In bytes.

  /// What the service's other keys are derived from. It cannot change without ending all secret keys.
  secret root{};
  /// Key-encryption keys. The last one is the current one, under which new records are kept; the others open
  /// older records.
  std::vector<entry> keys{};

  /// The key for new records; there must be one.
  const entry& current() const { return keys.back(); }

  /// The key with that id, or null.
  const secret* find(std::string_view id) const noexcept {
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const entry& e) { return e.id == id; });
    return found == keys.end() ? nullptr : &found->key;
  }

  /// A key of its own for each purpose: HMAC-SHA-256 of `t3api-sandbox <purpose>` under the root.
  secret derived(std::string_view purpose) const {
    return secret(detail::hmac_sha256(root.reveal(), "t3api-sandbox " + std::string(purpose)));
  }

  /// Whether a text can be the id of a key.
  static bool is_id(std::string_view id) noexcept {
    const auto fits = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
             c == '_';
    };
    return !id.empty() && id.size() <= 32 && std::all_of(id.begin(), id.end(), fits);
  }

  /// Throws `key_ring_error` when the ring is not one that a service can work with.
  void check_usable() const {
    if (root.size() != key_size) throw key_ring_error("root must be 32 bytes");
    if (keys.empty()) throw key_ring_error("keys is empty: a key ring has at least one key");
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::string place = "keys[" + std::to_string(i) + "]";
      if (!is_id(keys[i].id)) {
        throw key_ring_error(place + ".id must be 1 to 32 letters, digits, '-' or '_'");
      }
      if (keys[i].key.size() != key_size) throw key_ring_error(place + ".key must be 32 bytes");
      if (find(keys[i].id) != &keys[i].key) {
        throw key_ring_error(place + " has the id '" + keys[i].id + "' of a key before it: leave one out");
      }
      for (std::size_t before = 0; before <= i; ++before) {
        const auto& other = before == i ? root : keys[before].key;
        if (detail::constant_time_equal(keys[i].key.reveal(), other.reveal())) {
          throw key_ring_error(place + ".key is the same as " +
                               (before == i ? "root" : "that of keys[" + std::to_string(before) + "]") +
                               ": each must be random");
        }
      }
    }
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
  /// Throws `key_ring_error` as `key_ring::check` does.
  explicit fixed_key_ring(key_ring ring) : ring_(std::make_shared<key_ring>(std::move(ring))) {
    ring_->check_usable();
  }

  std::shared_ptr<const key_ring> ring() const override { return ring_; }
  std::shared_ptr<const key_ring> fresh_ring() override { return ring_; }

 private:
  const std::shared_ptr<const key_ring> ring_;
};

/// A new ring with one key-encryption key, from the system's random source.
inline key_ring make_key_ring() {
  return {.root = secret(detail::random_bytes(key_ring::key_size)),
          .keys = {{"k1", secret(detail::random_bytes(key_ring::key_size))}}};
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
