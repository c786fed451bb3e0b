#ifndef T3API_TRANSPORT_TLS_HPP
#define T3API_TRANSPORT_TLS_HPP

#include <t3api/detail/require_openssl.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <t3api/core/client_config.hpp>
#include <t3api/core/result.hpp>
#include <t3api/native/socket.hpp>
#include <t3api/transport/stream.hpp>

namespace t3api::inline v0_1_0::detail {

/// The TLS settings of a client, read once and used for all of its connections: TLS 1.2 or newer, the
/// authorities it trusts, and the certificate that it shows.
class tls_context {
 public:
  /// An `argument` error when something that the options name cannot be used.
  static result<std::unique_ptr<tls_context>> make(const tls_options& options) {
    std::unique_ptr<tls_context> made(new tls_context);
    ERR_clear_error();
    if (!made->context_ || !made->method_) {
      return error{.category = error_category::transport,
                   .message = "OpenSSL could not set up TLS: check its configuration"};
    }
    SSL_CTX* context = made->context_.get();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    made->accepts_any_ = options.dangerously_accept_any_certificate;
    if (!made->accepts_any_) {
      if (auto failure = load_authorities(SSL_CTX_get_cert_store(context), options))
        return *std::move(failure);
    }
    if (auto failure = load_client_certificate(context, options)) return *std::move(failure);
    ERR_clear_error();
    return made;
  }

  /// Puts a session with `host` on the stream: its certificate must be made out to that name or address among
  /// its subject alternative names (RFC 9525); an address is not told to the server (RFC 6066 section 3).
  /// False for lack of memory.
  bool start(stream& over, const std::string& host) const {
    SSL* session = SSL_new(context_.get());
    if (session == nullptr || !over.start_tls(session, method_.get())) return false;
    if (!is_address(host)) SSL_set_tlsext_host_name(session, host.c_str());
    if (accepts_any_) return true;
    SSL_set_verify(session, SSL_VERIFY_PEER, nullptr);
    SSL_set_hostflags(session, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return is_address(host) ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str()) == 1
                            : SSL_set1_host(session, host.c_str()) == 1;
  }

  /// Why the peer's certificate was refused; empty when it was not.
  std::string refusal(const SSL* session, const std::string& host) const {
    const long code = SSL_get_verify_result(session);
    if (accepts_any_ || code == X509_V_OK) return {};
    if (code == X509_V_ERR_HOSTNAME_MISMATCH || code == X509_V_ERR_IP_ADDRESS_MISMATCH) {
      return "it is not made out to '" + host + "'";
    }
    return X509_verify_cert_error_string(code);
  }

 private:
  struct freeing {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    void operator()(BIO_METHOD* method) const noexcept { BIO_meth_free(method); }
  };

  tls_context() : context_(SSL_CTX_new(TLS_client_method())), method_(stream::make_bio_method()) {}

  static std::optional<error> load_authorities(X509_STORE* store, const tls_options& options) {
    const auto unreadable = [](const std::string& what) {
      ERR_clear_error();
      return argument_error(what + " cannot be read or holds no certificate in PEM form");
    };
    if (!options.ca_file.empty() && X509_STORE_load_file(store, options.ca_file.c_str()) != 1) {
      return unreadable("the CA file '" + options.ca_file + "'");
    }
    if (!options.ca_directory.empty() && X509_STORE_load_path(store, options.ca_directory.c_str()) != 1) {
      return unreadable("the CA folder '" + options.ca_directory + "'");
    }
    if (!options.ca_pem.empty() && !add_pem(store, options.ca_pem)) {
      return unreadable("the text of tls_options::ca_pem");
    }
    if (options.ca_file.empty() && options.ca_directory.empty() && options.ca_pem.empty()) {
#ifdef _WIN32
      X509_STORE_load_store(store, "org.openssl.winstore://");
#else
      X509_STORE_set_default_paths(store);
#endif
    } else {
      // Whoever is named is trusted, and need not be a root: an issuing authority alone will do.
      X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    }
    return std::nullopt;
  }

  static bool add_pem(X509_STORE* store, const std::string& pem) {
    const std::unique_ptr<BIO, int (*)(BIO*)> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                   BIO_free);
    bool any = false;
    while (X509* certificate = PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)) {
      any = X509_STORE_add_cert(store, certificate) == 1 || any;
      X509_free(certificate);
    }
    return any;
  }

  /// Loads the client certificate that the options name, if any.
  static std::optional<error> load_client_certificate(SSL_CTX* context, const tls_options& options) {
    if (options.client_certificate_file.empty()) return std::nullopt;
    const std::string& key =
        options.client_key_file.empty() ? options.client_certificate_file : options.client_key_file;
    SSL_CTX_set_default_passwd_cb_userdata(context, const_cast<secret*>(&options.client_key_password));
    SSL_CTX_set_default_passwd_cb(context, [](char* buffer, int size, int, void* data) -> int {
      const auto password = static_cast<const secret*>(data)->reveal();
      if (password.size() > static_cast<std::size_t>(size)) return -1;
      std::copy(password.begin(), password.end(), buffer);
      return static_cast<int>(password.size());
    });
    const bool loaded =
        SSL_CTX_use_certificate_chain_file(context, options.client_certificate_file.c_str()) == 1 &&
        SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_check_private_key(context) == 1;
    SSL_CTX_set_default_passwd_cb(context, nullptr);
    SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
    ERR_clear_error();
    if (loaded) return std::nullopt;
    return argument_error("the client certificate '" + options.client_certificate_file + "' and its key '" +
                          key +
                          "' cannot be used: check that both are readable PEM files, belong together, and "
                          "that the pass phrase is right");
  }

  std::unique_ptr<SSL_CTX, freeing> context_;
  std::unique_ptr<BIO_METHOD, freeing> method_;
  bool accepts_any_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
