#ifndef T3API_SANDBOX_API_KEYS_HPP
#define T3API_SANDBOX_API_KEYS_HPP

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

#include <t3api/detail/crypto.hpp>
#include <t3api/sandbox/metrc/stored_credentials.hpp>
#include <t3api/sandbox/model.hpp>
#include <t3api/sandbox/states.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// The API keys of a sandbox, each bound to the credentials of an account in one state. Fixed once it is
/// made; holds keyed hashes of the keys only.
class api_keys {
 public:
  /// Throws std::invalid_argument when a key names an unknown state or no account, or is there twice for one
  /// state.
  explicit api_keys(const directory& known) {
    for (const auto& key : known.api_keys) {
      const auto where = find_state(key.state_code);
      if (!where)
        throw std::invalid_argument("an API key has an unknown state code: give two letters, such as CA");
      const auto owner = std::find_if(known.accounts.begin(), known.accounts.end(), [&](const account& a) {
        return canonical_hostname(a.hostname) == where->hostname() && a.username == key.username;
      });
      if (owner == known.accounts.end()) {
        throw std::invalid_argument("an API key belongs to the user '" + key.username + "' on " +
                                    where->hostname() +
                                    ", who has no account: add one, or correct its user or state code");
      }
      const stored_credentials credentials{.hostname = where->hostname(),
                                           .username = owner->username,
                                           .password = owner->password,
                                           .email = owner->email,
                                           .otp_seed = owner->otp_seed};
      if (!credentials_.emplace(hash(key.key.reveal(), *where), credentials).second) {
        throw std::invalid_argument("an API key is there twice for " + std::string(where->name) +
                                    ": leave one out");
      }
    }
  }

  /// The credentials behind a key in a state, or null.
  const stored_credentials* find(std::string_view key, const state& where) const {
    const auto found = credentials_.find(hash(key, where));
    return found == credentials_.end() ? nullptr : &found->second;
  }

 private:
  std::string hash(std::string_view key, const state& where) const {
    return detail::hmac_sha256(hash_key_, std::string(where.abbreviation) + std::string(key));
  }

  std::string hash_key_ = detail::random_bytes(32);
  std::unordered_map<std::string, stored_credentials> credentials_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
