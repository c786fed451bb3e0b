#ifndef T3API_TRANSPORT_HTTPLIB_CONNECTION_HPP
#define T3API_TRANSPORT_HTTPLIB_CONNECTION_HPP

#include <t3api/detail/httplib.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <t3api/core/client_config.hpp>
#include <t3api/core/send_options.hpp>
#include <t3api/core/service_error.hpp>
#include <t3api/native/socket.hpp>
#include <t3api/transport/concept.hpp>
#include <t3api/transport/reception.hpp>
#include <t3api/transport/tls_trust.hpp>
#include <t3api/transport/watchdog.hpp>

namespace t3api::inline v0_1_0::detail {

/// The SSL context behind a cpp-httplib client; its accessor changed its name between versions.
template <class Client>
SSL_CTX* native_tls_context(Client& client) {
  if constexpr (requires { client.tls_context(); }) {
    return static_cast<SSL_CTX*>(client.tls_context());
  } else {
    return client.ssl_context();
  }
}

/// Has cpp-httplib send paths as they are; its setter changed its name between versions.
template <class Client>
void send_paths_as_given(Client& client) {
  if constexpr (requires { client.set_path_encode(false); }) {
    client.set_path_encode(false);
  } else {
    client.set_url_encode(false);
  }
}

/// Whether a failure with this code came before the request was sent.
template <class Code>
bool failed_before_sending(Code code) {
  if constexpr (requires { Code::ProxyConnection; }) {
    if (code == Code::ProxyConnection) return true;
  }
  return code == Code::Connection || code == Code::BindIPAddress || code == Code::SSLConnection ||
         code == Code::SSLLoadingCerts || code == Code::SSLServerVerification ||
         code == Code::ConnectionTimeout;
}

/// What a connection needs to know beside the request.
struct connection_target {
  url host;
  std::string address;  ///< Of the host, or of the proxy when there is one; in digits.
  std::chrono::milliseconds connect_timeout;
  std::optional<steady_time> connect_deadline;
};

/// One keep-alive connection: a cpp-httplib client that never opens a second socket, and what it lacks in
/// front of it.
class httplib_connection {
 public:
  /// An `argument` error when the TLS settings cannot be used.
  static result<std::unique_ptr<httplib_connection>> make(connection_target target,
                                                          const client_config& config,
                                                          const std::shared_ptr<const tls_trust>& trust,
                                                          watchdog& guard) {
    auto made = std::unique_ptr<httplib_connection>(new httplib_connection(std::move(target), config, guard));
    if (made->target_.host.secure) {
      if (auto failure = made->make_tls_client(config, trust)) return *std::move(failure);
    } else {
      made->http_ = std::make_unique<httplib::ClientImpl>(made->target_.host.host, made->target_.host.port);
    }
    made->set_up(config);
    return made;
  }

  /// Says farewell to the peer, who may be gone.
  ~httplib_connection() {
    sigpipe_guard no_sigpipe;
    http_.reset();
    no_sigpipe.write_may_have_failed();
  }
  httplib_connection(const httplib_connection&) = delete;
  httplib_connection& operator=(const httplib_connection&) = delete;

  /// Sends the request and receives the answer. `reusable()` tells afterwards whether another may follow.
  outcome exchange(const request& message, const send_options& options) {
    reusable_ = false;
    sockets_made_ = 0;
    farewell_received_ = false;
    watched_->begin(options, used_ ? std::nullopt : target_.connect_deadline);
    const watchdog::visit visit(guard_);
    http_->set_connection_timeout(target_.connect_timeout);
    http_->set_read_timeout(options.read_timeout);
    http_->set_write_timeout(options.read_timeout);

    httplib::Request wire = to_wire(message);
    reception incoming(options.max_body_bytes, understands_gzip);
    attach_reception(wire, incoming);
    httplib::Response head;
    httplib::Error code{};
    bool received = false;
    const auto started = std::chrono::steady_clock::now();
    {
      sigpipe_guard no_sigpipe;
      try {
        received = http_->send(wire, head, code);
      } catch (const socket_refused& refused) {
        code = refused.code;
      }
      if (received && !incoming.has_headers()) incoming.take_headers(head.status, received_headers(head));
      reusable_ = received && head.version == "HTTP/1.1" && !incoming.closes_connection();
      // What a TLS record holds behind the answer would be taken for the next one.
      if (reusable_ && session_ != nullptr && SSL_has_pending(session_) == 1) reusable_ = false;
      if (!reusable_) no_sigpipe.write_may_have_failed();
    }
    const auto interrupted = watched_->end();
    used_ = true;
    if (received && target_.host.secure && session_ == nullptr) return refused_by_proxy(head.status);
    // Over TLS an answer that ends with the connection is whole only if the peer said farewell (RFC 8446
    // section 6.1): an attacker can cut a connection but cannot forge that.
    const bool may_be_cut = target_.host.secure && message.method != method::head &&
                            incoming.ends_with_connection() && !farewell_received_;
    if (!received || interrupted != interruption::none || may_be_cut || !incoming.fault().empty()) {
      reusable_ = false;
      const auto silence = std::chrono::steady_clock::now() - (std::max)(started, incoming.last_progress());
      return failure(code, interrupted, incoming, silence >= options.read_timeout, options);
    }
    idle_since_ = std::chrono::steady_clock::now();
    return incoming.take_answer();
  }

  bool reusable() const noexcept { return reusable_; }

  /// Whether the last failure came before the TCP connection stood, so that another address may be tried.
  bool never_connected() const noexcept { return never_connected_; }

  /// Whether the peer has neither closed nor sent anything since the last answer.
  bool is_quiet() const { return watched_->is_quiet(); }

  const url& host() const noexcept { return target_.host; }
  steady_time idle_since() const noexcept { return idle_since_; }

 private:
  struct socket_refused {
    httplib::Error code;
  };

#ifdef CPPHTTPLIB_ZLIB_SUPPORT
  static constexpr bool understands_gzip = true;
#else
  static constexpr bool understands_gzip = false;
#endif

  httplib_connection(connection_target target, const client_config& config, watchdog& guard)
      : target_(std::move(target)),
        guard_(guard),
        watched_(guard.watch()),
        has_proxy_(config.proxy.has_value()) {}

  std::optional<error> make_tls_client(const client_config& config,
                                       const std::shared_ptr<const tls_trust>& trust) {
    auto client = std::make_unique<httplib::SSLClient>(target_.host.host, target_.host.port);
    if (!client->is_valid()) {
      return error{.category = error_category::transport,
                   .message = "OpenSSL could not set up TLS: check its configuration"};
    }
    SSL_CTX* context = native_tls_context(*client);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    if (auto failure = load_client_certificate(context, config.tls)) return failure;
    SSL_CTX_set_app_data(context, this);
    SSL_CTX_set_info_callback(context, [](const SSL* session, int event, int detail) {
      auto& self = *static_cast<httplib_connection*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)));
      if ((event & SSL_CB_HANDSHAKE_DONE) != 0) {
        self.session_ = session;
        self.watched_->connected();
      }
      const bool alert_received = (event & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT;
      if (alert_received && (detail & 0xFF) == SSL_AD_CLOSE_NOTIFY) self.farewell_received_ = true;
    });
    if (config.tls.dangerously_accept_any_certificate) {
      client->enable_server_certificate_verification(false);
    } else {
      verification_ = std::make_unique<tls_verification>(trust, target_.host.host);
      verification_->install(context);
      // cpp-httplib would read the system's authorities anew for every connection. A folder to look them up
      // in keeps it from that; nothing is ever looked up there, since the check above takes the place of
      // OpenSSL's.
      client->set_ca_cert_path("", "/");
      client->enable_server_certificate_verification(true);
    }
    http_ = std::move(client);
    return std::nullopt;
  }

  void set_up(const client_config& config) {
    http_->set_keep_alive(true);
    http_->set_follow_location(false);
    http_->set_tcp_nodelay(true);
    http_->set_decompress(true);
    send_paths_as_given(*http_);
    if (config.proxy) {
      http_->set_proxy(target_.address, config.proxy->port);
      if (!config.proxy->username.empty()) {
        http_->set_proxy_basic_auth(config.proxy->username, std::string(config.proxy->password.reveal()));
        hide_proxy_credentials_ = target_.host.secure;
      }
    } else if (target_.address != target_.host.host) {
      http_->set_hostname_addr_map({{target_.host.host, target_.address}});
    }
    // Newer versions of cpp-httplib connect and send again by themselves when a TLS peer closes. That could
    // send a write twice, so a second socket within one exchange is refused.
    http_->set_socket_options([this](native_socket socket) {
      const bool first = ++sockets_made_ == 1;
      if (first && watched_->attach(socket)) return;
      close_native(socket);
      throw socket_refused{first ? httplib::Error::Connection : httplib::Error::Read};
    });
  }

  httplib::Request to_wire(const request& message) const {
    httplib::Request wire;
    wire.method = to_string(message.method);
    wire.path = request_target(message, target_.host.base_path);
    for (const auto& [name, value] : message.headers) wire.headers.emplace(name, value);
    if (hide_proxy_credentials_) wire.headers.emplace("Proxy-Authorization", "");
    if (understands_gzip) wire.headers.emplace("Accept-Encoding", "gzip");
    if (!message.body.empty()) {
      wire.content_length_ = message.body.size();
      wire.content_provider_ = [&body = message.body](std::size_t offset, std::size_t length,
                                                      httplib::DataSink& sink) {
        return sink.write(body.data() + offset, length);
      };
    }
    return wire;
  }

  void attach_reception(httplib::Request& wire, reception& incoming) {
    wire.response_handler = [this, &incoming](const httplib::Response& head) {
      watched_->headers_complete();
      return incoming.take_headers(head.status, received_headers(head));
    };
    wire.content_receiver = [&incoming](const char* data, std::size_t size, auto&&...) {
      return incoming.take_body(data, size);
    };
  }

  static headers received_headers(const httplib::Response& head) {
    headers fields;
    fields.reserve(head.headers.size());
    for (const auto& [name, value] : head.headers) fields.add_received(name, value);
    return fields;
  }

  /// Some versions of cpp-httplib pass on what a proxy says to CONNECT as if the service had said it.
  outcome refused_by_proxy(int status) {
    reusable_ = false;
    return error{.category = error_category::transport,
                 .message = "the proxy answered " + std::to_string(status) +
                            " instead of opening a tunnel to " + target_.host.origin() +
                            ", nothing was sent: check the proxy settings",
                 .retryable = is_retryable_status(status)};
  }

  outcome failure(httplib::Error code, interruption why, const reception& incoming, bool silent,
                  const send_options& options) {
    error cause;
    cause.status = incoming.answer().status;
    cause.sent = !failed_before_sending(code);
    never_connected_ = code == httplib::Error::Connection || code == httplib::Error::ConnectionTimeout;
    cause.retryable = true;
    const std::string peer = target_.host.origin();
    const std::string refusal = verification_ ? verification_->refusal() : std::string();
    if (why == interruption::stopped) {
      cause.category = error_category::cancelled;
      cause.message = "the call to " + peer + " was cancelled";
      cause.retryable = false;
    } else if (why == interruption::deadline) {
      cause.category = error_category::timeout;
      cause.message = "no whole answer came from " + peer + " before the call's deadline";
    } else if (why == interruption::connect_deadline || code == httplib::Error::ConnectionTimeout) {
      cause.category = error_category::timeout;
      cause.message = "no connection to " + peer + " stood within " +
                      std::to_string(options.connect_timeout.count()) +
                      " ms: check the host, the network and the firewall";
    } else if (why == interruption::headers_too_large) {
      cause.category = error_category::protocol;
      cause.message = "the headers of the answer from " + peer + " are larger than the limit of " +
                      std::to_string(options.max_header_bytes) + " bytes (client_config::max_header_bytes)";
      cause.retryable = false;
    } else if (!incoming.fault().empty()) {
      cause.category = error_category::protocol;
      cause.message = incoming.fault() + ": " + peer + " sent it";
      cause.retryable = false;
    } else if (!refusal.empty()) {
      cause.message = "the certificate of " + peer + " was refused, nothing was sent: " + refusal;
      cause.retryable = false;
    } else if (silent && cause.sent) {
      cause.category = error_category::timeout;
      cause.message = peer + " was silent for " + std::to_string(options.read_timeout.count()) + " ms";
    } else if (code == httplib::Error::SSLConnection || code == httplib::Error::SSLServerVerification) {
      cause.message = "no TLS connection to " + peer + " could be made, nothing was sent: " +
                      (has_proxy_ ? "did the proxy open a tunnel?" : "does it speak TLS 1.2 or newer there?");
    } else if (!cause.sent) {
      cause.message = "no connection to " + peer + (has_proxy_ ? " through the proxy" : "") +
                      " could be made: check the host, the port and the network";
    } else {
      cause.message = "the connection to " + peer + " ended before a whole answer had come";
    }
    return cause;
  }

  connection_target target_;
  watchdog& guard_;
  std::shared_ptr<watched_connection> watched_;
  std::unique_ptr<tls_verification> verification_;
  std::unique_ptr<httplib::ClientImpl> http_;
  const SSL* session_ = nullptr;  ///< Of http_, once the handshake is done.
  steady_time idle_since_{};
  int sockets_made_ = 0;
  bool has_proxy_ = false;
  bool hide_proxy_credentials_ = false;
  bool farewell_received_ = false;
  bool used_ = false;
  bool reusable_ = false;
  bool never_connected_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
