#ifndef T3API_CORE_RESULT_HPP
#define T3API_CORE_RESULT_HPP

#include <type_traits>
#include <utility>
#include <variant>

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
  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  /// From an error: `return error{…};`.
  result(t3api::error cause) : state_(std::in_place_index<1>, std::move(cause)) {}

  /// Whether there is a value.
  bool has_value() const noexcept { return state_.index() == 0; }
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
  T& operator*() & noexcept { return *std::get_if<0>(&state_); }
  /// The value; only to be called when there is one.
  const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
  /// The value, moved out; only to be called when there is one.
  T operator*() && { return std::move(*std::get_if<0>(&state_)); }
  /// The value; only to be called when there is one.
  T* operator->() noexcept { return std::get_if<0>(&state_); }
  /// The value; only to be called when there is one.
  const T* operator->() const noexcept { return std::get_if<0>(&state_); }

  /// The error; only to be called when there is one.
  t3api::error& error() & noexcept { return *std::get_if<1>(&state_); }
  /// The error; only to be called when there is one.
  const t3api::error& error() const& noexcept { return *std::get_if<1>(&state_); }
  /// The error; only to be called when there is one.
  t3api::error&& error() && noexcept { return std::move(*std::get_if<1>(&state_)); }

 private:
  void demand() const {
    if (!has_value()) throw_error(error());
  }

  std::variant<T, t3api::error> state_;
};

}  // namespace t3api::inline v0_1_0

#endif
