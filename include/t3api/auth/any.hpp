#ifndef T3API_AUTH_ANY_HPP
#define T3API_AUTH_ANY_HPP

#include <concepts>
#include <memory>
#include <string>
#include <utility>

#include <t3api/auth/concept.hpp>

namespace t3api::inline v0_1_0 {

/// An auth method that is chosen at run time: holds any other one. Copies share it.
class any_auth {
 public:
  /// `description` tells people what was chosen and where it came from, never the credentials themselves.
  template <class Auth>
  requires auth_method<Auth> &&
      (!std::same_as<Auth, any_auth>)any_auth(Auth chosen, std::string description = {})
      : held_(std::make_shared<holder<Auth>>(std::move(chosen))), description_(std::move(description)) {}

  result<token_generation> authorize(request& message, exchange& via) {
    return held_->authorize(message, via);
  }
  bool on_unauthorized(token_generation generation) { return held_->on_unauthorized(generation); }

  bool is_shared(token_generation generation) const { return held_->is_shared(generation); }

  /// What was chosen and where it came from; no secret.
  const std::string& description() const noexcept { return description_; }

 private:
  struct method_in_use {
    method_in_use() = default;
    method_in_use(const method_in_use&) = delete;
    method_in_use& operator=(const method_in_use&) = delete;
    virtual ~method_in_use() = default;
    virtual result<token_generation> authorize(request& message, exchange& via) = 0;
    virtual bool on_unauthorized(token_generation generation) = 0;
    virtual bool is_shared(token_generation generation) const = 0;
  };

  template <class Auth>
  struct holder final : method_in_use {
    explicit holder(Auth chosen) : auth(std::move(chosen)) {}
    result<token_generation> authorize(request& message, exchange& via) override {
      return auth.authorize(message, via);
    }
    bool on_unauthorized(token_generation generation) override { return auth.on_unauthorized(generation); }
    bool is_shared(token_generation generation) const override {
      if constexpr (requires { auth.is_shared(generation); }) return auth.is_shared(generation);
      return false;
    }
    Auth auth;
  };

  std::shared_ptr<method_in_use> held_;
  std::string description_;
};

static_assert(auth_method<any_auth>);

}  // namespace t3api::inline v0_1_0

#endif
