#ifndef T3API_AUTH_CONCEPT_HPP
#define T3API_AUTH_CONCEPT_HPP

#include <concepts>
#include <cstdint>

#include <t3api/core/clock.hpp>
#include <t3api/core/logging_hooks.hpp>
#include <t3api/core/request.hpp>
#include <t3api/core/response.hpp>
#include <t3api/core/result.hpp>
#include <t3api/core/url.hpp>
#include <t3api/detail/stop_token.hpp>

namespace t3api::inline v0_1_0 {

/// Which token a request went out with: each exchange makes a higher one. 0 where there is nothing to renew.
using token_generation = std::uint64_t;

/// What an auth method may use while it authorises one request.
class exchange {
 public:
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  /// Sends a request of the auth method's own, without authorisation, under the call's deadline and
  /// stop_token.
  virtual result<response> send(request message) = 0;

  /// The same, ended early if no answer has come by `until`.
  virtual result<response> send_until(request message, steady_time until) = 0;

  /// Where the call goes, and where requests of the auth method's own go.
  virtual const url& host() const noexcept = 0;

  /// The client's clock: what an auth method goes by.
  virtual t3api::clock& clock() const noexcept = 0;
  /// When the call must be over.
  virtual steady_time deadline() const noexcept = 0;
  /// That of the call.
  virtual const stop_token& stop() const noexcept = 0;

  /// Tells the client's log about a token that was, or could not be, obtained.
  virtual void report(const renewal_event& renewal) noexcept = 0;

 protected:
  exchange() = default;
  ~exchange() = default;
};

/// Puts credentials into requests. Both members are called by many threads at once.
///
/// `authorize` adds what the request needs, exchanging credentials first where it must, or gives the error
/// that keeps the request from being sent. `on_unauthorized` hears that a request of that generation was
/// answered with 401, does no I/O, and says whether sending once more, newly authorised, could help.
///
/// A method whose tokens may have lain somewhere before it got them may have a member
/// `bool is_shared(token_generation)`: a request refused with such a token is sent once more than others.
///
/// A method that sends no credentials says so with `static constexpr bool sends_credentials = false;`: only
/// such a one may talk plain http to another machine.
template <class A>
concept auth_method = requires(A& method, request& message, exchange& via, token_generation generation) {
  { method.authorize(message, via) } -> std::same_as<result<token_generation>>;
  { method.on_unauthorized(generation) } -> std::same_as<bool>;
};

}  // namespace t3api::inline v0_1_0

#endif
