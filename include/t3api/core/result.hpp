#ifndef T3API_CORE_RESULT_HPP
#define T3API_CORE_RESULT_HPP

#include <optional>
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
  result(T value) : value_(std::in_place, std::move(value)) {}
  /// From an error: `return error{…};`.
  result(t3api::error cause) : error_(std::in_place, std::move(cause)) {}

  /// A copy of the value or the error.
  result(const result&) = default;
  /// Moves the value or the error.
  result(result&&) = default;
  /// As good as before when the copy throws.
  result& operator=(result other) {
    value_ = std::move(other.value_);
    error_ = std::move(other.error_);
    return *this;
  }
  ~result() = default;

  /// Whether there is a value.
  bool has_value() const noexcept { return value_.has_value(); }
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
  T& operator*() & noexcept { return *value_; }
  /// The value; only to be called when there is one.
  const T& operator*() const& noexcept { return *value_; }
  /// The value, moved out; only to be called when there is one.
  T operator*() && { return std::move(*value_); }
  /// The value; only to be called when there is one.
  T* operator->() noexcept { return value_.operator->(); }
  /// The value; only to be called when there is one.
  const T* operator->() const noexcept { return value_.operator->(); }

  /// The error; only to be called when there is one.
  t3api::error& error() & noexcept { return *error_; }
  /// The error; only to be called when there is one.
  const t3api::error& error() const& noexcept { return *error_; }
  /// The error; only to be called when there is one.
  t3api::error&& error() && noexcept { return std::move(*error_); }

 private:
  void demand() const {
    if (!has_value()) throw_error(error());
  }

  // One of the two. A std::variant of them takes a compiler much longer, and programs have many results.
  std::optional<T> value_;
  std::optional<t3api::error> error_;
};

}  // namespace t3api::inline v0_1_0

#endif
