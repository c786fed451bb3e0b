#ifndef T3API_SANDBOX_HTTP_CERTIFICATE_HPP
#define T3API_SANDBOX_HTTP_CERTIFICATE_HPP

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <t3api/core/clock.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// A certificate and its private key, as PEM text. The certificate may be followed by the chain that vouches
/// for it.
struct certificate {
  std::string certificate_pem{};  ///< The certificate first.
  std::string key_pem{};          ///< Unencrypted.
};

/// What `make_certificate` makes; as it stands, a self-signed server certificate for this machine.
struct certificate_request {
  std::string common_name = "t3api sandbox";           ///< For people: clients look at the names below.
  std::vector<std::string> dns_names = {"localhost"};  ///< Names that it is good for.
  std::vector<std::string> ip_addresses = {"127.0.0.1", "::1"};  ///< Addresses that it is good for.
  wall_time not_before = std::chrono::system_clock::now() - std::chrono::hours(1);       ///< Good from here,
  wall_time not_after = std::chrono::system_clock::now() + std::chrono::hours(24 * 30);  ///< to here.
  bool is_authority = false;            ///< It may sign others.
  bool client_auth = false;             ///< It identifies a client, not a server.
  std::optional<certificate> issuer{};  ///< Who signs it; itself when there is none.
};

namespace certificate_detail {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using bio_ptr = std::unique_ptr<BIO, freed_by<&BIO_free_all>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<&EVP_PKEY_free>>;
using x509_ptr = std::unique_ptr<X509, freed_by<&X509_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed_by<&X509_EXTENSION_free>>;

inline void demand(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL could not ") + what);
}

inline bio_ptr reader(const std::string& pem) {
  return bio_ptr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

/// Never asks a terminal for a pass phrase.
inline int no_pass_phrase(char*, int, int, void*) { return -1; }

inline key_ptr read_key(const std::string& pem) {
  key_ptr key(PEM_read_bio_PrivateKey(reader(pem).get(), nullptr, &no_pass_phrase, nullptr));
  if (!key) throw std::invalid_argument("the private key is not PEM, or is encrypted: give it unencrypted");
  return key;
}

/// The first certificate in the text and the rest of its chain.
inline std::vector<x509_ptr> read_chain(const std::string& pem) {
  std::vector<x509_ptr> chain;
  const auto source = reader(pem);
  while (x509_ptr next{PEM_read_bio_X509(source.get(), nullptr, &no_pass_phrase, nullptr)})
    chain.push_back(std::move(next));
  ERR_clear_error();
  if (chain.empty())
    throw std::invalid_argument("the certificate is not PEM: it must hold BEGIN CERTIFICATE");
  return chain;
}

template <class Write>
std::string to_pem(Write write) {
  const bio_ptr out(BIO_new(BIO_s_mem()));
  demand(out && write(out.get()) == 1, "write PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

inline void add_extension(X509* subject, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, subject, nullptr, nullptr, 0);
  const extension_ptr extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  if (!extension) {
    throw std::invalid_argument("the certificate cannot hold '" + value + "': check the names and addresses");
  }
  demand(X509_add_ext(subject, extension.get(), -1) == 1, "add an extension to a certificate");
}

inline std::string alternative_names(const certificate_request& wanted) {
  std::string list;
  const auto add = [&](const char* kind, const std::string& name) {
    if (name.find(',') != name.npos) throw std::invalid_argument("a name of the certificate holds a comma");
    list += (list.empty() ? "" : ",") + std::string(kind) + name;
  };
  for (const auto& name : wanted.dns_names) add("DNS:", name);
  for (const auto& address : wanted.ip_addresses) add("IP:", address);
  return list;
}

}  // namespace certificate_detail

/// Makes a key on the curve P-256 and an X.509 certificate for it. Throws std::invalid_argument for names
/// that no certificate can hold or an issuer that cannot be read, std::runtime_error when OpenSSL fails.
inline certificate make_certificate(const certificate_request& wanted = {}) {
  using namespace certificate_detail;
  const key_ptr key(EVP_EC_gen("P-256"));
  const x509_ptr made(X509_new());
  demand(key && made, "make a key");
  X509* const cert = made.get();

  X509_set_version(cert, X509_VERSION_3);
  std::string serial(16, '\0');
  demand(RAND_bytes(reinterpret_cast<unsigned char*>(serial.data()), 16) == 1, "find random bytes");
  serial[0] = static_cast<char>((static_cast<unsigned char>(serial[0]) & 0x3FU) | 0x40U);
  const std::unique_ptr<BIGNUM, freed_by<&BN_free>> number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(serial.data()), 16, nullptr));
  demand(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(cert)) != nullptr,
         "number a certificate");
  ASN1_TIME_set(X509_getm_notBefore(cert), std::chrono::system_clock::to_time_t(wanted.not_before));
  ASN1_TIME_set(X509_getm_notAfter(cert), std::chrono::system_clock::to_time_t(wanted.not_after));
  demand(X509_set_pubkey(cert, key.get()) == 1, "put a key into a certificate");
  demand(X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(wanted.common_name.c_str()), -1,
                                    -1, 0) == 1,
         "name a certificate: is its common name 1 to 64 characters of UTF-8?");

  auto issuers = wanted.issuer ? read_chain(wanted.issuer->certificate_pem) : std::vector<x509_ptr>();
  const key_ptr issuer_key = wanted.issuer ? read_key(wanted.issuer->key_pem) : nullptr;
  X509* const issuer = issuers.empty() ? cert : issuers.front().get();
  X509_set_issuer_name(cert, X509_get_subject_name(issuer));

  add_extension(cert, issuer, NID_basic_constraints,
                wanted.is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add_extension(
      cert, issuer, NID_key_usage,
      wanted.is_authority ? "critical,keyCertSign,cRLSign,digitalSignature" : "critical,digitalSignature");
  if (!wanted.is_authority)
    add_extension(cert, issuer, NID_ext_key_usage, wanted.client_auth ? "clientAuth" : "serverAuth");
  add_extension(cert, issuer, NID_subject_key_identifier, "hash");
  if (wanted.issuer) add_extension(cert, issuer, NID_authority_key_identifier, "keyid:always");
  if (const auto names = alternative_names(wanted); !names.empty()) {
    add_extension(cert, issuer, NID_subject_alt_name, names);
  }
  demand(X509_sign(cert, issuer_key ? issuer_key.get() : key.get(), EVP_sha256()) > 0, "sign a certificate");
  return {.certificate_pem = to_pem([&](BIO* out) { return PEM_write_bio_X509(out, cert); }),
          .key_pem = to_pem([&](BIO* out) {
            return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

/// Makes a TLS server context show `shown` and speak TLS 1.2 or newer. Throws std::invalid_argument when
/// certificate or key cannot be read or do not belong together.
inline void use_certificate(SSL_CTX* context, const certificate& shown) {
  using namespace certificate_detail;
  const auto chain = read_chain(shown.certificate_pem);
  const auto key = read_key(shown.key_pem);
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    ERR_clear_error();
    throw std::invalid_argument(
        "the private key does not belong to the certificate: give the two that were made together");
  }
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  demand(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1, "demand TLS 1.2");
  demand(SSL_CTX_use_certificate(context, chain.front().get()) == 1, "use a certificate");
  for (auto link = chain.begin() + 1; link != chain.end(); ++link) {
    demand(SSL_CTX_add1_chain_cert(context, link->get()) == 1, "use a certificate's chain");
  }
  demand(SSL_CTX_use_PrivateKey(context, key.get()) == 1, "use a private key");
}

/// Makes a TLS server context refuse every client that shows no certificate of the authorities in
/// `authorities_pem`. Throws std::invalid_argument when they cannot be read.
inline void require_client_certificate(SSL_CTX* context, const std::string& authorities_pem) {
  using namespace certificate_detail;
  for (const auto& authority : read_chain(authorities_pem)) {
    demand(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) == 1, "trust an authority");
    demand(SSL_CTX_add_client_CA(context, authority.get()) == 1, "name an authority to clients");
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
