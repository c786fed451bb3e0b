#ifndef T3API_SANDBOX_METRC_TOTP_HPP
#define T3API_SANDBOX_METRC_TOTP_HPP

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <t3api/core/clock.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/crypto.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// How long one password is the current one (RFC 6238 section 4.1).
inline constexpr std::chrono::seconds totp_period{30};

/// The number of whole periods since 1970.
inline std::int64_t totp_step(wall_time now) noexcept {
  return std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count() / totp_period.count();
}

/// The six digits of one step (RFC 6238 with SHA-1, RFC 4226 section 5.3). `key` is the seed's bytes, not its
/// Base32.
inline std::string totp_code(std::string_view key, std::int64_t step) {
  std::string counter(8, '\0');
  for (std::size_t i = 0; i < counter.size(); ++i) {
    counter[i] = static_cast<char>((static_cast<std::uint64_t>(step) >> (56 - 8 * i)) & 0xFFU);
  }
  const std::string mac = detail::hmac_sha1(key, counter);
  const auto byte = [&](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(mac[at]));
  };
  const std::size_t at = byte(19) & 15U;
  const std::uint32_t number =
      (byte(at) & 0x7FU) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3);
  std::string digits = std::to_string(number % 1'000'000);
  digits.insert(0, 6 - digits.size(), '0');
  return digits;
}

/// What became of a one-time password.
enum class otp_verdict {
  accepted,
  wrong,  ///< It belongs to no step near the present one.
  used,   ///< It is right, but it or a later one was accepted before.
};

/// Checks the one-time passwords of one seed. Any number of threads may share it.
class otp_verifier {
 public:
  /// `key` is the seed's bytes, not its Base32.
  explicit otp_verifier(std::string_view key) : key_(key) {}

  /// Accepts the code of this step or of one beside it, for clocks that differ a little (RFC 6238
  /// section 5.2), and no step twice nor one before the last accepted: of many threads with one code, one
  /// gets `accepted`. The work is the same for every code. With `use` false none is used up, and one that is
  /// right is `used`.
  otp_verdict judge(std::string_view code, wall_time now, bool use = true) {
    const std::int64_t present = totp_step(now);
    auto verdict = otp_verdict::wrong;
    for (std::int64_t step = present - 1; step <= present + 1; ++step) {
      if (!detail::constant_time_equal(totp_code(key_.reveal(), step), code)) continue;
      if (verdict != otp_verdict::accepted) verdict = otp_verdict::used;
      if (use && take(step)) verdict = otp_verdict::accepted;
    }
    return verdict;
  }

 private:
  bool take(std::int64_t step) noexcept {
    std::int64_t last = last_step_.load();
    while (step > last) {
      if (last_step_.compare_exchange_weak(last, step)) return true;
    }
    return false;
  }

  secret key_;
  std::atomic<std::int64_t> last_step_{-1};
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
