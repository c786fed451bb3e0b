#ifndef T3API_EXAMPLES_SANDBOX_WATCHED_STORE_HPP
#define T3API_EXAMPLES_SANDBOX_WATCHED_STORE_HPP

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/error.hpp>
#include <t3api/core/result.hpp>
#include <t3api/store/concept.hpp>

/// A store that tells when the one behind it fails, at most once a minute, and when it works again after
/// that.
template <t3api::store S>
class watched_store {
 public:
  /// Called on the thread that found out, with no lock held.
  struct listeners {
    std::function<void(const t3api::error&)> gone;
    std::function<void()> back;
  };

  watched_store(S watched, listeners tell)
      : watched_(std::move(watched)), state_(std::make_shared<state>(std::move(tell))) {}

  t3api::result<std::optional<t3api::stored_value>> get(std::string_view key) {
    return noted(watched_.get(key));
  }
  std::optional<t3api::error> put(std::string_view key, std::string_view value,
                                  std::chrono::milliseconds ttl) {
    return noted(watched_.put(key, value, ttl));
  }
  std::optional<t3api::error> erase(std::string_view key) { return noted(watched_.erase(key)); }
  t3api::result<bool> claim(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl) {
    return noted(watched_.claim(key, owner, ttl));
  }
  std::optional<t3api::error> release(std::string_view key, std::string_view owner) {
    return noted(watched_.release(key, owner));
  }

 private:
  using steady = std::chrono::steady_clock;

  struct state {
    explicit state(listeners tell_) : tell(std::move(tell_)) {}

    void failed(const t3api::error& why) {
      {
        const std::scoped_lock lock(mutex);
        if (told || why.category == t3api::error_category::argument || steady::now() < next) return;
        told = true;
        next = steady::now() + std::chrono::minutes(1);
      }
      tell.gone(why);
    }
    void worked() {
      if (told && told.exchange(false)) tell.back();
    }

    const listeners tell;
    std::atomic<bool> told = false;
    std::mutex mutex;
    steady::time_point next{};  // Under the mutex.
  };

  template <class T>
  t3api::result<T> noted(t3api::result<T> outcome) {
    outcome ? state_->worked() : state_->failed(outcome.error());
    return outcome;
  }
  std::optional<t3api::error> noted(std::optional<t3api::error> failure) {
    failure ? state_->failed(*failure) : state_->worked();
    return failure;
  }

  S watched_;
  std::shared_ptr<state> state_;
};

#endif
