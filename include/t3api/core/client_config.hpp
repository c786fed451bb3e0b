#ifndef T3API_CORE_CLIENT_CONFIG_HPP
#define T3API_CORE_CLIENT_CONFIG_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <t3api/core/call_executor.hpp>
#include <t3api/core/clock.hpp>
#include <t3api/core/headers.hpp>
#include <t3api/core/logging_hooks.hpp>
#include <t3api/core/secret.hpp>

namespace t3api::inline v0_1_0 {

/// T3's production service.
inline constexpr const char* default_host = "https://api.trackandtrace.tools";

/// Whom to trust and who to be over https. TLS 1.2 or newer always; the name is checked against the
/// certificate's subject alternative names, never its common name (RFC 9525).
struct tls_options {
  std::string ca_file{};       ///< PEM file of the trusted authorities, in place of the system's store.
  std::string ca_directory{};  ///< Folder of hashed PEM files, in place of the system's store.
  std::string ca_pem{};        ///< PEM text of the trusted authorities, in place of the system's store.
  std::string client_certificate_file{};  ///< PEM chain to show to the service.
  std::string client_key_file{};          ///< PEM private key of that certificate.
  secret client_key_password{};           ///< Pass phrase of that key.
  /// Accepts any certificate from anyone: whoever sits in between reads every password. For experiments only.
  bool dangerously_accept_any_certificate = false;
};

/// An HTTP proxy; https goes through it as a tunnel (CONNECT).
struct proxy_options {
  std::string host{};         ///< Name or address, without a scheme.
  std::uint16_t port = 3128;  ///< Of the proxy.
  std::string username{};     ///< Empty for a proxy that asks for none.
  secret password{};          ///< Sent to the proxy alone.
};

/// How many requests a client sends at most. T3 itself allows 600 a minute and user.
struct rate_limit {
  double per_second = 10;  ///< 0.001 to 1,000,000.
  int burst = 10;          ///< How many may go at once after a quiet time: 1 to 1,000,000.
};

/// Settings of a client. All have defaults, so `client_config{.host = "…"}` is fine.
struct client_config {
  std::string host = default_host;                                       ///< `https://host[:port][/path]`.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);          ///< Total deadline of a call.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);  ///< Name, TCP and TLS together.
  std::chrono::milliseconds read_timeout = std::chrono::seconds(30);  ///< The longest silence of the service.
  std::size_t max_header_bytes = 256U << 10U;                         ///< Of an answer.
  std::size_t max_body_bytes = 64U << 20U;                            ///< Of an answer, after decompression.
  t3api::headers headers{};                                           ///< Sent with every request.
  std::string user_agent{};                                           ///< Default: `t3api/<version>`.
  tls_options tls{};                                                  ///< Whom to trust over https.
  std::optional<proxy_options> proxy{};  ///< Default: none; the environment's is not read.
  /// Lets credentials travel unencrypted to a host that is not this machine.
  bool dangerously_allow_plain_http = false;
  std::optional<t3api::rate_limit> rate_limit{};  ///< Requests above it wait. Default: none.
  /// Hooks run inside a call, perhaps inside its login: they must not make calls with the same client, which
  /// could wait for themselves.
  logging_hooks logging{};
  /// Runs asynchronous calls. Default: threads of the client's own. One that throws has not taken the call,
  /// which ends with a `transport` error at once, on the caller's thread; one that drops a job drops the
  /// call: its future throws std::future_error (`broken_promise`), its callable is destroyed uncalled.
  call_executor executor{};
  std::size_t async_threads = 4;          ///< The most threads of its own for asynchronous calls.
  std::size_t batch_size = 4;             ///< Pages of a collection that `load_all` asks for at once.
  std::shared_ptr<t3api::clock> clock{};  ///< Default: the machine's clocks.
};

}  // namespace t3api::inline v0_1_0

#endif
