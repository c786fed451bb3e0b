#ifndef T3API_SANDBOX_HTTP_TLS_CONTEXT_HPP
#define T3API_SANDBOX_HTTP_TLS_CONTEXT_HPP

#include <memory>

#include <openssl/ssl.h>

#include <t3api/sandbox/http/certificate.hpp>
#include <t3api/sandbox/http/options.hpp>

namespace t3api::inline v0_1_0::sandbox {

using tls_context = std::unique_ptr<SSL_CTX, certificate_detail::freed_by<&SSL_CTX_free>>;

/// What the TLS connections of a server share; null for a server without TLS. Throws std::invalid_argument
/// when a certificate cannot be used.
inline tls_context make_tls_context(const http_server_options& options) {
  if (!options.tls) return nullptr;
  tls_context made(SSL_CTX_new(TLS_server_method()));
  certificate_detail::demand(made != nullptr, "make a TLS context");
  use_certificate(made.get(), *options.tls);
  if (!options.client_authorities.empty()) {
    require_client_certificate(made.get(), options.client_authorities);
    // Sessions that are taken up again would need a name that tells servers apart.
    SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(made.get(), SSL_OP_NO_TICKET);
  }
  return made;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
