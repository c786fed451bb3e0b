#ifndef T3API_SANDBOX_API_KEYS_HPP
#define T3API_SANDBOX_API_KEYS_HPP

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

#include <t3api/detail/crypto.hpp>
#include <t3api/sandbox/kept_login.hpp>
#include <t3api/sandbox/login_keeper.hpp>
#include <t3api/sandbox/metrc.hpp>
#include <t3api/sandbox/model.hpp>
#include <t3api/sandbox/states.hpp>

namespace t3api::sandbox {

/// The API keys of a sandbox, each bound to the login of an account in one state. Fixed once it is made;
/// holds keyed hashes of the keys only.
template <metrc_upstream Metrc>
class api_keys {
 public:
  /// Throws std::invalid_argument when a key names an unknown state or no account, or is there twice for one
  /// state.
  api_keys(const directory& known, login_keeper<Metrc>& logins) {
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
      auto login = logins.keep({.hostname = where->hostname(),
                                .username = owner->username,
                                .password = owner->password,
                                .email = owner->email,
                                .otp_seed = owner->otp_seed});
      if (!logins_.emplace(hash(key.key.reveal(), *where), std::move(login)).second) {
        throw std::invalid_argument("an API key is there twice for " + std::string(where->name) +
                                    ": leave one out");
      }
    }
  }

  /// The login behind a key in a state, or null.
  std::shared_ptr<kept_login<Metrc>> find(std::string_view key, const state& where) const {
    const auto found = logins_.find(hash(key, where));
    return found == logins_.end() ? nullptr : found->second;
  }

 private:
  std::string hash(std::string_view key, const state& where) const {
    return detail::hmac_sha256(hash_key_, std::string(where.abbreviation) + std::string(key));
  }

  std::string hash_key_ = detail::random_bytes(32);
  std::unordered_map<std::string, std::shared_ptr<kept_login<Metrc>>> logins_;
};

}  // namespace t3api::sandbox

#endif
