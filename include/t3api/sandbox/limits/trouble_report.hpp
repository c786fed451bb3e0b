#ifndef T3API_SANDBOX_LIMITS_TROUBLE_REPORT_HPP
#define T3API_SANDBOX_LIMITS_TROUBLE_REPORT_HPP

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <t3api/core/clock.hpp>
#include <t3api/sandbox/limits/bounded_table.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Tells whoever runs a service what is wrong, the same sentence at most once a minute. Any number of threads
/// may share it.
class trouble_report {
 public:
  /// Without `tell` nobody is told.
  explicit trouble_report(std::function<void(const std::string&)> tell) : tell_(std::move(tell)) {}

  /// Never fails: what `tell` throws is ignored.
  void operator()(const std::string& sentence, steady_time now) noexcept {
    if (!tell_) return;
    try {
      if (is_due(sentence, now)) tell_(sentence);
    } catch (...) {
    }
  }

 private:
  bool is_due(const std::string& sentence, steady_time now) {
    const auto name = told_.hash(sentence);
    const std::scoped_lock lock(mutex_);
    auto& told_at = told_[name];
    if (told_at && now < *told_at + std::chrono::minutes(1)) return false;
    told_at = now;
    return true;
  }

  const std::function<void(const std::string&)> tell_;
  std::mutex mutex_;
  bounded_table<std::optional<steady_time>> told_{100};
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
