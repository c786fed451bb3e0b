#ifndef T3API_DETAIL_WORKER_POOL_HPP
#define T3API_DETAIL_WORKER_POOL_HPP

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace t3api::inline v0_1_0::detail {

/// Threads that run jobs; a new one is started when all are busy, up to a limit, beyond which jobs wait. Any
/// thread may call it, its own too. No job is lost.
class worker_pool {
 public:
  explicit worker_pool(std::size_t most_threads)
      : most_threads_(most_threads > 0 ? most_threads : 1), inside_(std::make_shared<inside>()) {}
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;
  ~worker_pool() { finish(); }

  /// Runs `job`, which must not throw, on some thread, and destroys it there. Throws std::system_error when
  /// not even one thread can be started; the job is then not kept.
  void run(std::function<void()> job) {
    {
      const std::scoped_lock lock(inside_->mutex);
      if (inside_->idle <= inside_->jobs.size() && inside_->running < most_threads_) start_thread();
      inside_->jobs.push_back(std::move(job));
    }
    inside_->signal.notify_one();
  }

  /// Waits until all jobs are done, and ends the threads. One of the pool's own threads, whose job calls this
  /// or destroys the pool, waits for the others alone: it ends by itself after its job and what no other
  /// thread has taken by then.
  void finish() {
    std::vector<std::thread> ending;
    std::unique_lock lock(inside_->mutex);
    inside_->finishing = true;
    inside_->signal.notify_all();
    while (!threads_.empty()) {  // Jobs may start more threads in the meantime.
      ending.swap(threads_);
      lock.unlock();
      for (auto& thread : ending) {
        if (thread.get_id() == std::this_thread::get_id()) {
          thread.detach();
        } else {
          thread.join();
        }
      }
      ending.clear();
      lock.lock();
    }
  }

 private:
  /// What the threads share with the pool; it outlives the pool if one of them destroys that.
  struct inside {
    void work() noexcept {
      std::unique_lock lock(mutex);
      while (true) {
        ++idle;
        signal.wait(lock, [this] { return finishing || !jobs.empty(); });
        --idle;
        if (jobs.empty()) break;
        auto job = std::move(jobs.front());
        jobs.pop_front();
        lock.unlock();
        job();
        job = nullptr;  // Before locking again: it may hold the last reference to the pool's owner.
        lock.lock();
      }
      --running;
    }

    std::mutex mutex;
    std::condition_variable signal;
    std::deque<std::function<void()>> jobs;
    std::size_t running = 0;  ///< Threads that may still take a job.
    std::size_t idle = 0;     ///< Those of them that wait for one.
    bool finishing = false;
  };

  void start_thread() {
    try {
      threads_.emplace_back([shared = inside_] { shared->work(); });
      ++inside_->running;
    } catch (const std::system_error&) {
      if (inside_->running == 0) throw;
    }
  }

  const std::size_t most_threads_;
  const std::shared_ptr<inside> inside_;
  std::vector<std::thread> threads_;  ///< Guarded by the mutex inside.
};

}  // namespace t3api::inline v0_1_0::detail

#endif
