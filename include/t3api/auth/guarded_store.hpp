#ifndef T3API_AUTH_GUARDED_STORE_HPP
#define T3API_AUTH_GUARDED_STORE_HPP

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/error.hpp>
#include <t3api/core/result.hpp>
#include <t3api/store/concept.hpp>

namespace t3api::inline v0_1_0::detail {

/// A store whose exceptions are errors: one that throws must not cost its user a token.
template <store Store>
class guarded_store {
 public:
  explicit guarded_store(Store kept) : store_(std::move(kept)) {}

  result<std::optional<stored_value>> get(std::string_view key) {
    return guarded<result<std::optional<stored_value>>>([&] { return store_.get(key); });
  }
  std::optional<error> put(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
    return guarded<std::optional<error>>([&] { return store_.put(key, value, ttl); });
  }
  std::optional<error> erase(std::string_view key) {
    return guarded<std::optional<error>>([&] { return store_.erase(key); });
  }
  result<bool> claim(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl) {
    return guarded<result<bool>>([&] { return store_.claim(key, owner, ttl); });
  }
  std::optional<error> release(std::string_view key, std::string_view owner) {
    return guarded<std::optional<error>>([&] { return store_.release(key, owner); });
  }

 private:
  template <class Outcome, class Operation>
  static Outcome guarded(Operation operation) {
    try {
      return operation();
    } catch (const std::exception& failure) {
      return error{.message = std::string("the store threw an exception: ") + failure.what()};
    } catch (...) {
      return error{.message = "the store threw an exception of its own"};
    }
  }

  Store store_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
