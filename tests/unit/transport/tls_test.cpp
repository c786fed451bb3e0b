#include <t3api/transport/httplib.hpp>

#include <doctest/doctest.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>

#include <t3api/sandbox/http/certificate.hpp>
#include <t3api/sandbox/http/server.hpp>

#include "tests/support/raw_server.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace t3api;
using namespace std::chrono_literals;
using sandbox::certificate;
using sandbox::certificate_request;
using sandbox::make_certificate;

namespace {

const certificate& authority() {
  static const certificate made = make_certificate({.common_name = "Test authority", .is_authority = true});
  return made;
}

/// An HTTPS server with the certificate under test; counts what got as far as a request.
class tls_server {
 public:
  explicit tls_server(certificate shown, std::string client_authorities = {})
      : server_(
            [this](const request&) {
              ++requests_;
              return response{.status = 200, .body = "{}"};
            },
            {.tls = std::move(shown), .client_authorities = std::move(client_authorities)}) {
    server_.start();
  }

  std::string url(const std::string& name) const {
    return "https://" + name + ":" + std::to_string(server_.port());
  }
  int requests() const { return requests_; }

 private:
  std::atomic<int> requests_ = 0;
  sandbox::http_server server_;
};

outcome get(const std::string& host, tls_options tls) {
  httplib_transport transport({.tls = std::move(tls)});
  const url where = parse_url(host).value();
  return transport.send({.path = "/", .headers = {{"Authorization", "Bearer canary"}}},
                        {.host = where, .deadline = std::chrono::steady_clock::now() + 20s, .stop = {}});
}

tls_options trusting(const certificate& root) { return {.ca_pem = root.certificate_pem}; }

}  // namespace

TEST_CASE("a certificate of a trusted authority for this host is accepted") {
  const tls_server server(
      make_certificate({.dns_names = {"localhost"}, .ip_addresses = {"127.0.0.1"}, .issuer = authority()}));
  CHECK(get(server.url("localhost"), trusting(authority())));
  CHECK(get(server.url("127.0.0.1"), trusting(authority())));
  CHECK(server.requests() == 2);
}

TEST_CASE("a certificate is refused, and nothing is sent, when it") {
  const auto now = std::chrono::system_clock::now();
  certificate_request wanted{.dns_names = {"localhost"}, .ip_addresses = {}, .issuer = authority()};
  tls_options tls = trusting(authority());
  std::string host = "localhost";
  std::string reason;
  SUBCASE("comes from an unknown authority") {
    wanted.issuer = make_certificate({.common_name = "Somebody else", .is_authority = true});
    reason = "certificate";
  }
  SUBCASE("is self-signed") {
    wanted.issuer.reset();
    reason = "self-signed";
  }
  SUBCASE("is not among those of the system") {
    tls = {};
    reason = "certificate";
  }
  SUBCASE("is for another host") {
    wanted.dns_names = {"example.com"};
    reason = "not made out to 'localhost'";
  }
  SUBCASE("names this host as its common name but another as its alternative name") {
    wanted.common_name = "localhost";
    wanted.dns_names = {"example.com"};
    reason = "not made out to 'localhost'";
  }
  SUBCASE("names this host as its common name only") {
    wanted.common_name = "localhost";
    wanted.dns_names = {};
    reason = "not made out to 'localhost'";
  }
  SUBCASE("is for the name and not for the address that was asked for") {
    host = "127.0.0.1";
    reason = "not made out to '127.0.0.1'";
  }
  SUBCASE("names the address as if it were a host name") {
    host = "127.0.0.1";
    wanted.dns_names = {"127.0.0.1"};
    reason = "not made out to '127.0.0.1'";
  }
  SUBCASE("has expired") {
    wanted.not_before = now - 48h;
    wanted.not_after = now - 24h;
    reason = "expired";
  }
  SUBCASE("is not valid yet") {
    wanted.not_before = now + 24h;
    wanted.not_after = now + 48h;
    reason = "not yet valid";
  }
  SUBCASE("is made for clients") {
    wanted.client_auth = true;
    reason = "purpose";
  }
  const tls_server server(make_certificate(wanted));
  const auto answer = get(server.url(host), tls);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().category == error_category::transport);
  CHECK_FALSE(answer.error().sent);
  CHECK_FALSE(answer.error().retryable);
  CAPTURE(answer.error().message);
  CHECK(answer.error().message.find(reason) != std::string::npos);
  CHECK(server.requests() == 0);

  CHECK(get(server.url(host), {.dangerously_accept_any_certificate = true}));
  CHECK(server.requests() == 1);
}

TEST_CASE("authorities come from text, a file or a folder") {
  const test::temporary_folder folder;
  const tls_server server(make_certificate({.dns_names = {"localhost"}, .issuer = authority()}));
  const auto file = folder.write("authority.pem", authority().certificate_pem);
  CHECK(get(server.url("localhost"), {.ca_file = file}));
  CHECK(get(server.url("localhost"), {.ca_pem = authority().certificate_pem}));

  BIO* text = BIO_new_mem_buf(authority().certificate_pem.data(),
                              static_cast<int>(authority().certificate_pem.size()));
  X509* root = PEM_read_bio_X509(text, nullptr, nullptr, nullptr);
  char hashed[32];
  std::snprintf(hashed, sizeof hashed, "%08lx.0",
                X509_NAME_hash_ex(X509_get_subject_name(root), nullptr, nullptr, nullptr));
  X509_free(root);
  BIO_free(text);
  folder.write(hashed, authority().certificate_pem);
  CHECK(get(server.url("localhost"), {.ca_directory = folder.path()}));
}

TEST_CASE("authorities that cannot be read are a bad argument") {
  for (const tls_options& tls :
       {tls_options{.ca_file = "/nonexistent/authority.pem"}, tls_options{.ca_pem = "no PEM"}}) {
    const auto answer = get("https://localhost:1", tls);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().category == error_category::argument);
  }
}

TEST_CASE("a service that wants a client certificate") {
  const test::temporary_folder folder;
  const tls_server server(make_certificate({.dns_names = {"localhost"}, .issuer = authority()}),
                          authority().certificate_pem);
  const auto mine = make_certificate({.common_name = "client", .client_auth = true, .issuer = authority()});
  const auto certificate_file = folder.write("client.pem", mine.certificate_pem);
  const auto key_file = folder.write("client.key", mine.key_pem);
  tls_options tls = trusting(authority());
  SUBCASE("gets it") {
    tls.client_certificate_file = certificate_file;
    tls.client_key_file = key_file;
    CHECK(get(server.url("localhost"), tls));
  }
  SUBCASE("lets nobody in without") {
    const auto answer = get(server.url("localhost"), tls);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().category == error_category::transport);
    CHECK(server.requests() == 0);
  }
  SUBCASE("is not even asked when certificate and key do not belong together") {
    tls.client_certificate_file = certificate_file;
    tls.client_key_file = folder.write("other.key", make_certificate({}).key_pem);
    const auto answer = get(server.url("localhost"), tls);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().category == error_category::argument);
  }
}

namespace {

/// A TLS peer that speaks as the test tells it, on top of a raw connection.
class raw_tls {
 public:
  raw_tls(test::raw_connection& peer, const certificate& shown, int newest_version)
      : context_(SSL_CTX_new(TLS_server_method())) {
    sandbox::use_certificate(context_, shown);
    SSL_CTX_set_security_level(context_, 0);
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_, newest_version);
    session_ = SSL_new(context_);
    SSL_set_fd(session_, peer.socket());
    accepted_ = SSL_accept(session_) == 1;
  }
  ~raw_tls() {
    SSL_free(session_);
    SSL_CTX_free(context_);
  }
  raw_tls(const raw_tls&) = delete;
  raw_tls& operator=(const raw_tls&) = delete;

  bool accepted() const { return accepted_; }
  bool read_some() {
    char bytes[16384];
    return SSL_read(session_, bytes, sizeof bytes) > 0;
  }
  void write(std::string_view bytes) { SSL_write(session_, bytes.data(), static_cast<int>(bytes.size())); }
  void farewell() { SSL_shutdown(session_); }
  std::string server_name() const {
    const char* name = SSL_get_servername(session_, TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? "" : name;
  }
  bool update_key() {
    return SSL_key_update(session_, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 && SSL_do_handshake(session_) == 1;
  }

 private:
  SSL_CTX* context_;
  SSL* session_ = nullptr;
  bool accepted_ = false;
};

}  // namespace

TEST_CASE("TLS older than 1.2 is refused") {
  const auto shown = make_certificate({.dns_names = {"localhost"}, .issuer = authority()});
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    std::atomic<bool> accepted = false;
    test::raw_server server(
        [&](test::raw_connection& peer) { accepted = raw_tls(peer, shown, version).accepted(); });
    const auto answer = get("https://localhost:" + std::to_string(server.port()), trusting(authority()));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().category == error_category::transport);
    CHECK_FALSE(answer.error().sent);
    CHECK_FALSE(accepted);
  }
}

TEST_CASE("TLS 1.2 and 1.3 are spoken") {
  const auto shown = make_certificate({.dns_names = {"localhost"}, .issuer = authority()});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    test::raw_server server([&](test::raw_connection& peer) {
      raw_tls tls(peer, shown, version);
      tls.read_some();
      tls.write(test::http_answer("{}"));
      tls.farewell();
    });
    CHECK(get("https://localhost:" + std::to_string(server.port()), trusting(authority())));
  }
}

TEST_CASE("an answer without a length that ends without a TLS farewell is cut, not whole") {
  const auto shown = make_certificate({.dns_names = {"localhost"}, .issuer = authority()});
  bool says_farewell = false;
  SUBCASE("with farewell") { says_farewell = true; }
  SUBCASE("without") {}
  test::raw_server server([&](test::raw_connection& peer) {
    raw_tls tls(peer, shown, TLS1_3_VERSION);
    tls.read_some();
    tls.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nfirst row\nsecond row\n");
    if (says_farewell) tls.farewell();
  });
  const auto answer = get("https://localhost:" + std::to_string(server.port()), trusting(authority()));
  CHECK(answer.has_value() == says_farewell);
}

TEST_CASE("what a TLS record holds behind an answer does not become the next answer") {
  const auto shown = make_certificate({.dns_names = {"localhost"}, .issuer = authority()});
  std::atomic<int> requests = 0;
  test::raw_server server([&](test::raw_connection& peer) {
    raw_tls tls(peer, shown, TLS1_3_VERSION);
    while (tls.read_some()) {
      ++requests;
      tls.write(test::http_answer("{}") + test::http_answer("forged", "418 Forged"));
    }
  });
  httplib_transport transport({.tls = trusting(authority())});
  const url where = parse_url("https://localhost:" + std::to_string(server.port())).value();
  for (int i = 0; i < 3; ++i) {
    const auto answer = transport.send(
        {.path = "/"},
        {.host = where, .deadline = std::chrono::steady_clock::now() + 20s, .stop = {}, .idempotent = true});
    REQUIRE(answer);
    CHECK(answer->status == 200);
  }
  CHECK(requests == 3);
}

TEST_CASE("a certificate with a key that is too weak for the security level is refused") {
  EVP_PKEY* weak = EVP_RSA_gen(1024);
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, weak);
  auto* name = X509_get_subject_name(certificate);
  const auto* common_name = reinterpret_cast<const unsigned char*>("localhost");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_EXTENSION* alternative = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
  X509_add_ext(certificate, alternative, -1);
  X509_sign(certificate, weak, EVP_sha256());
  BIO* text = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(text, certificate);
  char* pem = nullptr;
  const auto size = BIO_get_mem_data(text, &pem);
  const std::string trusted(pem, static_cast<std::size_t>(size));

  test::raw_server server([&](test::raw_connection& peer) {
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, weak);
    SSL* session = SSL_new(context);
    SSL_set_fd(session, peer.socket());
    if (SSL_accept(session) == 1) {
      char bytes[4096];
      if (SSL_read(session, bytes, sizeof bytes) > 0)
        SSL_write(session, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 38);
    }
    SSL_free(session);
    SSL_CTX_free(context);
  });
  const auto answer = get("https://localhost:" + std::to_string(server.port()), {.ca_pem = trusted});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().category == error_category::transport);
  CHECK(answer.error().message.find("key too weak") != std::string::npos);
  BIO_free(text);
  X509_EXTENSION_free(alternative);
  X509_free(certificate);
  EVP_PKEY_free(weak);
}

TEST_CASE("a name is told to the server in the handshake, an address is not") {
  const auto shown =
      make_certificate({.dns_names = {"localhost"}, .ip_addresses = {"127.0.0.1"}, .issuer = authority()});
  for (const std::string host : {"localhost", "127.0.0.1"}) {
    std::string told = "nothing";
    test::raw_server server([&](test::raw_connection& peer) {
      raw_tls tls(peer, shown, TLS1_3_VERSION);
      tls.read_some();
      told = tls.server_name();
      tls.write(test::http_answer("{}"));
      tls.farewell();
    });
    CHECK(get("https://" + host + ":" + std::to_string(server.port()), trusting(authority())));
    CHECK(told == (host == "localhost" ? "localhost" : ""));
  }
}

TEST_CASE("an authority that is no root is enough") {
  const auto issuing =
      make_certificate({.common_name = "Issuing", .is_authority = true, .issuer = authority()});
  const tls_server server(make_certificate({.dns_names = {"localhost"}, .issuer = issuing}));
  CHECK(get(server.url("localhost"), trusting(issuing)));
  CHECK_FALSE(get(server.url("localhost"), trusting(make_certificate({.is_authority = true}))));
}

TEST_CASE("records without data do not prolong a call") {
  const auto shown = make_certificate({.dns_names = {"localhost"}, .issuer = authority()});
  test::raw_server server([&](test::raw_connection& peer) {
    raw_tls tls(peer, shown, TLS1_3_VERSION);
    tls.read_some();
    while (tls.update_key()) {
    }
  });
  httplib_transport transport({.tls = trusting(authority())});
  const url where = parse_url("https://localhost:" + std::to_string(server.port())).value();
  const auto answer = transport.send(
      {.path = "/"},
      {.host = where, .deadline = std::chrono::steady_clock::now() + 300ms, .stop = {}, .idempotent = true});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().category == error_category::timeout);
}
