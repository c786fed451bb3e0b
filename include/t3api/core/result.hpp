#ifndef T3API_CORE_RESULT_HPP
#define T3API_CORE_RESULT_HPP

#include <memory>
#include <type_traits>
#include <utility>

#include <t3api/core/error.hpp>
#include <t3api/core/exceptions.hpp>

namespace t3api::inline v0_1_0 {

/// A value, or the error that kept it from coming. `value()` throws the error as its typed exception.
template <class T>
class [[nodiscard]] result {
 public:
  /// What there is when all went well.
  using value_type = T;

  /// From a value: `return value;`.
  result(T value) : has_value_(true), value_(std::move(value)) {}
  /// From an error: `return error{…};`.
  result(t3api::error cause) : has_value_(false), error_(std::move(cause)) {}

  /// A copy of the value or the error.
  result(const result& other) requires std::is_copy_constructible_v<T> : has_value_(other.has_value_) {
    if (has_value_) {
      std::construct_at(&value_, other.value_);
    } else {
      std::construct_at(&error_, other.error_);
    }
  }
  /// Moves the value or the error.
  result(result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) : has_value_(other.has_value_) {
    take(std::move(other));
  }
  /// As good as before when the copy throws.
  result& operator=(result other) noexcept {
    static_assert(std::is_nothrow_move_constructible_v<T>, "what a result holds must move without throwing");
    destroy();
    has_value_ = other.has_value_;
    take(std::move(other));
    return *this;
  }
  ~result() { destroy(); }

  /// Whether there is a value.
  bool has_value() const noexcept { return has_value_; }
  /// Whether there is a value.
  explicit operator bool() const noexcept { return has_value(); }

  /// The value, or throws what `throw_error` makes of the error.
  T& value() & {
    demand();
    return **this;
  }
  /// The value, or throws as above.
  const T& value() const& {
    demand();
    return **this;
  }
  /// Gives the value itself, not a reference, so that `for (auto& x : load().value())` is sound.
  T value() && {
    demand();
    return *std::move(*this);
  }

  /// The value; only to be called when there is one.
  T& operator*() & noexcept { return value_; }
  /// The value; only to be called when there is one.
  const T& operator*() const& noexcept { return value_; }
  /// The value, moved out; only to be called when there is one.
  T operator*() && { return std::move(value_); }
  /// The value; only to be called when there is one.
  T* operator->() noexcept { return std::addressof(value_); }
  /// The value; only to be called when there is one.
  const T* operator->() const noexcept { return std::addressof(value_); }

  /// The error; only to be called when there is one.
  t3api::error& error() & noexcept { return error_; }
  /// The error; only to be called when there is one.
  const t3api::error& error() const& noexcept { return error_; }
  /// The error; only to be called when there is one.
  t3api::error&& error() && noexcept { return std::move(error_); }

 private:
  void demand() const {
    if (!has_value()) throw_error(error());
  }

  void take(result&& other) {
    if (has_value_) {
      std::construct_at(&value_, std::move(other.value_));
    } else {
      std::construct_at(&error_, std::move(other.error_));
    }
  }

  void destroy() noexcept {
    if (has_value_) {
      std::destroy_at(&value_);
    } else {
      std::destroy_at(&error_);
    }
  }

  // A std::variant of the two, or two std::optional, take a compiler much longer; programs have many results.
  bool has_value_;
  union {
    T value_;
    t3api::error error_;
  };
};

}  // namespace t3api::inline v0_1_0

#endif
