#ifndef T3API_SANDBOX_LIMITS_BOUNDED_TABLE_HPP
#define T3API_SANDBOX_LIMITS_BOUNDED_TABLE_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <t3api/detail/crypto.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Small values by names that strangers choose, in bounded memory: at most twice `capacity` values, those
/// that were asked for longest ago are forgotten first, and each step takes the same short time. Names are
/// kept as hashes under a random key, so that they are short, tell nothing, and nobody can choose two that
/// collide. `hash` is for any number of threads, the rest for one at a time.
template <class Value>
class bounded_table {
 public:
  using hashed = std::array<std::uint64_t, 2>;

  explicit bounded_table(std::size_t capacity) : capacity_(capacity) {}

  /// What the table knows a name by.
  hashed hash(std::string_view name) const {
    const std::string bytes = detail::hmac_sha256(key_, name);
    hashed words;
    std::memcpy(words.data(), bytes.data(), sizeof words);
    return words;
  }

  /// The value of the name with that hash, made when there is none; the reference is good until the next
  /// call.
  Value& operator[](const hashed& key) {
    if (const auto found = recent_.find(key); found != recent_.end()) return found->second;
    if (recent_.size() >= capacity_) {
      older_ = std::move(recent_);
      recent_.clear();
    }
    Value value{};
    if (const auto found = older_.find(key); found != older_.end()) {
      value = std::move(found->second);
      older_.erase(found);
    }
    return recent_.emplace(key, std::move(value)).first->second;
  }

  std::size_t size() const noexcept { return recent_.size() + older_.size(); }

 private:
  struct first_word {
    std::size_t operator()(const hashed& key) const noexcept { return static_cast<std::size_t>(key[0]); }
  };
  using map = std::unordered_map<hashed, Value, first_word>;

  std::size_t capacity_;
  const std::string key_ = detail::random_bytes(32);
  map recent_, older_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
