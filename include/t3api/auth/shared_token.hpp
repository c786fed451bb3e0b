#ifndef T3API_AUTH_SHARED_TOKEN_HPP
#define T3API_AUTH_SHARED_TOKEN_HPP

#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/auth/guarded_store.hpp>
#include <t3api/auth/token.hpp>
#include <t3api/core/error.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/core/url.hpp>
#include <t3api/detail/crypto.hpp>
#include <t3api/detail/uuid.hpp>
#include <t3api/store/concept.hpp>
#include <t3api/store/memory.hpp>

namespace t3api::inline v0_1_0::detail {

/// What users of one account share through a store: the token, whose turn it is to get a new one, and that
/// the credentials were refused. A store that fails is a store that has nothing and lets everyone go ahead.
///
/// The names of what lies outside the process are slow to make, since whoever can read them may try to guess
/// the password that they come from. Used by one thread at a time.
template <store Store>
class shared_token {
 public:
  enum class turn { ours, anothers, unknown };

  struct found_token {
    secret jwt;
    std::chrono::milliseconds time_left;
  };

  /// `account` names the credentials without telling them, by a keyed hash under the secret among them;
  /// `credentials` names them with all that may make the service refuse them.
  shared_token(Store kept, std::string account, std::string credentials, std::chrono::milliseconds lease)
      : store_(std::move(kept)),
        account_(std::move(account)),
        credentials_(std::move(credentials)),
        lease_(lease) {}

  /// The token for `host`, unless the caller has it already, or a newer one: after an outage of the store it
  /// may be one that was refused long ago.
  std::optional<found_token> find(const url& host, std::string_view known) {
    auto held = read(token_key(host));
    if (!held || !is_usable_token(held->value)) return std::nullopt;
    if (held->value == known || is_older(held->value, known)) return std::nullopt;
    return found_token{.jwt = std::move(held->value), .time_left = held->time_left};
  }

  void keep(const url& host, std::string_view jwt, std::chrono::milliseconds time_left) {
    store_.put(token_key(host), jwt, time_left);
  }

  /// Asks to be the only one who gets a token, until `end_turn` or the end of the lease.
  turn begin_turn(const url& host) {
    const auto claimed = store_.claim(turn_key(host), owner_, lease_);
    if (!claimed) return turn::unknown;
    return *claimed ? turn::ours : turn::anothers;
  }
  void end_turn(const url& host) { store_.release(turn_key(host), owner_); }

  /// Why someone else's exchange of the same credentials was refused for good a short while ago.
  std::optional<error> refusal(const url& host) {
    const auto held = read(refusal_key(host));
    if (!held) return std::nullopt;
    return error{.category = error_category::authentication, .message = held->value, .status = 401};
  }
  void keep_refusal(const url& host, const error& cause) {
    store_.put(refusal_key(host), cause.message, refusal_lifetime);
  }

  std::chrono::milliseconds lease() const noexcept { return lease_; }

 private:
  static constexpr auto refusal_lifetime = std::chrono::minutes(1);
  /// About 0.1 s, once for an auth method and its copies.
  static constexpr int pbkdf2_rounds = 600'000;

  std::optional<stored_value> read(const std::string& key) {
    auto held = store_.get(key);
    return held ? *std::move(held) : std::nullopt;
  }

  static bool is_older(std::string_view jwt, std::string_view than) {
    const auto issued = read_token_times(jwt).issued_at;
    const auto other = read_token_times(than).issued_at;
    return issued && other && *issued < *other;
  }

  std::string token_key(const url& host) { return "token " + place(host) + account(); }
  std::string turn_key(const url& host) { return "turn " + place(host) + account(); }
  std::string refusal_key(const url& host) {
    return "refusal " + place(host) + hex(hmac_sha256(account(), credentials_));
  }

  /// The constant salt does: what is hashed has host and user in it, so each account takes guesses of its
  /// own.
  const std::string& account() {
    if (!slow_) account_ = hex(pbkdf2_sha256(account_, "t3api shared token 2", pbkdf2_rounds));
    slow_ = true;
    return account_;
  }

  static std::string place(const url& host) { return host.origin() + host.base_path + " "; }

  guarded_store<Store> store_;
  std::string account_;
  bool slow_ =
      std::derived_from<Store, memory_store>;  ///< Whether `account_` is as slow to make as it has to be.
  const std::string credentials_;
  const std::string owner_ = make_uuid();
  const std::chrono::milliseconds lease_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
