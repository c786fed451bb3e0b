#ifndef T3API_SANDBOX_METRC_ACCOUNT_STATE_HPP
#define T3API_SANDBOX_METRC_ACCOUNT_STATE_HPP

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

#include <nlohmann/json.hpp>

#include <t3api/core/secret.hpp>
#include <t3api/detail/base64url.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// What can change of an account of the simulated Metrc while it runs. Each change has a version above the
/// last, so that processes that share the account know which of two states is the later one.
struct account_state {
  std::uint64_t version = 0;  ///< 0 as long as nothing was changed.
  std::string username{};
  std::string password{};  ///< A keyed hash.
  std::string email{};     ///< A keyed hash.
  bool needs_email = false;
  secret otp_key{};         ///< The bytes of the seed; empty when no one-time password is needed.
  std::uint64_t epoch = 0;  ///< Sessions of another epoch have ended.
  bool locked = false;
  std::uint64_t wrong_logins = 0;  ///< Since the last one that was right.
};

/// What can change of the whole simulated Metrc while it runs.
struct metrc_state {
  static constexpr auto until_told_otherwise = (std::numeric_limits<std::uint64_t>::max)();

  std::uint64_t version = 0;
  std::uint64_t epoch = 0;            ///< Sessions of another epoch have ended.
  std::uint64_t failing = 0;          ///< How many logins fail from now on.
  std::uint64_t lock_after = 0;       ///< How many wrong logins in a row lock an account; 0 for never.
  std::chrono::milliseconds delay{};  ///< How long every login takes.
};

inline nlohmann::json to_json(const account_state& s) {
  return {{"version", s.version},
          {"username", detail::base64url_encode(s.username)},
          {"password", detail::base64url_encode(s.password)},
          {"email", detail::base64url_encode(s.email)},
          {"needsEmail", s.needs_email},
          {"otpKey", detail::base64url_encode(s.otp_key.reveal())},
          {"epoch", s.epoch},
          {"locked", s.locked},
          {"wrongLogins", s.wrong_logins}};
}

inline nlohmann::json to_json(const metrc_state& s) {
  return {{"version", s.version},
          {"epoch", s.epoch},
          {"failing", s.failing},
          {"lockAfter", s.lock_after},
          {"delay", s.delay.count()}};
}

/// Throws nlohmann::json::exception for what `to_json` does not make.
inline account_state account_state_from(const nlohmann::json& json) {
  const auto bytes = [&](const char* name) {
    return detail::base64url_decode(json.at(name).get_ref<const std::string&>()).value_or("");
  };
  return {.version = json.at("version").get<std::uint64_t>(),
          .username = bytes("username"),
          .password = bytes("password"),
          .email = bytes("email"),
          .needs_email = json.at("needsEmail").get<bool>(),
          .otp_key = secret(bytes("otpKey")),
          .epoch = json.at("epoch").get<std::uint64_t>(),
          .locked = json.at("locked").get<bool>(),
          .wrong_logins = json.at("wrongLogins").get<std::uint64_t>()};
}

/// Throws nlohmann::json::exception for what `to_json` does not make.
inline metrc_state metrc_state_from(const nlohmann::json& json) {
  return {.version = json.at("version").get<std::uint64_t>(),
          .epoch = json.at("epoch").get<std::uint64_t>(),
          .failing = json.at("failing").get<std::uint64_t>(),
          .lock_after = json.at("lockAfter").get<std::uint64_t>(),
          .delay = std::chrono::milliseconds(json.at("delay").get<std::int64_t>())};
}

/// Whether `a` takes the place of `b`. Of two changes that did not know of each other any one wins, but the
/// same one everywhere.
template <class State>
bool is_later(const State& a, const State& b) {
  if (a.version != b.version) return a.version > b.version;
  return to_json(a).dump() > to_json(b).dump();
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
