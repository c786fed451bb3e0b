#ifndef T3API_SANDBOX_DATA_LEDGER_HPP
#define T3API_SANDBOX_DATA_LEDGER_HPP

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <t3api/core/clock.hpp>
#include <t3api/core/iso_time.hpp>
#include <t3api/core/json.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// One write that was accepted.
struct ledger_entry {
  wall_time at{};            ///< By the service's clock.
  std::string hostname{};    ///< Of the account that wrote, as is `username`.
  std::string username{};    ///< Metrc's.
  std::string path{};        ///< Such as `/v2/packages/create`.
  std::string license{};     ///< The licence number.
  bool submit = false;       ///< False when it was checked only, and nothing was written.
  std::string body{};        ///< JSON, as it was sent.
  std::string request_id{};  ///< The answer's `X-Request-Id`.
};

/// The accepted writes, oldest first, for tests of what must not be sent twice. Any number of threads may use
/// it.
class ledger {
 public:
  static constexpr std::size_t most_entries = 10'000;    ///< Past it the oldest go.
  static constexpr std::size_t most_bytes = 64U << 20U;  ///< Of bodies. Past either, the oldest entries go.

  /// Keeps a write; what is too much goes.
  void add(ledger_entry entry) {
    const std::lock_guard lock(mutex_);
    bytes_ += entry.body.size();
    entries_.push_back(std::move(entry));
    while (entries_.size() > most_entries || bytes_ > most_bytes) {
      bytes_ -= entries_.front().body.size();
      entries_.pop_front();
      ++dropped_;
    }
  }

  /// All that are kept.
  std::vector<ledger_entry> entries() const {
    const std::lock_guard lock(mutex_);
    return {entries_.begin(), entries_.end()};
  }

  /// How many entries had to go.
  std::uint64_t dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
  }

  /// Forgets all, and the count of what had to go.
  void clear() {
    const std::lock_guard lock(mutex_);
    entries_.clear();
    bytes_ = 0;
    dropped_ = 0;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<ledger_entry> entries_{};
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
};

/// `{"entries": [{"at", "hostname", "username", "path", "licenseNumber", "submit", "body", "requestId"}],
/// "dropped"}`.
inline nlohmann::json to_json(const ledger& from) {
  auto list = nlohmann::json::array();
  for (const auto& one : from.entries()) {
    list.push_back({{"at", iso_time(one.at)},
                    {"hostname", one.hostname},
                    {"username", one.username},
                    {"path", one.path},
                    {"licenseNumber", one.license},
                    {"submit", one.submit},
                    {"body", parse_json(one.body).value_or(nlohmann::json())},
                    {"requestId", one.request_id}});
  }
  return {{"entries", std::move(list)}, {"dropped", from.dropped()}};
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
