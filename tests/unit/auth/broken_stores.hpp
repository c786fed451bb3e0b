#ifndef T3API_TESTS_UNIT_AUTH_BROKEN_STORES_HPP
#define T3API_TESTS_UNIT_AUTH_BROKEN_STORES_HPP

// Stores that let their users down, and one that tells what it is given.

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <t3api/store/concept.hpp>

namespace t3api::test {

/// Cannot be reached.
struct failing_store {
  using milliseconds = std::chrono::milliseconds;

  t3api::result<std::optional<t3api::stored_value>> get(std::string_view) { return down(); }
  std::optional<t3api::error> put(std::string_view, std::string_view, milliseconds) { return down(); }
  std::optional<t3api::error> erase(std::string_view) { return down(); }
  t3api::result<bool> claim(std::string_view, std::string_view, milliseconds) { return down(); }
  std::optional<t3api::error> release(std::string_view, std::string_view) { return down(); }

 private:
  static t3api::error down() { return {.message = "the store is down"}; }
};

/// Breaks its contract.
struct throwing_store {
  using milliseconds = std::chrono::milliseconds;

  t3api::result<std::optional<t3api::stored_value>> get(std::string_view) { throw std::runtime_error("get"); }
  std::optional<t3api::error> put(std::string_view, std::string_view, milliseconds) { throw 42; }
  std::optional<t3api::error> erase(std::string_view) { throw 42; }
  t3api::result<bool> claim(std::string_view, std::string_view, milliseconds) {
    throw std::runtime_error("claim");
  }
  std::optional<t3api::error> release(std::string_view, std::string_view) {
    throw std::runtime_error("release");
  }
};

/// Has nothing, lets everyone go ahead, and notes every name and text that it hears.
struct told_store {
  using milliseconds = std::chrono::milliseconds;

  std::vector<std::string>* told;

  t3api::result<std::optional<t3api::stored_value>> get(std::string_view key) {
    note(key);
    return std::optional<t3api::stored_value>();
  }
  std::optional<t3api::error> put(std::string_view key, std::string_view value, milliseconds) {
    note(key, value);
    return std::nullopt;
  }
  std::optional<t3api::error> erase(std::string_view key) {
    note(key);
    return std::nullopt;
  }
  t3api::result<bool> claim(std::string_view key, std::string_view owner, milliseconds) {
    note(key, owner);
    return true;
  }
  std::optional<t3api::error> release(std::string_view key, std::string_view owner) {
    note(key, owner);
    return std::nullopt;
  }

 private:
  void note(std::string_view key, std::string_view text = {}) {
    told->emplace_back(key);
    told->emplace_back(text);
  }
};

}  // namespace t3api::test

#endif
