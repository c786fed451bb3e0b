#ifndef T3API_DETAIL_CRYPTO_HPP
#define T3API_DETAIL_CRYPTO_HPP

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace t3api::detail {

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

/// HMAC-SHA-1 (RFC 2104), 20 bytes; for one-time passwords only.
inline std::string hmac_sha1(std::string_view key, std::string_view message) {
  return hmac(EVP_sha1(), key, message);
}

/// HMAC-SHA-256 (RFC 2104), 32 bytes.
inline std::string hmac_sha256(std::string_view key, std::string_view message) {
  return hmac(EVP_sha256(), key, message);
}

/// `size` bytes from the system's random source. Throws std::runtime_error when there is none.
inline std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size)) != 1) {
    throw std::runtime_error("OpenSSL has no random bytes to give: is the system's random source available?");
  }
  return bytes;
}

/// Whether both are equal, in a time that depends on their sizes only.
inline bool constant_time_equal(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace t3api::detail

#endif
