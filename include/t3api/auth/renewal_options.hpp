#ifndef T3API_AUTH_RENEWAL_OPTIONS_HPP
#define T3API_AUTH_RENEWAL_OPTIONS_HPP

#include <chrono>
#include <functional>

#include <t3api/auth/auth_response_data.hpp>

namespace t3api::inline v0_1_0 {

/// How an auth method gets its tokens.
struct renewal_options {
  /// Whether to keep the credentials after the first token, to get the next one when it expires. Without them
  /// the client ends with its token.
  bool keep_credentials = true;
  /// A token is renewed this long before it expires, or after nine tenths of its life, whichever is later...
  std::chrono::milliseconds leeway = std::chrono::seconds(30);
  /// ...and earlier by up to as much again, so that a fleet does not renew all at once. Gives numbers from 0
  /// up to 1, from any thread; default: the system's random source.
  std::function<double()> jitter{};
  /// How long others that share the store wait for a process that is getting a token, which may have died.
  std::chrono::milliseconds lease = std::chrono::seconds(10);
  /// Hears each answer that brought a token, in the thread that asked for it and before its call goes on: it
  /// must not make calls with the same client. What it throws is dropped.
  std::function<void(const auth_response_data&)> on_response{};
};

}  // namespace t3api::inline v0_1_0

#endif
