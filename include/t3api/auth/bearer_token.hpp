#ifndef T3API_AUTH_BEARER_TOKEN_HPP
#define T3API_AUTH_BEARER_TOKEN_HPP

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <t3api/auth/concept.hpp>
#include <t3api/auth/token.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/core/url.hpp>
#include <t3api/detail/snapshot.hpp>

namespace t3api::inline v0_1_0::detail {

/// A token with all that is known about it.
struct bearer_token {
  secret jwt{};
  url host{};                              ///< The only one that it is sent to.
  steady_time due = (steady_time::max)();  ///< From here on it should be renewed.
  steady_time expires_at = (steady_time::max)();
  token_generation generation = 0;
  bool shared = false;  ///< Whether another process had obtained it: it may have been refused long ago.

  /// How long it will be good, for keeping it somewhere; a token without an expiry is good until it is
  /// refused.
  std::chrono::milliseconds time_left(steady_time now) const {
    constexpr std::chrono::milliseconds unknown = std::chrono::hours(1);
    if (expires_at == (steady_time::max)()) return unknown;
    return std::chrono::duration_cast<std::chrono::milliseconds>(expires_at - now);
  }
};

/// The token that requests are sent with just now. Any number of threads read it without a lock.
class current_token {
 public:
  /// How good a token must be.
  enum class demand { fresh, unexpired };

  /// Puts the token into `message` and gives its generation, if there is one that is as good as demanded.
  std::optional<token_generation> use(request& message, exchange& via, demand wanted) const {
    const auto now = via.clock().now();
    return held_.read([&](const bearer_token* token) -> std::optional<token_generation> {
      if (token == nullptr || refused(*token) || token->host != via.host()) return std::nullopt;
      if (now >= (wanted == demand::fresh ? token->due : token->expires_at)) return std::nullopt;
      set_bearer_token(message, token->jwt.reveal());
      return token->generation;
    });
  }

  /// Whether a token could still be used by someone whose next is not there yet.
  bool is_good(steady_time now) const {
    return held_.read([&](const bearer_token* token) {
      return token != nullptr && !refused(*token) && now < token->expires_at;
    });
  }

  /// Whether the service has refused a token that had not expired.
  bool is_refused_early(steady_time now) const {
    return held_.read([&](const bearer_token* token) {
      return token != nullptr && refused(*token) && now < token->expires_at;
    });
  }

  /// Whether the token of that generation had been obtained by another process.
  bool is_shared(token_generation generation) const {
    return held_.read([&](const bearer_token* token) {
      return token != nullptr && token->generation == generation && token->shared;
    });
  }

  secret jwt() const {
    return held_.read([](const bearer_token* token) { return token == nullptr ? secret() : token->jwt; });
  }
  token_generation generation() const {
    return held_.read(
        [](const bearer_token* token) { return token == nullptr ? token_generation{0} : token->generation; });
  }

  void publish(bearer_token next) { held_.publish(std::make_unique<const bearer_token>(std::move(next))); }

  /// Marks the generation as refused; tokens of later ones stay good.
  void refuse(token_generation generation) {
    auto known = refused_.load();
    while (known < generation && !refused_.compare_exchange_weak(known, generation)) {
    }
  }

 private:
  bool refused(const bearer_token& token) const { return token.generation <= refused_.load(); }

  snapshot<bearer_token> held_;
  std::atomic<token_generation> refused_ = 0;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
