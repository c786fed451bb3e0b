#ifndef T3API_SANDBOX_HANDLER_HPP
#define T3API_SANDBOX_HANDLER_HPP

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <t3api/core/request.hpp>
#include <t3api/core/response.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/sandbox/http/memory_budget.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Where a request came from, and how long somebody waits for its answer.
struct caller {
  std::string address{};  ///< IP address of the other end of the connection; empty when there is none. An
                          ///< IPv4 address that came as IPv6 is written as IPv4.
  stop_token stop{};      ///< Asked to stop when the server stops: a handler that waits is to end soon.
  memory_share* memory = nullptr;  ///< What the server lets the request take; null for no limit.
};

/// What a server does to the bytes of one answer, to be as bad as networks and proxies are. All members have
/// defaults that change nothing. After `reset`, `garbage`, `cut_after` or `length_error` the connection ends.
struct wire_fault {
  bool reset = false;     ///< A TCP reset in place of an answer, over TLS too; then no other member counts.
  std::string garbage{};  ///< These bytes in place of an answer.
  std::optional<std::size_t> cut_after{};  ///< The connection ends after so many bytes, the head included;
                                           ///< over TLS without close_notify.
  std::int64_t length_error = 0;           ///< Added to the header Content-Length, while the body stays.
  std::size_t drip_bytes = 0;              ///< When above 0, the answer goes out in pieces of so many bytes,
  std::chrono::milliseconds drip_pause{};  ///< with this pause between two of them; a stop cuts it short.
};

/// An answer, and what is to happen to it on its way.
struct served {
  response answer{};                 ///< As it should be.
  std::optional<wire_fault> wire{};  ///< What becomes of its bytes; nothing for a faithful journey.
};

/// What an `http_server` serves: any callable from a request, and from a caller if it likes, to a response or
/// to `served`. Throws nothing but std::exception, which becomes 500.
class http_handler {
 public:
  /// Takes any such callable.
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, http_handler> &&
           (std::invocable<F&, const request&> || std::invocable<F&, const request&, const caller&>))
      http_handler(F serve)
      : serve_(with_caller(std::move(serve))) {}

  /// Calls it. Throws what it throws.
  served operator()(const request& asked, const caller& from) const { return serve_(asked, from); }

 private:
  static served as_served(served made) { return made; }
  static served as_served(response made) { return {.answer = std::move(made)}; }

  template <class F>
  static std::function<served(const request&, const caller&)> with_caller(F serve) {
    return [serve = std::move(serve)](const request& asked, const caller& from) mutable {
      if constexpr (std::invocable<F&, const request&, const caller&>) {
        return as_served(serve(asked, from));
      } else {
        return as_served(serve(asked));
      }
    };
  }

  std::function<served(const request&, const caller&)> serve_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
