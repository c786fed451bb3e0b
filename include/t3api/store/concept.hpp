#ifndef T3API_STORE_CONCEPT_HPP
#define T3API_STORE_CONCEPT_HPP

#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include <t3api/core/error.hpp>
#include <t3api/core/result.hpp>

namespace t3api::inline v0_1_0 {

/// A value that a store still had.
struct stored_value {
  std::string value{};                    ///< As it was put.
  std::chrono::milliseconds time_left{};  ///< How long the store will keep it from now on.
};

/// Keeps small values under a key for a while, for tokens and sessions; shared by threads and, when it lies
/// outside the process, by processes and machines. Copies are handles of the same store. Members are called
/// by many threads at once. A store that cannot do what it is asked says so with an error soon: whoever uses
/// it goes on without it. It may lose what it keeps at any time, but never gives out anything else.
///
/// `put` for a time of zero or less is `erase`. `claim` takes a name for `owner` unless someone has it
/// already, and says whether it did; whoever has it cannot take it again either. It serves as a lock with a
/// lease of at least a millisecond. `release` gives it back if `owner` still has it. Values and claims have
/// nothing to do with each other: a name can be used for both. An owner is to be a random text, as stores
/// need not keep it secret.
///
/// **A store of your own** is given values in clear, access tokens among them, and keys that come from the
/// password or API key itself, by a slow hash (PBKDF2): whoever can read the keys can try out weak passwords
/// offline. Seal the values and hash the keys anew under a key that only the sharing processes have, as
/// `redis_store` does, or keep everything inside the process.
template <class S>
concept store = requires(S& kept, std::string_view key, std::string_view text,
                         std::chrono::milliseconds ttl) {
  { kept.get(key) } -> std::same_as<result<std::optional<stored_value>>>;
  { kept.put(key, text, ttl) } -> std::same_as<std::optional<error>>;
  { kept.erase(key) } -> std::same_as<std::optional<error>>;
  { kept.claim(key, text, ttl) } -> std::same_as<result<bool>>;
  { kept.release(key, text) } -> std::same_as<std::optional<error>>;
};

}  // namespace t3api::inline v0_1_0

#endif
