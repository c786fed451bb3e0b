#ifndef T3API_TRANSPORT_HTTPLIB_POOL_HPP
#define T3API_TRANSPORT_HTTPLIB_POOL_HPP

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <t3api/core/resolver.hpp>
#include <t3api/transport/concept.hpp>
#include <t3api/transport/httplib_connection.hpp>
#include <t3api/transport/limits.hpp>

namespace t3api::inline v0_1_0::detail {

/// The connections of one process, kept alive for the next call.
class httplib_pool {
 public:
  explicit httplib_pool(std::shared_ptr<const client_config> config) : config_(std::move(config)) {}

  outcome send(const request& message, const send_options& options) {
    if (auto reused = take_idle(options)) {
      auto answer = reused->exchange(message, options);
      const bool stale = !answer && options.idempotent &&
                         answer.error().category == error_category::transport && answer.error().status == 0;
      if (!stale) return give_back(std::move(reused), std::move(answer));
      auto second = send_on_new_connection(message, options);
      if (!second) second.error().sent = true;  // The first time, if not the second.
      return second;
    }
    return send_on_new_connection(message, options);
  }

 private:
  using connection = httplib_connection;

  /// An idle connection to the host that is still silent; a write takes only one that was in use a moment
  /// ago.
  std::unique_ptr<connection> take_idle(const send_options& options) {
    const auto longest_idle = options.idempotent ? std::chrono::seconds(60) : std::chrono::seconds(2);
    std::vector<std::unique_ptr<connection>> discarded;
    const std::scoped_lock lock(mutex_);
    const auto oldest = std::chrono::steady_clock::now() - longest_idle;
    for (auto entry = idle_.end(); entry != idle_.begin();) {
      --entry;
      if ((*entry)->host() != options.host) continue;
      auto taken = std::move(*entry);
      entry = idle_.erase(entry);
      if (taken->idle_since() >= oldest && taken->is_quiet()) return taken;
      discarded.push_back(std::move(taken));
    }
    return nullptr;
  }

  outcome give_back(std::unique_ptr<connection> used, outcome answer) {
    if (!answer || !used->reusable()) return answer;
    const std::scoped_lock lock(mutex_);
    if (idle_.size() >= max_idle) idle_.erase(idle_.begin());
    idle_.push_back(std::move(used));
    return answer;
  }

  outcome send_on_new_connection(const request& message, const send_options& options) {
    std::shared_ptr<const tls_trust> authorities;
    if (options.host.secure && !config_->tls.dangerously_accept_any_certificate) {
      auto loaded = load_trust();
      if (!loaded) return loaded.error();
      authorities = *loaded;
    }
    const auto connect_deadline =
        (std::min)(options.deadline, std::chrono::steady_clock::now() + options.connect_timeout);
    const auto addresses =
        resolve(config_->proxy ? config_->proxy->host : options.host.host, connect_deadline, options.stop);
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

  result<std::unique_ptr<connection>> make_connection(connection_target target,
                                                      const std::shared_ptr<const tls_trust>& authorities) {
    try {
      return connection::make(std::move(target), *config_, authorities, guard_);
    } catch (const std::system_error&) {
      return error{
          .category = error_category::transport,
          .message = "no thread could be started to watch over connections: the system is out of them",
          .retryable = true};
    }
  }

  result<std::shared_ptr<const tls_trust>> load_trust() {
    const std::scoped_lock lock(mutex_);
    if (!trust_) {
      auto loaded = tls_trust::load(config_->tls);
      if (!loaded) return loaded;
      trust_ = *std::move(loaded);
    }
    return trust_;
  }

  static constexpr std::size_t max_idle = 256;

  const std::shared_ptr<const client_config> config_;
  watchdog guard_;
  std::mutex mutex_;
  std::shared_ptr<const tls_trust> trust_;
  std::vector<std::unique_ptr<connection>> idle_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
