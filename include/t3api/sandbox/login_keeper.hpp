#ifndef T3API_SANDBOX_LOGIN_KEEPER_HPP
#define T3API_SANDBOX_LOGIN_KEEPER_HPP

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <t3api/core/clock.hpp>
#include <t3api/detail/crypto.hpp>
#include <t3api/sandbox/kept_login.hpp>
#include <t3api/sandbox/metrc.hpp>

namespace t3api::sandbox {

/// Gives the same `kept_login` for the same credentials, so that all keys of one account share one Metrc
/// session and do not take one-time passwords from each other. Knows credentials by a keyed hash only, and
/// forgets those that nobody keeps.
template <metrc_upstream Metrc>
class login_keeper {
 public:
  login_keeper(std::shared_ptr<Metrc> metrc, std::shared_ptr<t3api::clock> clock)
      : metrc_(std::move(metrc)), clock_(std::move(clock)) {}

  std::shared_ptr<kept_login<Metrc>> keep(stored_credentials credentials) {
    const std::string name = fingerprint(credentials);
    const std::scoped_lock lock(mutex_);
    if (const auto found = kept_.find(name); found != kept_.end()) {
      if (auto login = found->second.lock()) return login;
    }
    std::erase_if(kept_, [](const auto& item) { return item.second.expired(); });
    auto login = std::make_shared<kept_login<Metrc>>(metrc_, clock_, std::move(credentials));
    kept_.emplace(name, login);
    return login;
  }

 private:
  std::string fingerprint(const stored_credentials& c) const {
    std::string hashes;
    for (const std::string_view part :
         {std::string_view(c.hostname), std::string_view(c.username), c.password.reveal(),
          std::string_view(c.email), c.otp_seed.reveal()}) {
      hashes += detail::hmac_sha256(hash_key_, part);
    }
    return detail::hmac_sha256(hash_key_, hashes);
  }

  std::shared_ptr<Metrc> metrc_;
  std::shared_ptr<t3api::clock> clock_;
  std::string hash_key_ = detail::random_bytes(32);
  std::mutex mutex_;
  std::unordered_map<std::string, std::weak_ptr<kept_login<Metrc>>> kept_;
};

}  // namespace t3api::sandbox

#endif
