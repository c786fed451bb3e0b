#ifndef T3API_TRANSPORT_TLS_TRUST_HPP
#define T3API_TRANSPORT_TLS_TRUST_HPP

#include <algorithm>
#include <memory>
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

namespace t3api::inline v0_1_0::detail {

struct x509_store_free {
  void operator()(X509_STORE* store) const noexcept { X509_STORE_free(store); }
};

/// The authorities that a client trusts; read once, shared by all of its connections.
class tls_trust {
 public:
  /// Reads what the options name, or the system's store. An `argument` error when it cannot be read.
  static result<std::shared_ptr<const tls_trust>> load(const tls_options& options) {
    auto trust = std::make_shared<tls_trust>();
    X509_STORE* store = trust->store_.get();
    ERR_clear_error();
    if (!options.ca_file.empty() && X509_STORE_load_file(store, options.ca_file.c_str()) != 1) {
      return unreadable("the CA file '" + options.ca_file + "'");
    }
    if (!options.ca_directory.empty() && X509_STORE_load_path(store, options.ca_directory.c_str()) != 1) {
      return unreadable("the CA folder '" + options.ca_directory + "'");
    }
    if (!options.ca_pem.empty() && !add_pem(store, options.ca_pem))
      return unreadable("the text of tls_options::ca_pem");
    if (options.ca_file.empty() && options.ca_directory.empty() && options.ca_pem.empty()) {
#ifdef _WIN32
      X509_STORE_load_store(store, "org.openssl.winstore://");
#else
      X509_STORE_set_default_paths(store);
#endif
    }
    ERR_clear_error();
    return std::shared_ptr<const tls_trust>(std::move(trust));
  }

  X509_STORE* store() const noexcept { return store_.get(); }

 private:
  static result<std::shared_ptr<const tls_trust>> unreadable(const std::string& what) {
    ERR_clear_error();
    return argument_error(what + " cannot be read or holds no certificate in PEM form");
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

  std::unique_ptr<X509_STORE, x509_store_free> store_{X509_STORE_new()};
};

/// The verification of one connection's certificate: by our own store, TLS server purpose, and the host's
/// name or address among the subject alternative names only. It replaces the chain check that OpenSSL runs in
/// the handshake, so that it does not depend on what the HTTP library put into the context.
class tls_verification {
 public:
  tls_verification(std::shared_ptr<const tls_trust> trust, std::string host)
      : trust_(std::move(trust)), host_(std::move(host)) {}

  /// Makes `context` use this object, which must outlive it.
  void install(SSL_CTX* context) {
    SSL_CTX_set_cert_verify_callback(context, &tls_verification::verify_handshake, this);
  }

  /// Why the certificate was refused; empty when it was not.
  std::string refusal() const {
    if (code_ == X509_V_OK) return {};
    if (code_ == X509_V_ERR_HOSTNAME_MISMATCH || code_ == X509_V_ERR_IP_ADDRESS_MISMATCH) {
      return "it is not made out to '" + host_ + "'";
    }
    return X509_verify_cert_error_string(code_);
  }

 private:
  static int verify_handshake(X509_STORE_CTX* handshake, void* self) {
    auto& verification = *static_cast<tls_verification*>(self);
    const auto* session =
        static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(handshake, SSL_get_ex_data_X509_STORE_CTX_idx()));
    verification.code_ =
        verification.check_chain(X509_STORE_CTX_get0_cert(handshake),
                                 X509_STORE_CTX_get0_untrusted(handshake), SSL_get_security_level(session));
    X509_STORE_CTX_set_error(handshake, verification.code_);
    return verification.code_ == X509_V_OK ? 1 : 0;
  }

  int check_chain(X509* certificate, STACK_OF(X509) * intermediates, int security_level) const {
    const std::unique_ptr<X509_STORE_CTX, void (*)(X509_STORE_CTX*)> context(X509_STORE_CTX_new(),
                                                                             X509_STORE_CTX_free);
    if (!context || X509_STORE_CTX_init(context.get(), trust_->store(), certificate, intermediates) != 1) {
      return X509_V_ERR_UNSPECIFIED;
    }
    X509_STORE_CTX_set_default(context.get(), "ssl_server");
    X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_auth_level(rules, security_level);
    X509_VERIFY_PARAM_set_hostflags(
        rules, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (X509_VERIFY_PARAM_set1_ip_asc(rules, host_.c_str()) != 1 &&
        X509_VERIFY_PARAM_set1_host(rules, host_.c_str(), host_.size()) != 1) {
      return X509_V_ERR_UNSPECIFIED;
    }
    if (X509_verify_cert(context.get()) == 1) return X509_V_OK;
    const int code = X509_STORE_CTX_get_error(context.get());
    return code == X509_V_OK ? X509_V_ERR_UNSPECIFIED : code;
  }

  std::shared_ptr<const tls_trust> trust_;
  std::string host_;
  int code_ = X509_V_OK;
};

/// Loads the client certificate that the options name, if any. An error when file, key or pass phrase do not
/// fit.
inline std::optional<error> load_client_certificate(SSL_CTX* context, const tls_options& options) {
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
                        "' cannot be used: check that both are readable PEM files, belong together, and that "
                        "the pass phrase is right");
}

}  // namespace t3api::inline v0_1_0::detail

#endif
