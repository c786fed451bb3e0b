#ifndef T3API_SANDBOX_HTTP_MEMORY_BUDGET_HPP
#define T3API_SANDBOX_HTTP_MEMORY_BUDGET_HPP

#include <atomic>
#include <cstddef>

#include <t3api/sandbox/answer.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// How much memory the requests of all connections of a server may take together. Any number of threads may
/// share it.
class memory_budget {
 public:
  explicit memory_budget(std::size_t most_bytes) noexcept : left_(most_bytes) {}

  /// Bytes that are not taken.
  std::size_t left() const noexcept { return left_; }

 private:
  friend class memory_share;

  bool take(std::size_t bytes) noexcept {
    auto left = left_.load();
    while (bytes <= left) {
      if (left_.compare_exchange_weak(left, left - bytes)) return true;
    }
    return false;
  }

  std::atomic<std::size_t> left_;
};

/// What one request takes of a budget, given back at its end. The first `free_bytes` of each request are not
/// counted, as the number of connections bounds them: so logins and small writes get through while large
/// bodies hold all of the budget. One thread may use it.
class memory_share {
 public:
  static constexpr std::size_t free_bytes = 32U << 10U;

  explicit memory_share(memory_budget& of) noexcept : of_(of) {}
  memory_share(const memory_share&) = delete;
  memory_share& operator=(const memory_share&) = delete;
  ~memory_share() { of_.left_ += taken_; }

  /// Takes so many bytes more. Throws `refusal` (503, with the header Retry-After) when the others have left
  /// too few.
  void take(std::size_t bytes) {
    const auto free = bytes < free_ ? bytes : free_;
    if (!of_.take(bytes - free)) {
      throw refusal(503, "too many large requests at once: try again in 1 s", {{"Retry-After", "1"}});
    }
    free_ -= free;
    taken_ += bytes - free;
  }

 private:
  memory_budget& of_;
  std::size_t free_ = free_bytes;
  std::size_t taken_ = 0;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
