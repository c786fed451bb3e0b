#ifndef T3API_TRANSPORT_POOL_HPP
#define T3API_TRANSPORT_POOL_HPP

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <t3api/core/resolver.hpp>
#include <t3api/transport/connection.hpp>

namespace t3api::inline v0_1_0::detail {

/// The connections of one process, kept alive for the next call.
class connection_pool {
 public:
  connection_pool(std::shared_ptr<const client_config> config, connect_function connect)
      : config_(std::move(config)), connect_(connect) {}

  outcome send(const request& message, const send_options& options) {
    auto reused = take_idle(options);
    if (!reused) return send_on_new_connection(message, options);
    outcome answer = error{};
    {
      io_wait wait(options, reused->waker());
      answer = reused->exchange(message, options, wait);
    }
    // Whether the service closed it before or after it took the request cannot be told.
    const bool stale = !answer && answer.error().category == error_category::transport &&
                       answer.error().status == 0 && (options.idempotent || !answer.error().sent);
    if (!stale) return give_back(std::move(reused), std::move(answer));
    const bool sent = answer.error().sent;
    auto second = send_on_new_connection(message, options);
    if (!second) second.error().sent = second.error().sent || sent;
    return second;
  }

 private:
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
    constexpr std::size_t most_idle = 256;
    const std::scoped_lock lock(mutex_);
    if (idle_.size() >= most_idle) idle_.erase(idle_.begin());
    idle_.push_back(std::move(used));
    return answer;
  }

  outcome send_on_new_connection(const request& message, const send_options& options) {
    const tls_context* tls = nullptr;
    if (options.host.secure) {
      const auto loaded = load_tls();
      if (!loaded) return loaded.error();
      tls = *loaded;
    }
    const auto connect_deadline =
        (std::min)(options.deadline, std::chrono::steady_clock::now() + options.connect_timeout);
    const auto addresses =
        resolve(config_->proxy ? config_->proxy->host : options.host.host, connect_deadline, options.stop);
    if (!addresses) return addresses.error();
    for (std::size_t i = 0;; ++i) {
      // Each address gets its share of the time, the last one all that is left.
      const auto now = std::chrono::steady_clock::now();
      const auto share = (connect_deadline - now) / static_cast<int>(addresses->size() - i);
      auto made = std::make_unique<connection>(options.host, config_->proxy, tls);
      outcome answer = error{};
      {
        io_wait wait(options, made->waker());
        wait.connect_until(now + share);
        if (auto failure = made->open(connect_, (*addresses)[i], wait, options)) {
          const bool ended = wait.hindered() == hindrance::stopped || wait.hindered() == hindrance::deadline;
          if (!ended && i + 1 < addresses->size()) continue;
          return *std::move(failure);
        }
        wait.connect_until(connect_deadline);
        if (auto failure = made->establish(wait, options)) return *std::move(failure);
        answer = made->exchange(message, options, wait);
      }
      return give_back(std::move(made), std::move(answer));
    }
  }

  /// The TLS settings, read when they are first needed, and again after a failure.
  result<const tls_context*> load_tls() {
    const std::scoped_lock lock(mutex_);
    if (!tls_) {
      auto loaded = tls_context::make(config_->tls);
      if (!loaded) return loaded.error();
      tls_ = *std::move(loaded);
    }
    return tls_.get();
  }

  const std::shared_ptr<const client_config> config_;
  const connect_function connect_;
  std::mutex mutex_;
  std::unique_ptr<tls_context> tls_;
  std::vector<std::unique_ptr<connection>> idle_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
