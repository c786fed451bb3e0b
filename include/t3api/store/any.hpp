#ifndef T3API_STORE_ANY_HPP
#define T3API_STORE_ANY_HPP

#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <t3api/core/error.hpp>
#include <t3api/core/result.hpp>
#include <t3api/store/concept.hpp>

namespace t3api::inline v0_1_0 {

/// Any store, chosen at run time. Copies are handles of the same store, as with each store itself.
class any_store {
 public:
  /// Takes any store.
  template <store S>
  requires(!std::same_as<S, any_store>) any_store(S kept)
      : held_(std::make_shared<held<S>>(std::move(kept))) {}

  result<std::optional<stored_value>> get(std::string_view key) { return held_->get(key); }
  std::optional<error> put(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
    return held_->put(key, value, ttl);
  }
  std::optional<error> erase(std::string_view key) { return held_->erase(key); }
  result<bool> claim(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl) {
    return held_->claim(key, owner, ttl);
  }
  std::optional<error> release(std::string_view key, std::string_view owner) {
    return held_->release(key, owner);
  }

 private:
  struct operations {
    virtual ~operations() = default;
    virtual result<std::optional<stored_value>> get(std::string_view key) = 0;
    virtual std::optional<error> put(std::string_view key, std::string_view value,
                                     std::chrono::milliseconds ttl) = 0;
    virtual std::optional<error> erase(std::string_view key) = 0;
    virtual result<bool> claim(std::string_view key, std::string_view owner,
                               std::chrono::milliseconds ttl) = 0;
    virtual std::optional<error> release(std::string_view key, std::string_view owner) = 0;
  };

  template <class S>
  struct held final : operations {
    explicit held(S kept_) : kept(std::move(kept_)) {}
    result<std::optional<stored_value>> get(std::string_view key) override { return kept.get(key); }
    std::optional<error> put(std::string_view key, std::string_view value,
                             std::chrono::milliseconds ttl) override {
      return kept.put(key, value, ttl);
    }
    std::optional<error> erase(std::string_view key) override { return kept.erase(key); }
    result<bool> claim(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl) override {
      return kept.claim(key, owner, ttl);
    }
    std::optional<error> release(std::string_view key, std::string_view owner) override {
      return kept.release(key, owner);
    }
    S kept;
  };

  std::shared_ptr<operations> held_;
};

static_assert(store<any_store>);

}  // namespace t3api::inline v0_1_0

#endif
