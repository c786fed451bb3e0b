#ifndef T3API_TRANSPORT_HTTPLIB_HPP
#define T3API_TRANSPORT_HTTPLIB_HPP

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <t3api/core/resolver.hpp>
#include <t3api/detail/per_process.hpp>
#include <t3api/transport/concept.hpp>
#include <t3api/transport/httplib_connection.hpp>
#include <t3api/transport/limits.hpp>

namespace t3api::inline v0_1_0 {

/// HTTP/1.1 over TCP or TLS by cpp-httplib: a pool of keep-alive connections per origin, deadlines and
/// cancellation that hold in every phase, limits on what an answer may be. Copies share one pool. The
/// constructor does no I/O; files that the TLS settings name are read with the first https request.
///
/// A forked child may go on using and may destroy what its parent made: it has connections of its own and
/// reads the TLS files anew, and nothing it does is seen on its parent's connections. That holds if no thread
/// of the parent was inside a call at the fork; otherwise the child must make a new client and leave the old
/// one alone. The child keeps its parent's connections open, unused, until it ends or calls exec.
class httplib_transport {
 public:
  /// Takes TLS and proxy from `config`; the limits of a call come with the call.
  explicit httplib_transport(client_config config = {})
      : state_(std::make_shared<detail::per_process<state>>(
            [settings = std::make_shared<const client_config>(std::move(config))] {
              return std::make_unique<state>(settings);
            })) {}

  outcome send(const request& message, const send_options& options) {
    if (auto stopped = stopped_before_sending(options.stop)) return *std::move(stopped);
    state& here = state_->get();
    if (auto reused = here.take_idle(options)) {
      auto answer = reused->exchange(message, options);
      const bool stale = !answer && options.idempotent &&
                         answer.error().category == error_category::transport && answer.error().status == 0;
      if (!stale) return here.give_back(std::move(reused), std::move(answer));
      auto second = here.send_on_new_connection(message, options);
      if (!second) second.error().sent = true;  // The first time, if not the second.
      return second;
    }
    return here.send_on_new_connection(message, options);
  }

 private:
  using connection = detail::httplib_connection;

  /// What one process has of its own.
  struct state {
    explicit state(std::shared_ptr<const client_config> settings) : config(std::move(settings)) {}

    /// An idle connection to the host that is still silent; a write takes only one that was in use a moment
    /// ago.
    std::unique_ptr<connection> take_idle(const send_options& options) {
      const auto longest_idle = options.idempotent ? std::chrono::seconds(60) : std::chrono::seconds(2);
      std::vector<std::unique_ptr<connection>> discarded;
      const std::scoped_lock lock(mutex);
      const auto oldest = std::chrono::steady_clock::now() - longest_idle;
      for (auto entry = idle.end(); entry != idle.begin();) {
        --entry;
        if ((*entry)->host() != options.host) continue;
        auto taken = std::move(*entry);
        entry = idle.erase(entry);
        if (taken->idle_since() >= oldest && taken->is_quiet()) return taken;
        discarded.push_back(std::move(taken));
      }
      return nullptr;
    }

    outcome give_back(std::unique_ptr<connection> used, outcome answer) {
      if (!answer || !used->reusable()) return answer;
      const std::scoped_lock lock(mutex);
      if (idle.size() >= max_idle) idle.erase(idle.begin());
      idle.push_back(std::move(used));
      return answer;
    }

    outcome send_on_new_connection(const request& message, const send_options& options) {
      std::shared_ptr<const detail::tls_trust> authorities;
      if (options.host.secure && !config->tls.dangerously_accept_any_certificate) {
        auto loaded = load_trust();
        if (!loaded) return loaded.error();
        authorities = *loaded;
      }
      const auto connect_deadline =
          (std::min)(options.deadline, std::chrono::steady_clock::now() + options.connect_timeout);
      const auto addresses = detail::resolve(config->proxy ? config->proxy->host : options.host.host,
                                             connect_deadline, options.stop);
      if (!addresses) return addresses.error();
      outcome answer = error{};
      for (std::size_t i = 0; i < addresses->size(); ++i) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(connect_deadline - std::chrono::steady_clock::now());
        const auto share = left / static_cast<int>(addresses->size() - i);
        auto made = make_connection(
            {.host = options.host,
             .address = (*addresses)[i],
             .connect_timeout = (std::max)(share, std::chrono::milliseconds(1)),
             .connect_deadline = options.host.secure ? std::optional(connect_deadline) : std::nullopt},
            authorities);
        if (!made) return made.error();
        answer = (*made)->exchange(message, options);
        if (answer) return give_back(*std::move(made), std::move(answer));
        const bool interrupted = answer.error().category == error_category::cancelled ||
                                 std::chrono::steady_clock::now() >= connect_deadline;
        if (interrupted || !(*made)->never_connected()) break;
      }
      return answer;
    }

    result<std::unique_ptr<connection>> make_connection(
        detail::connection_target target, const std::shared_ptr<const detail::tls_trust>& authorities) {
      try {
        return connection::make(std::move(target), *config, authorities, guard);
      } catch (const std::system_error&) {
        return error{
            .category = error_category::transport,
            .message = "no thread could be started to watch over connections: the system is out of them",
            .retryable = true};
      }
    }

    result<std::shared_ptr<const detail::tls_trust>> load_trust() {
      const std::scoped_lock lock(mutex);
      if (!trust) {
        auto loaded = detail::tls_trust::load(config->tls);
        if (!loaded) return loaded;
        trust = *std::move(loaded);
      }
      return trust;
    }

    static constexpr std::size_t max_idle = 256;

    const std::shared_ptr<const client_config> config;
    detail::watchdog guard;
    std::mutex mutex;
    std::shared_ptr<const detail::tls_trust> trust;
    std::vector<std::unique_ptr<connection>> idle;
  };

  std::shared_ptr<detail::per_process<state>> state_;
};

static_assert(transport<httplib_transport>);

}  // namespace t3api::inline v0_1_0

#endif
