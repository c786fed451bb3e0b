#ifndef T3API_AUTH_TOTP_HPP
#define T3API_AUTH_TOTP_HPP

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include <t3api/core/clock.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/base32.hpp>
#include <t3api/detail/crypto.hpp>

namespace t3api::inline v0_1_0 {

/// How long one time-based one-time password is good (RFC 6238 section 5.2).
inline constexpr std::chrono::seconds totp_step{30};

/// Number of the step that `now` lies in (RFC 6238 section 4.2).
inline std::int64_t totp_step_at(wall_time now) {
  return std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()) / totp_step;
}

/// What a one-time password is hashed with (RFC 6238 section 1.2). Metrc's authenticators use SHA-1.
enum class otp_hash { sha1, sha256, sha512 };

namespace detail {

inline std::string otp_hmac(otp_hash hash, std::string_view key, std::string_view message) {
  switch (hash) {
    case otp_hash::sha256: return hmac_sha256(key, message);
    case otp_hash::sha512: return hmac_sha512(key, message);
    case otp_hash::sha1: break;
  }
  return hmac_sha1(key, message);
}

}  // namespace detail

/// The one-time password of a counter value (RFC 4226 section 5.3, with the hashes of RFC 6238).
inline std::string hotp(std::string_view key, std::uint64_t counter, int digits = 6,
                        otp_hash hash = otp_hash::sha1) {
  std::string message(8, '\0');
  for (std::size_t i = 8; i-- > 0; counter >>= 8) message[i] = static_cast<char>(counter & 0xFFU);
  const std::string code = detail::otp_hmac(hash, key, message);
  const auto byte = [&](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(code[at]));
  };
  const std::size_t offset = byte(code.size() - 1) & 0x0FU;
  std::uint32_t number =
      (byte(offset) & 0x7FU) << 24 | byte(offset + 1) << 16 | byte(offset + 2) << 8 | byte(offset + 3);
  std::string text(static_cast<std::size_t>(digits), '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, number /= 10)
    *digit = static_cast<char>('0' + number % 10);
  return text;
}

/// The six digits that an authenticator shows in `step` for a Base32 seed. Throws std::invalid_argument,
/// which does not show the seed, when it is no Base32.
inline secret totp(const secret& base32_seed, std::int64_t step) {
  auto key = detail::base32_decode(base32_seed.reveal());
  if (!key) {
    throw std::invalid_argument(
        "the one-time password seed is not Base32: it has the letters A-Z and the digits 2-7 only");
  }
  secret code = hotp(*key, static_cast<std::uint64_t>(step));
  detail::wipe(*key);
  return code;
}

}  // namespace t3api::inline v0_1_0

#endif
