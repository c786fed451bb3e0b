#ifndef T3API_SANDBOX_CONTEXT_HPP
#define T3API_SANDBOX_CONTEXT_HPP

#include <memory>
#include <string>
#include <utility>

#include <t3api/core/clock.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/crypto.hpp>
#include <t3api/sandbox/api_keys.hpp>
#include <t3api/sandbox/login_keeper.hpp>
#include <t3api/sandbox/metrc.hpp>
#include <t3api/sandbox/model.hpp>
#include <t3api/sandbox/secret_keys.hpp>

namespace t3api::sandbox {

/// What all routes of one service share. Any number of threads use it at once.
template <metrc_upstream Metrc>
struct context {
  /// Throws std::invalid_argument when the API keys of `known` do not fit its accounts.
  context(sandbox::settings settings_, const directory& known, std::shared_ptr<Metrc> metrc_,
          std::shared_ptr<t3api::clock> clock_)
      : settings(std::move(settings_)),
        clock(std::move(clock_)),
        metrc(std::move(metrc_)),
        signing_key(settings.signing_secret.empty() ? secret(detail::random_bytes(32))
                                                    : settings.signing_secret),
        logins(metrc, clock),
        api_keys(known, logins) {}

  const sandbox::settings settings;
  const std::shared_ptr<t3api::clock> clock;
  const std::shared_ptr<Metrc> metrc;
  const secret signing_key;
  login_keeper<Metrc> logins;
  const sandbox::api_keys<Metrc> api_keys;
  sandbox::secret_keys<Metrc> secret_keys;
};

}  // namespace t3api::sandbox

#endif
