#ifndef T3API_SANDBOX_WORKER_POOL_HPP
#define T3API_SANDBOX_WORKER_POOL_HPP

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace t3api::sandbox {

/// Threads that run jobs; a new one is started when all are busy, up to a limit, beyond which jobs wait.
class worker_pool {
 public:
  explicit worker_pool(std::size_t most_threads) : most_threads_(most_threads > 0 ? most_threads : 1) {}
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;
  ~worker_pool() { finish(); }

  /// Runs `job`, which must not throw, on some thread. Throws std::system_error when not even one can be
  /// started.
  void run(std::function<void()> job) {
    {
      const std::scoped_lock lock(mutex_);
      jobs_.push_back(std::move(job));
      if (idle_ < jobs_.size() && threads_.size() < most_threads_) start_thread();
    }
    signal_.notify_one();
  }

  /// Waits until all jobs are done, and ends the threads.
  void finish() {
    {
      const std::scoped_lock lock(mutex_);
      finishing_ = true;
    }
    signal_.notify_all();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  void start_thread() {
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      if (threads_.empty()) throw;
    }
  }

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      signal_.wait(lock, [this] { return finishing_ || !jobs_.empty(); });
      --idle_;
      if (jobs_.empty()) return;
      const auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      lock.lock();
    }
  }

  const std::size_t most_threads_;
  std::mutex mutex_;
  std::condition_variable signal_;
  std::deque<std::function<void()>> jobs_;
  std::size_t idle_ = 0;
  bool finishing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace t3api::sandbox

#endif
