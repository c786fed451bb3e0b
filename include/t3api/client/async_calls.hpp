#ifndef T3API_CLIENT_ASYNC_CALLS_HPP
#define T3API_CLIENT_ASYNC_CALLS_HPP

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <t3api/core/call_executor.hpp>
#include <t3api/detail/per_process.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/detail/worker_pool.hpp>

namespace t3api::inline v0_1_0::detail {

/// Where the asynchronous calls of a client run, and what ends them when the last copy of the client goes.
/// The pool is made on first use, and waits for its jobs when it is destroyed.
class async_calls {
 public:
  async_calls(call_executor executor, std::size_t threads)
      : executor_(std::move(executor)), pool_([threads] { return std::make_unique<worker_pool>(threads); }) {}
  async_calls(const async_calls&) = delete;
  async_calls& operator=(const async_calls&) = delete;
  ~async_calls() { ending_.request_stop(); }

  /// Asks to stop when the client goes.
  stop_token ending() const { return ending_.get_token(); }

  /// Throws what the executor throws, and std::system_error when no thread can be started.
  void run(std::function<void()> job) {
    if (executor_) {
      executor_(std::move(job));
    } else {
      pool_.get().run(std::move(job));
    }
  }

 private:
  stop_source ending_;
  const call_executor executor_;
  per_process<worker_pool> pool_;
};

/// What the exception that is being handled says.
inline std::string caught_text() {
  try {
    throw;
  } catch (const std::exception& failure) {
    return failure.what();
  } catch (...) {
    return "something that is no std::exception";
  }
}

}  // namespace t3api::inline v0_1_0::detail

#endif
