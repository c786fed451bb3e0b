#ifndef T3API_TRANSPORT_CONNECTION_HPP
#define T3API_TRANSPORT_CONNECTION_HPP

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <t3api/core/client_config.hpp>
#include <t3api/core/send_options.hpp>
#include <t3api/core/service_error.hpp>
#include <t3api/detail/base64url.hpp>
#include <t3api/detail/wipe.hpp>
#include <t3api/http1/answer_reader.hpp>
#include <t3api/http1/request_head.hpp>
#include <t3api/transport/concept.hpp>
#include <t3api/transport/exchange.hpp>
#include <t3api/transport/http_transport.hpp>
#include <t3api/transport/io_wait.hpp>
#include <t3api/transport/stream.hpp>
#include <t3api/transport/tls.hpp>

namespace t3api::inline v0_1_0::detail {

/// One kept connection to a service, perhaps through a proxy.
class connection {
 public:
  connection(url host, const std::optional<proxy_options>& proxy, const tls_context* tls)
      : host_(std::move(host)), proxy_(proxy ? &*proxy : nullptr), tls_(tls) {}

  /// What waits on this connection are woken by.
  std::optional<wake_up>& waker() noexcept { return waker_; }

  /// Opens TCP to one address of the service, or of the proxy. The error when that did not come about.
  std::optional<error> open(connect_function connect, const std::string& address, io_wait& wait,
                            const send_options& options) {
    const auto socket = connect(address, proxy_ != nullptr ? proxy_->port : host_.port, wait);
    if (socket == no_socket) {
      if (wait.hindered() != hindrance::none) return hindered(wait, options);
      return not_sent("no connection to " + peer() +
                      " could be made: check the host, the port and the network");
    }
    stream_.emplace(socket);
    return std::nullopt;
  }

  /// Makes of the open connection one to the service: the proxy's tunnel, and TLS. The error, as above.
  std::optional<error> establish(io_wait& wait, const send_options& options) {
    if (proxy_ != nullptr && host_.secure) {
      if (auto failure = open_tunnel(wait, options)) return failure;
    }
    if (host_.secure) {
      if (auto failure = shake_hands(wait, options)) return failure;
    }
    wait.connected();
    return std::nullopt;
  }

  /// Sends the request and receives the answer. `reusable()` tells afterwards whether another may follow.
  outcome exchange(const request& message, const send_options& options, io_wait& wait) {
    reusable_ = false;
    const bool whole_address = proxy_ != nullptr && !host_.secure;
    const std::string credentials = whole_address ? proxy_credentials() : std::string();
    std::string_view body = message.body;
    // Under TLS each writing is a record of its own: a short request goes in one.
    constexpr std::size_t longest_in_one = 8U << 10U;
    const bool in_one = host_.secure && body.size() <= longest_in_one;
    std::string head =
        http1::request_head(message, host_, whole_address ? &credentials : nullptr, in_one ? body.size() : 0);
    if (in_one) {
      head += body;
      body = {};
    }
    http1::answer_reader answer(message.method == method::head ? http1::asked::head : http1::asked::get,
                                options.max_header_bytes, options.max_body_bytes);
    http_exchange run(*stream_, wait, answer);
    run.run(head, body);
    wipe(head);
    if (answer.whole()) {
      reusable_ = answer.keeps_connection() && run.is_clean();
      idle_since_ = std::chrono::steady_clock::now();
      return answer.take_answer();
    }
    error cause = failure(answer, wait, options);
    cause.sent = run.sent_any();
    cause.status = answer.status();
    return cause;
  }

  bool reusable() const noexcept { return reusable_; }

  /// Whether the peer has neither closed nor sent anything since the last answer.
  bool is_quiet() const { return stream_ && stream_->is_quiet(); }

  const url& host() const noexcept { return host_; }
  steady_time idle_since() const noexcept { return idle_since_; }

 private:
  std::string peer() const { return host_.origin() + (proxy_ != nullptr ? " through the proxy" : ""); }

  std::string proxy_credentials() const {
    if (proxy_->username.empty()) return {};
    std::string plain = proxy_->username + ":" + std::string(proxy_->password.reveal());
    std::string text = "Basic " + base64_encode(plain);
    wipe(plain);
    return text;
  }

  std::optional<error> open_tunnel(io_wait& wait, const send_options& options) {
    std::string credentials = proxy_credentials();
    std::string head = http1::tunnel_head(host_, credentials);
    http1::answer_reader answer(http1::asked::connect, options.max_header_bytes, options.max_body_bytes);
    http_exchange run(*stream_, wait, answer);
    run.run(head, {}, /*until_head=*/true);
    wipe(head);
    wipe(credentials);
    if (wait.hindered() != hindrance::none) return hindered(wait, options);
    const std::string target = host_.origin();
    if (!answer.has_head()) {
      return not_sent(
          "the proxy opened no tunnel to " + target + ", nothing was sent: " +
          (answer.fault().empty() ? "it ended the connection" : "its answer has " + answer.fault()));
    }
    if (answer.status() / 100 != 2) {
      auto cause =
          not_sent("the proxy answered " + std::to_string(answer.status()) +
                   " instead of opening a tunnel to " + target + ", nothing was sent: " +
                   (answer.status() == 407 ? "it wants a user and a password" : "check the proxy settings"));
      cause.retryable = is_retryable_status(answer.status());
      return cause;
    }
    if (!run.is_clean()) {
      return not_sent("the proxy sent something of its own into the tunnel to " + target +
                      ", nothing was sent: check the proxy settings");
    }
    return std::nullopt;
  }

  std::optional<error> shake_hands(io_wait& wait, const send_options& options) {
    if (!tls_->start(*stream_, host_.host)) return not_sent("no memory for a TLS connection to " + peer());
    while (true) {
      const io state = stream_->shake_hands();
      if (state == io::moved) return std::nullopt;
      if (state == io::wants_read || state == io::wants_write) {
        const bool read = state == io::wants_read;
        const auto ready = wait.until_ready(stream_->socket(), {.read = read, .write = !read});
        if (ready.read || ready.write) continue;
        return hindered(wait, options);
      }
      const auto refusal = tls_->refusal(stream_->tls(), host_.host);
      if (refusal.empty()) {
        return not_sent("no TLS connection to " + peer() +
                        " could be made, nothing was sent: " + "does it speak TLS 1.2 or newer there?");
      }
      auto cause =
          not_sent("the certificate of " + host_.origin() + " was refused, nothing was sent: " + refusal);
      cause.retryable = false;
      return cause;
    }
  }

  static error not_sent(std::string message) {
    return {.category = error_category::transport, .message = std::move(message), .retryable = true};
  }

  error failure(const http1::answer_reader& answer, const io_wait& wait, const send_options& options) const {
    if (wait.hindered() != hindrance::none) return hindered(wait, options);
    if (answer.fault().empty()) {
      return not_sent("the connection to " + host_.origin() + " ended before a whole answer had come");
    }
    error cause = not_sent("the answer has " + answer.fault() + ": " + host_.origin() + " sent it");
    if (!answer.is_foreign()) cause.category = error_category::protocol;
    cause.retryable = answer.is_foreign();
    return cause;
  }

  error hindered(const io_wait& wait, const send_options& options) const {
    const std::string target = host_.origin();
    error cause{.category = error_category::timeout, .retryable = true};
    switch (wait.hindered()) {
      case hindrance::stopped:
        cause.category = error_category::cancelled;
        cause.message = "the call to " + target + " was cancelled";
        cause.retryable = false;
        break;
      case hindrance::connect_timeout:
        cause.message = "no connection to " + peer() + " stood within " +
                        std::to_string(options.connect_timeout.count()) +
                        " ms: check the host, the network and the firewall";
        break;
      case hindrance::silence:
        cause.message = target + " was silent for " + std::to_string(options.read_timeout.count()) + " ms";
        break;
      default: cause.message = "no whole answer came from " + target + " before the call's deadline";
    }
    return cause;
  }

  url host_;
  const proxy_options* proxy_;
  const tls_context* tls_;
  std::optional<wake_up> waker_;
  std::optional<stream> stream_;
  steady_time idle_since_{};
  bool reusable_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
