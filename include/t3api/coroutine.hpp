#include <t3api/version.hpp>  // Outside of the guard: it refuses another version.

#ifndef T3API_COROUTINE_HPP
#define T3API_COROUTINE_HPP

#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <t3api/client.hpp>

namespace t3api::inline v0_1_0 {

/// A call that a coroutine can wait for; made by `awaitable_send`. It keeps a copy of the client, and the
/// coroutine must not be destroyed while it waits.
template <class Client>
class send_awaitable {
 public:
  /// Use `awaitable_send`.
  send_awaitable(Client via, request message, call_options options)
      : via_(std::move(via)), message_(std::move(message)), options_(std::move(options)) {}

  /// Asked by the coroutine: the call has not begun.
  bool await_ready() const noexcept { return false; }

  // Kept out of the coroutine: once the call has begun another thread may end the coroutine, and inlined by
  // clang before 17 this function's variables would go with it.
  /// Begins the call; false when it has ended already.
  [[gnu::noinline]] bool await_suspend(std::coroutine_handle<> waiting) {
    const auto now = std::make_shared<beginning>();
    via_.async_send(std::move(message_), std::move(options_), [this, waiting, now](result<response> got) {
      answer_.emplace(std::move(got));
      if (now->is_here()) {
        now->answered = true;
      } else {
        waiting.resume();
      }
    });
    now->over = true;
    return !now->answered;
  }

  /// What `co_await` gives.
  result<response> await_resume() { return *std::move(answer_); }

 private:
  /// Tells an answer that comes before `await_suspend` has returned, in its own thread: the coroutine then
  /// never suspends, so that a long row of such calls takes no stack.
  struct beginning {
    bool is_here() const { return std::this_thread::get_id() == thread && !over; }

    const std::thread::id thread = std::this_thread::get_id();
    bool over = false;
    bool answered = false;
  };

  Client via_;
  request message_;
  call_options options_;
  std::optional<result<response>> answer_;
};

/// `co_await awaitable_send(client, request)` gives what `client.send` would. The coroutine goes on in the
/// thread that made the call: of `client_config::executor` or of the client's own; in its own when the
/// executor runs the call there or throws. When the executor drops the call it never goes on.
///
/// Takes named requests and options only, and copies them: g++ 12 destroys a temporary one in a co_await
/// expression twice, so that `co_await awaitable_send(client, {.path = "/x"})` must not compile.
template <class Transport, class Auth, class Retry>
send_awaitable<client<Transport, Auth, Retry>> awaitable_send(client<Transport, Auth, Retry> via,
                                                              std::reference_wrapper<const request> message) {
  return {std::move(via), message.get(), call_options()};
}

/// The same with options of the call.
template <class Transport, class Auth, class Retry>
send_awaitable<client<Transport, Auth, Retry>> awaitable_send(
    client<Transport, Auth, Retry> via, std::reference_wrapper<const request> message,
    std::reference_wrapper<const call_options> options) {
  return {std::move(via), message.get(), options.get()};
}

}  // namespace t3api::inline v0_1_0

#endif
