#ifndef T3API_CORE_LOGGING_HOOKS_HPP
#define T3API_CORE_LOGGING_HOOKS_HPP

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <t3api/core/headers.hpp>
#include <t3api/core/redactor.hpp>
#include <t3api/core/request.hpp>
#include <t3api/core/response.hpp>
#include <t3api/core/result.hpp>
#include <t3api/core/url.hpp>

namespace t3api::inline v0_1_0 {

/// A request that is about to be sent; also one by which an auth method gets a token. Nothing secret is in
/// it.
struct request_event {
  std::string request_id{};                   ///< One per call, the same for all its attempts.
  int attempt = 1;                            ///< 1 for the first.
  t3api::method method = t3api::method::get;  ///< The request's.
  std::string url{};         ///< Where to, with query parameters whose values may be shown; others are `***`.
  t3api::headers headers{};  ///< When `logging_hooks::with_headers`; values not on the allow-list are `***`.
  std::string body{};        ///< When `logging_hooks::with_body`; secret members are `***`.
  std::size_t body_bytes = 0;  ///< Of all of it, shown or not.
};

/// What became of a request.
struct response_event {
  std::string request_id{};                   ///< As in `request_event`.
  int attempt = 1;                            ///< As in `request_event`.
  t3api::method method = t3api::method::get;  ///< The request's.
  std::string url{};                          ///< As in `request_event`.
  int status = 0;                             ///< 0 when no answer came.
  std::string problem{};                      ///< Why no answer came; empty when one did.
  std::chrono::microseconds elapsed{};        ///< Since the request was sent.
  t3api::headers headers{};                   ///< As in `request_event`.
  std::string body{};                         ///< As in `request_event`.
  std::size_t body_bytes = 0;                 ///< Of all of it, shown or not.
};

/// A failed attempt that is followed by another.
struct retry_event {
  std::string request_id{};           ///< Of the call.
  int attempt = 1;                    ///< The one that failed.
  std::chrono::milliseconds pause{};  ///< Until the next attempt.
  std::string reason{};               ///< One sentence.
};

/// A token that was, or could not be, obtained.
struct renewal_event {
  std::string request_id{};      ///< Of the call on whose behalf it was.
  std::uint64_t generation = 0;  ///< Of the new token: 1 for the first.
  bool shared = false;           ///< Whether it came out of the store: another process had obtained it.
  std::string problem{};         ///< Empty when it went well.
  std::chrono::microseconds elapsed{};  ///< What it took.
};

namespace detail {

/// What the events of a request and of its answer tell of.
struct call_facts {
  std::string_view request_id{};
  int attempt = 1;
  const url& host;
  const request& sent;  ///< As it went out, authorised.
  redactor known{};
  bool with_headers = false;
  bool with_body = false;
  const result<response>* answer = nullptr;
  std::chrono::steady_clock::duration elapsed{};
};

/// The event, without secrets.
template <class Event>
Event make_event(call_facts facts);

}  // namespace detail

/// A function that is told of events, or none. It brings with it what makes the events: a program that sets
/// no hook compiles none of that.
template <class Event>
class event_hook : public std::function<void(const Event&)> {
 public:
  event_hook() = default;
  /// None.
  event_hook(std::nullptr_t) noexcept {}
  /// Anything that can be called with an event.
  template <class Told>
  requires(!std::same_as<std::remove_cvref_t<Told>, event_hook> && std::invocable<Told&, const Event&>)
      event_hook(Told&& told)
      : std::function<void(const Event&)>(std::forward<Told>(told)), make_(&detail::make_event<Event>) {}

  /// The event that it would be told.
  Event make(detail::call_facts facts) const { return make_(std::move(facts)); }

 private:
  Event (*make_)(detail::call_facts) = nullptr;
};

/// What a client tells while it works; unset members are not called. They are called by the thread that
/// makes the call, many at once, and what they throw is dropped. What they are given holds no secret.
struct logging_hooks {
  event_hook<request_event> on_request{};                  ///< Before a request is sent.
  event_hook<response_event> on_response{};                ///< After its answer, or in place of one.
  std::function<void(const retry_event&)> on_retry{};      ///< Before the pause.
  std::function<void(const renewal_event&)> on_renewal{};  ///< After a login, an exchange, or its failure.
  std::function<void(std::string_view)> on_notice{};       ///< One sentence for people.
  bool with_headers = false;                               ///< Whether events have headers.
  bool with_body = false;                                  ///< Whether events have bodies.

  /// Whether any member is set, so that there is something to tell.
  bool any() const noexcept { return on_request || on_response || on_retry || on_renewal || on_notice; }

  /// Hooks as the environment asks for them: `T3_LOG_HTTP`, `T3_LOG_HEADERS`, `T3_LOG_BODY`, `T3_LOG_FILE`.
  /// Standard error takes the place of a file that others may use, and of one that `.t3.env` must not name; a
  /// notice says so. Throws std::invalid_argument for a value that makes no sense. Needs
  /// t3api/environment.hpp.
  static logging_hooks from_env();
};

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/core/impl/logging_events.hpp>
#endif

#endif
