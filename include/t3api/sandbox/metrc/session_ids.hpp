#ifndef T3API_SANDBOX_METRC_SESSION_IDS_HPP
#define T3API_SANDBOX_METRC_SESSION_IDS_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <t3api/core/clock.hpp>
#include <t3api/core/json.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/base64url.hpp>
#include <t3api/detail/seal.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// What the simulated Metrc has to know of a session. A session ends when one of the epochs it was opened in
/// is over, or when it is too old.
struct open_session {
  std::string account{};  ///< The id of the account.
  wall_time start{};
  std::uint64_t metrc_epoch = 0;
  std::uint64_t account_epoch = 0;
};

/// Makes session ids that say all there is to know of a session to who has the key, and nothing to others: no
/// table of sessions can fill up, and every process that has the key knows every session. No two ids are the
/// same. Any number of threads may share it.
class session_ids {
 public:
  /// `key` has 32 bytes.
  explicit session_ids(secret key) : key_(std::move(key)) {}

  std::string make(const open_session& session) const {
    const nlohmann::json told = {
        {"account", detail::base64url_encode(session.account)},
        {"start", std::chrono::floor<std::chrono::microseconds>(session.start.time_since_epoch()).count()},
        {"metrc", session.metrc_epoch},
        {"epoch", session.account_epoch}};
    return detail::base64url_encode(detail::seal(key_.reveal(), told.dump(), place));
  }

  /// The session with that id, ended or not; nothing when the id was not made with this key.
  std::optional<open_session> read(std::string_view id) const {
    constexpr std::size_t longest = 4096;
    if (id.size() > longest) return std::nullopt;
    const auto sealed = detail::base64url_decode(id);
    const auto opened = sealed ? detail::unseal(key_.reveal(), *sealed, place) : std::nullopt;
    const auto told = opened ? parse_json(*opened) : std::nullopt;
    return told ? session_from(*told) : std::nullopt;
  }

 private:
  static constexpr const char* place = "simulated metrc/session";

  static std::optional<open_session> session_from(const nlohmann::json& told) {
    try {
      const std::chrono::microseconds start(told.at("start").get<std::int64_t>());
      return open_session{
          .account = detail::base64url_decode(told.at("account").get_ref<const std::string&>()).value_or(""),
          .start = wall_time(std::chrono::duration_cast<wall_time::duration>(start)),
          .metrc_epoch = told.at("metrc").get<std::uint64_t>(),
          .account_epoch = told.at("epoch").get<std::uint64_t>()};
    } catch (const nlohmann::json::exception&) {  // Of another version of the program.
      return std::nullopt;
    }
  }

  const secret key_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
