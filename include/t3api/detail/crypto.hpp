#ifndef T3API_DETAIL_CRYPTO_HPP
#define T3API_DETAIL_CRYPTO_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <t3api/detail/require_openssl.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <t3api/detail/wipe.hpp>

namespace t3api::inline v0_1_0::detail {

inline std::string hmac(const EVP_MD* digest, std::string_view key, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
  unsigned int size = 0;
  if (key.data() == nullptr) key = "";  // OpenSSL takes a null key for "the one of the last call".
  if (HMAC(digest, key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(), code.data(),
           &size) == nullptr) {
    throw std::runtime_error(
        "OpenSSL could not compute an HMAC: is the digest disabled by a provider or FIPS policy?");
  }
  return {reinterpret_cast<const char*>(code.data()), size};
}

/// SHA-256 (FIPS 180-4), 32 bytes.
inline std::string sha256(std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(message.data(), message.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error(
        "OpenSSL could not compute SHA-256: is it disabled by a provider or FIPS policy?");
  }
  return {reinterpret_cast<const char*>(digest.data()), size};
}

/// HMAC-SHA-1 (RFC 2104), 20 bytes; for one-time passwords only.
inline std::string hmac_sha1(std::string_view key, std::string_view message) {
  return hmac(EVP_sha1(), key, message);
}

/// HMAC-SHA-256 (RFC 2104), 32 bytes.
inline std::string hmac_sha256(std::string_view key, std::string_view message) {
  return hmac(EVP_sha256(), key, message);
}

/// HMAC-SHA-512 (RFC 2104), 64 bytes.
inline std::string hmac_sha512(std::string_view key, std::string_view message) {
  return hmac(EVP_sha512(), key, message);
}

/// PBKDF2 with HMAC-SHA-256 (RFC 8018 section 5.2), 32 bytes: slow on purpose, so that a password behind it
/// takes long to guess.
inline std::string pbkdf2_sha256(std::string_view password, std::string_view salt, int rounds) {
  std::string derived(32, '\0');
  if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                        reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()),
                        rounds, EVP_sha256(), static_cast<int>(derived.size()),
                        reinterpret_cast<unsigned char*>(derived.data())) != 1) {
    throw std::runtime_error("OpenSSL could not run PBKDF2: is it disabled by a provider or FIPS policy?");
  }
  return derived;
}

/// Fills memory from the system's random source. Throws std::runtime_error when there is none.
inline void fill_with_random(void* memory, std::size_t size) {
  if (RAND_bytes(static_cast<unsigned char*>(memory), static_cast<int>(size)) != 1) {
    throw std::runtime_error("OpenSSL has no random bytes to give: is the system's random source available?");
  }
}

/// `size` bytes from the system's random source. Throws as above.
inline std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  fill_with_random(bytes.data(), size);
  return bytes;
}

/// A number from 0 up to 1, for spreading things in time. Throws as above.
inline double random_fraction() {
  std::uint32_t number = 0;
  fill_with_random(&number, sizeof number);
  return number / 4294967296.0;
}

/// Whether both are equal, in a time that depends on their sizes only.
inline bool constant_time_equal(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

inline constexpr std::size_t gcm_key_size = 32;
inline constexpr std::size_t gcm_nonce_size = 12;
inline constexpr std::size_t gcm_tag_size = 16;

/// One run of AES-256-GCM (NIST SP 800-38D) in either direction.
class gcm_run {
 public:
  /// Throws std::invalid_argument for a key or nonce of another size.
  gcm_run(bool encrypts, std::string_view key, std::string_view nonce) : context_(EVP_CIPHER_CTX_new()) {
    if (key.size() != gcm_key_size || nonce.size() != gcm_nonce_size) {
      throw std::invalid_argument("AES-256-GCM takes a key of 32 bytes and a nonce of 12");
    }
    demand(context_ != nullptr && EVP_CipherInit_ex(context_.get(), EVP_aes_256_gcm(), nullptr, bytes(key),
                                                    bytes(nonce), encrypts ? 1 : 0) == 1);
  }

  void add_associated(std::string_view text) {
    int size = 0;
    demand(text.empty() || EVP_CipherUpdate(context_.get(), nullptr, &size, bytes(text), as_int(text)) == 1);
  }

  std::string transform(std::string_view text) {
    std::string out(text.size(), '\0');
    int size = 0;
    demand(text.empty() || EVP_CipherUpdate(context_.get(), reinterpret_cast<unsigned char*>(out.data()),
                                            &size, bytes(text), as_int(text)) == 1);
    return out;
  }

  /// The tag of what was encrypted.
  std::string tag() {
    std::string made(gcm_tag_size, '\0');
    demand(finish() && EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_GCM_GET_TAG,
                                           static_cast<int>(gcm_tag_size), made.data()) == 1);
    return made;
  }

  /// Whether `tag`, of 16 bytes, is that of what was decrypted; if not, nothing of it is to be used.
  bool matches(std::string tag) {
    demand(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(gcm_tag_size),
                               tag.data()) == 1);
    return finish();
  }

 private:
  struct freeing {
    void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
  };

  static const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  }
  static int as_int(std::string_view text) {
    if (text.size() > static_cast<std::size_t>((std::numeric_limits<int>::max)())) {
      throw std::length_error("AES-256-GCM takes at most 2 GiB here");
    }
    return static_cast<int>(text.size());
  }
  static void demand(bool done) {
    if (!done) {
      throw std::runtime_error(
          "OpenSSL could not run AES-256-GCM: is it disabled by a provider or FIPS policy?");
    }
  }

  bool finish() {
    unsigned char none[16];
    int size = 0;
    return EVP_CipherFinal_ex(context_.get(), none, &size) == 1;
  }

  std::unique_ptr<EVP_CIPHER_CTX, freeing> context_;
};

/// AES-256-GCM (NIST SP 800-38D): the ciphertext and behind it the tag. A nonce must never come twice with
/// one key. Throws std::invalid_argument for a key that has not 32 bytes or a nonce that has not 12, and
/// std::runtime_error when OpenSSL cannot.
inline std::string gcm_encrypt(std::string_view key, std::string_view nonce, std::string_view plain,
                               std::string_view associated) {
  gcm_run run(true, key, nonce);
  run.add_associated(associated);
  std::string text = run.transform(plain);
  return text += run.tag();
}

/// What `gcm_encrypt` was given, or nothing when key, nonce, text or associated data are not the same.
inline std::optional<std::string> gcm_decrypt(std::string_view key, std::string_view nonce,
                                              std::string_view text, std::string_view associated) {
  if (text.size() < gcm_tag_size) return std::nullopt;
  gcm_run run(false, key, nonce);
  run.add_associated(associated);
  std::string plain = run.transform(text.substr(0, text.size() - gcm_tag_size));
  if (run.matches(std::string(text.substr(text.size() - gcm_tag_size)))) return plain;
  wipe(plain);
  return std::nullopt;
}

}  // namespace t3api::inline v0_1_0::detail

#endif
