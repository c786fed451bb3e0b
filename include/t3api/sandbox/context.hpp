#ifndef T3API_SANDBOX_CONTEXT_HPP
#define T3API_SANDBOX_CONTEXT_HPP

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <t3api/core/clock.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/sandbox/api_keys.hpp>
#include <t3api/sandbox/data/ledger.hpp>
#include <t3api/sandbox/data/records.hpp>
#include <t3api/sandbox/faults/fault_plan.hpp>
#include <t3api/sandbox/keys/database.hpp>
#include <t3api/sandbox/keys/key_ring.hpp>
#include <t3api/sandbox/keys/memory_database.hpp>
#include <t3api/sandbox/keys/secret_keys.hpp>
#include <t3api/sandbox/limits/limits.hpp>
#include <t3api/sandbox/limits/trouble_report.hpp>
#include <t3api/sandbox/metrc/upstream.hpp>
#include <t3api/sandbox/model.hpp>
#include <t3api/sandbox/sessions/session_cache.hpp>
#include <t3api/sandbox/sessions/upstream_sessions.hpp>
#include <t3api/store/any.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// What a service stands on, and may share with others that are to behave as one service with it. What is
/// left out is made for this service alone, and ends with it.
struct backing {
  std::shared_ptr<key_database> keys{};     ///< Where the records of secret keys are. Default: in memory.
  std::shared_ptr<key_ring_source> ring{};  ///< What they are sealed with. Default: a random one.
  std::optional<any_store> sessions{};      ///< Where Metrc sessions are shared. Default: in memory.
  /// Told, for whoever runs the service, what is wrong with the key database or a record in it, or why else a
  /// request could not be answered, in a sentence that callers do not get to see: the same one at most once a
  /// minute. Any thread calls it, several at once; what it throws is ignored.
  std::function<void(const std::string&)> on_trouble{};
};

/// The same with what a service needs and was not given.
inline backing complete(backing on) {
  if (!on.keys) on.keys = std::make_shared<memory_key_database>();
  if (!on.ring) on.ring = std::make_shared<fixed_key_ring>(make_key_ring());
  return on;
}

/// What all routes of one service share. Any number of threads use it at once.
template <metrc_upstream Metrc>
struct context {
  /// Throws std::invalid_argument when the API keys of `known` do not fit its accounts.
  context(sandbox::settings settings_, const directory& known, std::shared_ptr<Metrc> metrc_,
          std::shared_ptr<t3api::clock> clock_, backing on)
      : context(std::move(settings_), known, std::move(metrc_), std::move(clock_), complete(std::move(on)),
                complete_tag()) {}

  const sandbox::settings settings;
  const std::shared_ptr<t3api::clock> clock;
  const std::shared_ptr<Metrc> metrc;
  const secret signing_key;
  const std::shared_ptr<session_cache> cache;
  upstream_sessions<Metrc> sessions;
  sandbox::secret_keys secret_keys;
  const sandbox::api_keys api_keys;
  sandbox::records records;
  sandbox::ledger ledger;
  service_limits limits;
  fault_plan faults;
  trouble_report trouble;

 private:
  struct complete_tag {};

  context(sandbox::settings settings_, const directory& known, std::shared_ptr<Metrc> metrc_,
          std::shared_ptr<t3api::clock> clock_, const backing& on, complete_tag)
      : settings(std::move(settings_)),
        clock(std::move(clock_)),
        metrc(std::move(metrc_)),
        signing_key(on.ring->ring()->derived("signatures of tokens")),
        cache(std::make_shared<session_cache>(clock, on.sessions,
                                              on.ring->ring()->derived("what the session cache keeps"))),
        sessions(metrc, clock, cache, on.ring->ring()->derived("names of logins")),
        secret_keys(on.keys, on.ring),
        api_keys(known),
        records(settings.seed, settings.packages),
        limits(settings, clock),
        trouble(on.on_trouble) {}
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
