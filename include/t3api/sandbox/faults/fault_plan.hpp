#ifndef T3API_SANDBOX_FAULTS_FAULT_PLAN_HPP
#define T3API_SANDBOX_FAULTS_FAULT_PLAN_HPP

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/core/request.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/sandbox/faults/fault.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// A fault of a plan, and how it has fared.
struct planned_fault {
  std::uint64_t id = 0;                           ///< What `remove` wants.
  std::shared_ptr<const sandbox::fault> fault{};  ///< As it was added.
  std::uint64_t matched = 0;  ///< Requests that came to it, whether it struck or let them by.
  std::uint64_t struck = 0;   ///< Requests that it struck.
};

/// A fault that strikes now.
struct struck_fault {
  std::shared_ptr<const sandbox::fault> fault{};  ///< Null when there is none.
  stop_token removed{};                           ///< Stops when it is removed: ends its delay.
};

/// The faults that a service was told to have. A request meets them in the order in which they were added,
/// and the first that strikes is the only one to count it: two faults that strike once each, on the same
/// path, strike one request after the other. A fault that has struck often enough stays in the list and does
/// nothing. Any number of threads may share it, and the counts are exact.
class fault_plan {
 public:
  static constexpr std::size_t most_faults = 1000;  ///< More are refused.

  /// The number by which to remove it. Throws std::invalid_argument for a fault that makes no sense, and
  /// when there are 1000 already.
  std::uint64_t add(fault f) {
    check_fault(f);
    auto kept = std::make_shared<const fault>(std::move(f));
    const std::scoped_lock lock(mutex_);
    if (faults_.size() >= most_faults) {
      throw std::invalid_argument("there are 1000 faults already: remove some, or all");
    }
    entry& added = faults_.emplace_back();
    added.id = ++last_id_;
    added.fault = std::move(kept);
    empty_ = false;
    return last_id_;
  }

  /// All of them, the first added first.
  std::vector<planned_fault> list() const {
    const std::scoped_lock lock(mutex_);
    return {faults_.begin(), faults_.end()};
  }

  /// Removes one, and lets the requests go on that it keeps waiting. Whether there was one with that number.
  bool remove(std::uint64_t id) {
    stop_source waiting(nostopstate);
    {
      const std::scoped_lock lock(mutex_);
      const auto found =
          std::find_if(faults_.begin(), faults_.end(), [&](const entry& e) { return e.id == id; });
      if (found == faults_.end()) return false;
      waiting = std::move(found->waiting);
      faults_.erase(found);
      empty_ = faults_.empty();
    }
    waiting.request_stop();
    return true;
  }

  /// Removes all, and lets the requests go on that a fault keeps waiting.
  void clear() {
    std::vector<entry> removed;
    {
      const std::scoped_lock lock(mutex_);
      std::swap(removed, faults_);
      empty_ = true;
    }
    for (auto& e : removed) e.waiting.request_stop();
  }

  /// The fault that strikes this request, which counts as struck with it.
  struck_fault strike(method asked, std::string_view path, const query_params& query) {
    if (empty_ || path.starts_with("/sandbox/")) return {};
    const std::scoped_lock lock(mutex_);
    for (auto& e : faults_) {
      const fault& f = *e.fault;
      if ((f.times != 0 && e.struck >= f.times) || !matches(f, asked, path, query)) continue;
      if (e.matched++ < f.skip) continue;
      ++e.struck;
      return {.fault = e.fault, .removed = e.waiting.get_token()};
    }
    return {};
  }

 private:
  struct entry : planned_fault {
    stop_source waiting;
  };

  mutable std::mutex mutex_;
  std::vector<entry> faults_;
  std::uint64_t last_id_ = 0;
  std::atomic<bool> empty_{true};  ///< So that a service without faults takes no lock.
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
