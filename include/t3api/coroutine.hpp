#ifndef T3API_COROUTINE_HPP
#define T3API_COROUTINE_HPP

#include <coroutine>
#include <optional>
#include <utility>

#include <t3api/client.hpp>

namespace t3api {

/// A call that a coroutine can wait for; made by `awaitable_send`. It keeps a copy of the client.
template <class Client>
class send_awaitable {
 public:
  send_awaitable(Client via, request message, call_options options)
      : via_(std::move(via)), message_(std::move(message)), options_(std::move(options)) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    via_.async_send(std::move(message_), std::move(options_), [this, waiting](result<response> got) {
      answer_.emplace(std::move(got));
      waiting.resume();
    });
  }
  result<response> await_resume() { return *std::move(answer_); }

 private:
  Client via_;
  request message_;
  call_options options_;
  std::optional<result<response>> answer_;
};

/// `co_await awaitable_send(client, request)` gives what `client.send` would. The coroutine goes on in the
/// thread that made the call: of `client_config::executor` or of the client's own.
template <class Transport, class Auth, class Retry>
send_awaitable<client<Transport, Auth, Retry>> awaitable_send(client<Transport, Auth, Retry> via,
                                                              request message, call_options options = {}) {
  return {std::move(via), std::move(message), std::move(options)};
}

}  // namespace t3api

#endif
