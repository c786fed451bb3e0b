#ifndef T3API_SANDBOX_HTTP_OPTIONS_HPP
#define T3API_SANDBOX_HTTP_OPTIONS_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <t3api/sandbox/handler.hpp>
#include <t3api/sandbox/http/certificate.hpp>
#include <t3api/sandbox/input.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Where and how an `http_server` listens, and how much it takes from its peers. All members have defaults.
struct http_server_options {
  std::string host = "127.0.0.1";    ///< Address or name of this machine to listen on.
  std::uint16_t port = 0;            ///< 0 takes any free port.
  std::optional<certificate> tls{};  ///< Serves HTTPS with it, TLS 1.2 or newer.
  std::string client_authorities{};  ///< PEM; with TLS, only clients with a certificate of these may come in.

  /// Connections served at once; each takes a thread while it is open. When all are taken, a new one takes
  /// the place of the one that has waited longest for its peer, and gets 503 when none waits.
  std::size_t max_connections = 256;
  /// Of a request; more gets 413. Below /v2/auth/ and /sandbox/ 16 KiB at most.
  std::size_t max_body_bytes = sandbox::max_body_bytes;
  /// What all requests together may take for their bodies and the JSON in them, but for the first 32 KiB of
  /// each. A request that would take more gets 503. One of 1 MiB with 100,000 JSON values takes 15 MiB.
  std::size_t max_memory_bytes = std::size_t{16} << 20U;
  /// How long a connection may stay open between two requests.
  std::chrono::milliseconds idle_timeout{std::chrono::seconds(5)};

  std::size_t max_head_bytes = 64 * 1024;  ///< Request line and header fields together; more gets 431.
  std::size_t max_line_bytes = 8 * 1024;   ///< A header field; more gets 431. The request line: 414.
  std::size_t max_fields = 100;            ///< Header fields; more get 431.
  /// How long a TLS handshake, the head of a request from its first byte on, and a pause within a body or
  /// within the taking of an answer may last. A late head or body gets 408.
  std::chrono::milliseconds head_timeout{std::chrono::seconds(10)};
  /// How long a request may take from its first byte to its last, and an answer as well.
  std::chrono::milliseconds request_timeout{std::chrono::seconds(60)};

  /// IP address of a proxy in front, in any spelling. For what comes from there, the last address in
  /// X-Forwarded-For is the caller's; from others that header counts for nothing.
  std::string proxy_address{};

  /// Called for each answer of the server's own, to what never reaches the handler (400, 405, 408, 413, 414,
  /// 415, 431, 501, 503) or makes it throw (500), before it is sent: for an access log. It is called from
  /// many threads at once, must not take long, and what it throws is lost.
  std::function<void(const caller& from, int status)> on_refused{};
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
